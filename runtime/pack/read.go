package pack

import (
	"encoding/binary"
	"math"
)

// peek returns the first byte of the next value; codeNever at the end.
func (c *Coder) peek() byte {
	if c.pos < len(c.buf) {
		return c.buf[c.pos]
	}
	return codeNever
}

// left is how many bytes are still to be read.
func (c *Coder) left() int { return len(c.buf) - c.pos }

// null takes a nil, if one comes next; anything else is not what was wanted.
func (c *Coder) null(want string) {
	if c.peek() == codeNil {
		c.pos++
		return
	}
	c.expected(want)
}

// big reads size bytes after skipping as many, as a number.
func (c *Coder) big(skip, size int) (uint64, bool) {
	if c.left() < skip+size {
		return 0, false
	}
	b := c.buf[c.pos+skip : c.pos+skip+size]
	switch size {
	case 1:
		return uint64(b[0]), true
	case 2:
		return uint64(binary.BigEndian.Uint16(b)), true
	case 4:
		return uint64(binary.BigEndian.Uint32(b)), true
	}
	return binary.BigEndian.Uint64(b), true
}

// integer reads an integer of any format: its bits, and whether it is negative. The result is false
// for nil, which is taken, and for mistakes.
func (c *Coder) integer(want string) (bits uint64, negative, ok bool) {
	b := c.peek()
	switch {
	case b < codeFixMap:
		c.pos++
		return uint64(b), false, true
	case b >= codeNegative:
		c.pos++
		return uint64(int64(int8(b))), true, true
	case b < codeUint8 || b > codeInt64:
		c.null(want)
		return 0, false, false
	}
	size := 1 << ((b - codeUint8) & 3)
	if bits, ok = c.big(1, size); !ok {
		c.pos = len(c.buf)
		c.expected(want)
		return 0, false, false
	}
	c.pos += 1 + size
	if b < codeInt8 {
		return bits, false, true
	}
	shift := 64 - 8*size
	n := int64(bits<<shift) >> shift
	return uint64(n), n < 0, true
}

// signed reads an integer of at most size bits.
func (c *Coder) signed(size int, want string) (int64, bool) {
	at := c.pos
	if at < len(c.buf) && c.buf[at] < codeFixMap {
		c.pos++
		return int64(c.buf[at]), true
	}
	bits, negative, ok := c.integer(want)
	if n := int64(bits); ok && (n < 0) == negative && n<<(64-size)>>(64-size) == n {
		return n, true
	}
	if ok {
		c.pos = at
		c.expected(want)
	}
	return 0, false
}

// unsigned is signed for numbers without a sign.
func (c *Coder) unsigned(size int, want string) (uint64, bool) {
	at := c.pos
	bits, negative, ok := c.integer(want)
	if ok && !negative && bits>>(size-1)>>1 == 0 {
		return bits, true
	}
	if ok {
		c.pos = at
		c.expected(want)
	}
	return 0, false
}

// float reads a float of either size; nil is 0.
func (c *Coder) float(want string) (f float64, ok bool) {
	switch c.peek() {
	case codeFloat32:
		bits, ok := c.big(1, 4)
		if ok {
			c.pos += 5
			return float64(math.Float32frombits(uint32(bits))), true
		}
	case codeFloat64:
		bits, ok := c.big(1, 8)
		if ok {
			c.pos += 9
			return math.Float64frombits(bits), true
		}
	default:
		c.null(want)
		return 0, false
	}
	c.expected(want)
	return 0, false
}

// length reads what comes before bytes or elements: at least least bytes each have to be there. The
// codes are those of appendLen; the result is false for nil, which is taken, and for mistakes.
func (c *Coder) length(fix byte, limit int, code byte, short bool, least int,
	want string) (int, bool) {
	b := c.peek()
	var n uint64
	size, ok := 0, true
	switch {
	case b^fix < byte(limit):
		n = uint64(b ^ fix)
	case short && b == code:
		size = 1
	default:
		if short {
			b--
		}
		switch b {
		case code:
			size = 2
		case code + 1:
			size = 4
		default:
			c.null(want)
			return 0, false
		}
	}
	if size > 0 {
		n, ok = c.big(1, size)
	}
	if !ok || n*uint64(least) > uint64(c.left()-1-size) {
		c.pos = len(c.buf)
		c.expected(want)
		return 0, false
	}
	c.pos += 1 + size
	return int(n), true
}

func (c *Coder) arrayLen(want string) (int, bool) {
	return c.length(codeFixArray, 16, codeArray16, false, 1, want)
}

func (c *Coder) mapLen() (int, bool) {
	return c.length(codeFixMap, 16, codeMap16, false, 2, "a map")
}

// text reads a string and returns its bytes, which are those of the data.
func (c *Coder) text(want string) ([]byte, bool) {
	n, ok := c.length(codeFixStr, 32, codeStr8, true, 1, want)
	return c.take(n), ok
}

// binary reads binary and returns its bytes, which are those of the data.
func (c *Coder) binary(want string) ([]byte, bool) {
	n, ok := c.length(0, 0, codeBin8, true, 1, want)
	return c.take(n), ok
}

// take returns the next n bytes, which are there.
func (c *Coder) take(n int) []byte {
	b := c.buf[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return b
}

// extension reads an extension: its type and its bytes, which are those of the data.
func (c *Coder) extension(want string) (typ int8, b []byte, ok bool) {
	head := c.peek()
	var n uint64
	size := 0
	switch {
	case codeFixExt1 <= head && head <= codeFixExt16:
		n = 1 << (head - codeFixExt1)
	case codeExt8 <= head && head <= codeExt32:
		size = 1 << (head - codeExt8)
		n, ok = c.big(1, size)
		if !ok {
			c.pos = len(c.buf)
		}
	default:
		c.null(want)
		return 0, nil, false
	}
	if n+2 > uint64(max(0, c.left()-size)) {
		c.pos = len(c.buf)
		c.expected(want)
		return 0, nil, false
	}
	typ = int8(c.buf[c.pos+1+size])
	c.pos += 2 + size
	return typ, c.take(int(n)), true
}

// skip passes over a value, however deep.
func (c *Coder) skip() {
	for open := 1; open > 0; open-- {
		if open > c.left() {
			c.pos = len(c.buf)
			c.expected("a value")
			return
		}
		switch b := c.buf[c.pos]; {
		case b < codeFixMap || b >= codeNegative || b == codeNil || b == codeFalse || b == codeTrue:
			c.pos++
		case b < codeFixArray || b == codeMap16 || b == codeMap32:
			n, _ := c.mapLen()
			open += 2 * n
		case b < codeFixStr || b == codeArray16 || b == codeArray32:
			n, _ := c.arrayLen("an array")
			open += n
		case b < codeNil || codeStr8 <= b && b <= codeStr32:
			c.text("a string")
		case b == codeNever:
			c.expected("a value")
		case b <= codeBin32:
			c.binary("binary")
		case b == codeFloat32 || b == codeFloat64:
			c.float("a float")
		case codeUint8 <= b && b <= codeInt64:
			c.integer("an integer")
		default:
			c.extension("an extension")
		}
		if c.err != nil {
			return
		}
	}
}
