package key

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// Reader decodes the parts of a key in order. Its first error stays; a part that could
// not be read is zero.
type Reader struct {
	rest []byte
	err  error
}

// Read returns a reader of the encoded key.
func Read(encoded []byte) Reader { return Reader{rest: encoded} }

// End returns the first error, or [ErrCorrupt] if bytes are left.
func (r *Reader) End() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = ErrCorrupt
	}
	return r.err
}

// String reads a string.
func (r *Reader) String() string {
	var out []byte
	for rest := r.rest; ; {
		i := bytes.IndexByte(rest, 0)
		if i < 0 || i+1 >= len(rest) {
			break
		}
		switch mark, piece := rest[i+1], rest[:i]; {
		case mark == 1:
			r.rest = rest[i+2:]
			if out == nil {
				return string(piece)
			}
			return string(append(out, piece...))
		case mark == 0xFF:
			out = append(append(out, piece...), 0)
			rest = rest[i+2:]
			continue
		}
		break
	}
	r.fail()
	return ""
}

// Bool reads a bool.
func (r *Reader) Bool() bool {
	b := r.take(1)
	if b == nil {
		return false
	}
	if b[0] > 1 {
		r.fail()
	}
	return b[0] == 1
}

// Bytes reads len(dst) bytes into dst.
func (r *Reader) Bytes(dst []byte) {
	if b := r.take(len(dst)); b != nil {
		copy(dst, b)
	}
}

func (r *Reader) take(n int) []byte {
	if len(r.rest) < n {
		r.fail()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *Reader) fail() {
	r.rest = nil
	if r.err == nil {
		r.err = ErrCorrupt
	}
}

// ReadInt reads an integer of type T.
func ReadInt[T Integer](r *Reader) T {
	var zero T
	size := unsafe.Sizeof(zero)
	b := r.take(int(size))
	if b == nil {
		return zero
	}
	var u uint64
	switch size {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(binary.BigEndian.Uint16(b))
	case 4:
		u = uint64(binary.BigEndian.Uint32(b))
	default:
		u = binary.BigEndian.Uint64(b)
	}
	if ^T(0) < 0 {
		u ^= 1 << (8*size - 1)
	}
	return T(u)
}

// DecodeString decodes a key that is one string.
func DecodeString[T ~string](encoded []byte) (T, error) {
	r := Read(encoded)
	s := r.String()
	return T(s), r.End()
}

// DecodeInt decodes a key that is one integer.
func DecodeInt[T Integer](encoded []byte) (T, error) {
	r := Read(encoded)
	n := ReadInt[T](&r)
	return n, r.End()
}

// DecodeBool decodes a key that is one bool.
func DecodeBool[T ~bool](encoded []byte) (T, error) {
	r := Read(encoded)
	b := r.Bool()
	return T(b), r.End()
}

// SetString, SetInt and SetBool read the next part into *p.
func SetString[T ~string](p *T, r *Reader) { *p = T(r.String()) }

// SetInt is like SetString.
func SetInt[T Integer](p *T, r *Reader) { *p = ReadInt[T](r) }

// SetBool is like SetString.
func SetBool[T ~bool](p *T, r *Reader) { *p = T(r.Bool()) }

// Ensure returns *p, which it sets to a new T if it is nil.
func Ensure[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}
