package pack

import "strconv"

// Struct begins a struct of n stored fields, which follow.
//
//go:noinline
func (c *Coder) Struct(n int) {
	if !c.reading {
		if n < 16 {
			c.buf = append(c.buf, codeFixArray|byte(n))
		} else {
			c.buf = appendArrayLen(c.buf, n)
		}
		return
	}
	if at := c.pos; n < 16 && c.peek() == codeFixArray|byte(n) {
		c.pos++
	} else if got, ok := c.arrayLen("a struct"); !ok && c.err == nil || got != n {
		c.pos = at
		c.expected("a struct of " + strconv.Itoa(n) + " fields")
	}
}

// Bool codes a bool.
//
//go:noinline
func (c *Coder) Bool(p *bool) {
	if !c.reading {
		code := byte(codeFalse)
		if *p {
			code = codeTrue
		}
		c.buf = append(c.buf, code)
		return
	}
	switch c.peek() {
	case codeTrue:
		c.pos++
		*p = true
	case codeFalse:
		c.pos++
		*p = false
	default:
		c.null("a bool")
		*p = false
	}
}

// String codes a string.
//
//go:noinline
func (c *Coder) String(p *string) {
	if !c.reading {
		if n := len(*p); n < 32 {
			c.buf = append(append(c.buf, codeFixStr|byte(n)), *p...)
		} else if c.fits(n) {
			c.buf = appendString(c.buf, *p)
		}
		return
	}
	if n := int(c.peek() ^ codeFixStr); n < 32 && c.left() > n {
		*p = string(c.buf[c.pos+1 : c.pos+1+n])
		c.pos += 1 + n
		return
	}
	b, _ := c.text("a string")
	*p = string(b)
}

// Bytes codes a slice of bytes.
//
//go:noinline
func (c *Coder) Bytes(p *[]byte) { Octets(c, p) }

// Int codes an int.
//
//go:noinline
func (c *Coder) Int(p *int) {
	if !c.reading {
		c.buf = appendInt(c.buf, int64(*p))
		return
	}
	n, _ := c.signed(strconv.IntSize, "an integer of the size of int")
	*p = int(n)
}

// Int8 codes an int8.
//
//go:noinline
func (c *Coder) Int8(p *int8) {
	if !c.reading {
		c.buf = appendInt(c.buf, int64(*p))
		return
	}
	n, _ := c.signed(8, "an integer of 8 bits")
	*p = int8(n)
}

// Int16 codes an int16.
//
//go:noinline
func (c *Coder) Int16(p *int16) {
	if !c.reading {
		c.buf = appendInt(c.buf, int64(*p))
		return
	}
	n, _ := c.signed(16, "an integer of 16 bits")
	*p = int16(n)
}

// Int32 codes an int32.
//
//go:noinline
func (c *Coder) Int32(p *int32) {
	if !c.reading {
		c.buf = appendInt(c.buf, int64(*p))
		return
	}
	n, _ := c.signed(32, "an integer of 32 bits")
	*p = int32(n)
}

// Int64 codes an int64.
//
//go:noinline
func (c *Coder) Int64(p *int64) {
	if !c.reading {
		c.buf = appendInt(c.buf, *p)
		return
	}
	*p, _ = c.signed(64, "an integer of 64 bits")
}

// Uint codes a uint.
//
//go:noinline
func (c *Coder) Uint(p *uint) {
	if !c.reading {
		c.buf = appendUint(c.buf, uint64(*p))
		return
	}
	n, _ := c.unsigned(strconv.IntSize, "an unsigned integer of the size of uint")
	*p = uint(n)
}

// Uint8 codes a uint8.
//
//go:noinline
func (c *Coder) Uint8(p *uint8) {
	if !c.reading {
		c.buf = appendUint(c.buf, uint64(*p))
		return
	}
	n, _ := c.unsigned(8, "an unsigned integer of 8 bits")
	*p = uint8(n)
}

// Uint16 codes a uint16.
//
//go:noinline
func (c *Coder) Uint16(p *uint16) {
	if !c.reading {
		c.buf = appendUint(c.buf, uint64(*p))
		return
	}
	n, _ := c.unsigned(16, "an unsigned integer of 16 bits")
	*p = uint16(n)
}

// Uint32 codes a uint32.
//
//go:noinline
func (c *Coder) Uint32(p *uint32) {
	if !c.reading {
		c.buf = appendUint(c.buf, uint64(*p))
		return
	}
	n, _ := c.unsigned(32, "an unsigned integer of 32 bits")
	*p = uint32(n)
}

// Uint64 codes a uint64.
//
//go:noinline
func (c *Coder) Uint64(p *uint64) {
	if !c.reading {
		c.buf = appendUint(c.buf, *p)
		return
	}
	*p, _ = c.unsigned(64, "an unsigned integer of 64 bits")
}

// Uintptr codes a uintptr.
//
//go:noinline
func (c *Coder) Uintptr(p *uintptr) {
	if !c.reading {
		c.buf = appendUint(c.buf, uint64(*p))
		return
	}
	n, _ := c.unsigned(strconv.IntSize, "an unsigned integer of the size of uintptr")
	*p = uintptr(n)
}

// Float32 codes a float32.
//
//go:noinline
func (c *Coder) Float32(p *float32) {
	if !c.reading {
		c.buf = appendFloat32(c.buf, *p)
		return
	}
	if c.peek() == codeFloat64 {
		c.expected("a float of 32 bits")
	}
	f, _ := c.float("a float of 32 bits")
	*p = float32(f)
}

// Float64 codes a float64.
//
//go:noinline
func (c *Coder) Float64(p *float64) {
	if !c.reading {
		c.buf = appendFloat64(c.buf, *p)
		return
	}
	*p, _ = c.float("a float")
}
