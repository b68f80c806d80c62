// Package key encodes keys as bytes whose order is the order of the keys, part by part, so
// that no key is a prefix of another one, and so that a composite key begins with the bytes
// of its first parts.
//
// The encoding of a key is that of its parts in order:
//
//	string    each byte 0x00 as 0x00 0xFF, then the terminator 0x00 0x01
//	integer   big-endian in its own size (int and uint: 8 bytes), the sign bit of signed ones flipped
//	bool      0x00 or 0x01
//	[N]byte   its bytes
//
// The strings' form is that of FoundationDB's tuple layer, but for the terminator's second byte.
package key

import (
	"encoding/binary"
	"errors"
	"strings"
	"unsafe"
)

// ErrCorrupt is returned when bytes are not the encoding of a key of the wanted type.
var ErrCorrupt = errors.New("key: corrupt")

// Integer is every integer type that a key may have.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// AppendString appends the encoding of s to dst.
func AppendString[T ~string](dst []byte, s T) []byte {
	rest := string(s)
	for {
		i := strings.IndexByte(rest, 0)
		if i < 0 {
			break
		}
		dst = append(dst, rest[:i]...)
		dst = append(dst, 0, 0xFF)
		rest = rest[i+1:]
	}
	dst = append(dst, rest...)
	return append(dst, 0, 1)
}

// AppendInt appends the encoding of n to dst.
func AppendInt[T Integer](dst []byte, n T) []byte {
	return appendInteger(dst, uint64(n), unsafe.Sizeof(n), ^T(0) < 0)
}

// appendInteger appends the encoding of an integer of so many bytes to dst. It is not inlined:
// AppendInt is, wherever users' code encodes an integer, and would be compiled as often.
//
//go:noinline
func appendInteger(dst []byte, u uint64, size uintptr, signed bool) []byte {
	if signed {
		u ^= 1 << (8*size - 1)
	}
	switch size {
	case 1:
		return append(dst, byte(u))
	case 2:
		return binary.BigEndian.AppendUint16(dst, uint16(u))
	case 4:
		return binary.BigEndian.AppendUint32(dst, uint32(u))
	}
	return binary.BigEndian.AppendUint64(dst, u)
}

// AppendBool appends the encoding of b to dst.
func AppendBool[T ~bool](dst []byte, b T) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendBytes appends b, the bytes of an array, to dst.
func AppendBytes(dst, b []byte) []byte { return append(dst, b...) }
