// Package pack is the runtime behind the store codecs that brookgen writes: values as MessagePack
// (https://github.com/msgpack/msgpack/blob/master/spec.md), by position, and the shapes
// that describe them.
//
// A value is written so:
//
//	bool, integers, floats     as MessagePack has them, integers as short as they can be
//	string, json.Number        a string, whatever its bytes
//	slices and arrays of bytes binary, and so is json.RawMessage
//	time.Time                  a timestamp (extension -1), or with an offset from UTC
//	                           extension 1: the offset in seconds as 4 bytes, then the
//	                           timestamp's bytes
//	any                        what JSON would make of it; whole numbers as integers
//	slice, array               an array
//	map                        a map, sorted by the bytes of its keys
//	pointer                    an array of one, so that a pointer to nil is not nil
//	struct                     an array of the stored fields, in the order of their declaration
//	struct with a marshaller   the result of MarshalText as a string, or of MarshalBinary or
//	                           MarshalJSON as binary
//
// A nil slice, map or pointer is nil. If anything but a struct is read, nil becomes the zero value.
//
// Nothing names the fields: a [Schema] does, once for all values of a shape, and a [Transcoder]
// rewrites values of an old shape into a new one.
//
// Generated code is its only intended caller besides the runtime: its methods are kept from being
// inlined, as generated code would take longer to compile and run no faster.
package pack

// maxDepth is how deep values may nest, as in package wire.
const maxDepth = 10000

// The first bytes of MessagePack values.
const (
	codeFixMap   = 0x80
	codeFixArray = 0x90
	codeFixStr   = 0xa0
	codeNil      = 0xc0
	codeNever    = 0xc1
	codeFalse    = 0xc2
	codeTrue     = 0xc3
	codeBin8     = 0xc4
	codeBin16    = 0xc5
	codeBin32    = 0xc6
	codeExt8     = 0xc7
	codeExt16    = 0xc8
	codeExt32    = 0xc9
	codeFloat32  = 0xca
	codeFloat64  = 0xcb
	codeUint8    = 0xcc
	codeUint16   = 0xcd
	codeUint32   = 0xce
	codeUint64   = 0xcf
	codeInt8     = 0xd0
	codeInt16    = 0xd1
	codeInt32    = 0xd2
	codeInt64    = 0xd3
	codeFixExt1  = 0xd4
	codeFixExt4  = 0xd6
	codeFixExt8  = 0xd7
	codeFixExt16 = 0xd8
	codeStr8     = 0xd9
	codeStr16    = 0xda
	codeStr32    = 0xdb
	codeArray16  = 0xdc
	codeArray32  = 0xdd
	codeMap16    = 0xde
	codeMap32    = 0xdf
	codeNegative = 0xe0
)
