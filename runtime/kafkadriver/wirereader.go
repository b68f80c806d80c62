package kafkadriver

import "encoding/binary"

// A wireReader reads values of the Kafka protocol in place: what it returns shares the bytes. A
// value that the bytes do not have sets bad, and is zero; so are all that follow.
type wireReader struct {
	left     []byte
	flexible bool // lengths are varints, and structures end in tagged fields
	bad      bool
}

// fail ends the reading.
func (r *wireReader) fail() { r.left, r.bad = nil, true }

// take returns the next n bytes.
func (r *wireReader) take(n int) []byte {
	if n < 0 || n > len(r.left) {
		r.fail()
		return nil
	}
	b := r.left[:n:n]
	r.left = r.left[n:]
	return b
}

func (r *wireReader) int16() int16 {
	if b := r.take(2); len(b) == 2 {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *wireReader) int32() int32 {
	if b := r.take(4); len(b) == 4 {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *wireReader) int64() int64 {
	if b := r.take(8); len(b) == 8 {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *wireReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

// varint reads a zigzag number. Most take one byte, which is read without a call.
func (r *wireReader) varint() int64 {
	if len(r.left) > 0 && r.left[0] < 0x80 {
		v := r.left[0]
		r.left = r.left[1:]
		return int64(v>>1) ^ -int64(v&1)
	}
	return r.longVarint()
}

func (r *wireReader) longVarint() int64 {
	if len(r.left) > 1 && r.left[1] < 0x80 {
		v := uint64(r.left[0]&0x7f) | uint64(r.left[1])<<7
		r.left = r.left[2:]
		return int64(v>>1) ^ -int64(v&1)
	}
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// varintBytes reads bytes with their length as a varint before them; -1 means nil.
func (r *wireReader) varintBytes() []byte {
	n := r.varint()
	if n == -1 {
		return nil
	}
	if n < 0 || n > int64(len(r.left)) {
		r.fail()
		return nil
	}
	b := r.left[:n:n]
	r.left = r.left[n:]
	return b
}

// length reads the length of an array or of bytes; null has 0. Each element takes a byte at least,
// so that no length exceeds what is left.
func (r *wireReader) length() int {
	n := int64(0)
	if r.flexible {
		n = int64(min(r.uvarint(), 1<<32)) - 1
	} else {
		n = int64(r.int32())
	}
	if n > int64(len(r.left)) {
		r.fail()
	}
	if r.bad {
		return 0
	}
	return int(max(n, 0))
}

func (r *wireReader) bytes() []byte { return r.take(r.length()) }

// text reads a string.
func (r *wireReader) text() []byte {
	if r.flexible {
		return r.bytes()
	}
	return r.take(int(r.int16()))
}

// tags reads tagged fields, and calls field, unless it is nil, with each of them.
func (r *wireReader) tags(field func(tag uint64, value *wireReader)) {
	if !r.flexible {
		return
	}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		tag := r.uvarint()
		value := wireReader{left: r.take(int(min(r.uvarint(), 1<<32))), flexible: true}
		if field == nil || r.bad {
			continue
		}
		if field(tag, &value); value.bad {
			r.fail()
		}
	}
}
