package wire

import (
	"encoding/json"
	"strconv"
)

// integer decodes an integer of at most size bits. The result is false for null and for mistakes.
func (d *Decoder) integer(size int, want string) (int64, bool) {
	c := d.peek()
	p := d.pos
	neg := c == '-'
	if neg {
		p++
	}
	var n uint64
	first := p
	for p < len(d.data) {
		k := d.data[p] - '0'
		if k > 9 {
			break
		}
		n = n*10 + uint64(k)
		p++
	}
	digits := p - first
	if digits == 0 || digits > 18 || d.data[first] == '0' && digits > 1 ||
		p < len(d.data) && (d.data[p] == '.' || d.data[p]|0x20 == 'e') {
		return d.integerSlow(size, want)
	}
	i := int64(n)
	if neg {
		i = -i
	}
	if size < 64 && i>>(size-1) != 0 && i>>(size-1) != -1 {
		return 0, d.fail(want)
	}
	d.pos = p
	return i, true
}

// integerSlow is for what is long, wrong or null.
func (d *Decoder) integerSlow(size int, want string) (int64, bool) {
	n, isInt := scanNumber(d.data[d.pos:])
	if n == 0 {
		d.nullOr(want)
		return 0, false
	}
	i, err := strconv.ParseInt(string(d.data[d.pos:d.pos+n]), 10, size)
	if !isInt || err != nil {
		return 0, d.fail(want)
	}
	d.pos += n
	return i, true
}

// unsigned is integer for numbers without a sign.
func (d *Decoder) unsigned(size int, want string) (uint64, bool) {
	d.peek()
	p := d.pos
	var n uint64
	for p < len(d.data) {
		k := d.data[p] - '0'
		if k > 9 {
			break
		}
		n = n*10 + uint64(k)
		p++
	}
	digits := p - d.pos
	if digits == 0 || digits > 18 || d.data[d.pos] == '0' && digits > 1 ||
		p < len(d.data) && (d.data[p] == '.' || d.data[p]|0x20 == 'e') {
		return d.unsignedSlow(size, want)
	}
	if size < 64 && n>>size != 0 {
		return 0, d.fail(want)
	}
	d.pos = p
	return n, true
}

func (d *Decoder) unsignedSlow(size int, want string) (uint64, bool) {
	n, isInt := scanNumber(d.data[d.pos:])
	if n == 0 {
		d.nullOr(want)
		return 0, false
	}
	i, err := strconv.ParseUint(string(d.data[d.pos:d.pos+n]), 10, size)
	if !isInt || err != nil {
		return 0, d.fail(want)
	}
	d.pos += n
	return i, true
}

// Bool decodes true or false; null leaves *p as it is, as it does in all methods for numbers.
func (d *Decoder) Bool(p *bool) {
	switch d.peek() {
	case 't':
		d.literal("true")
		*p = true
	case 'f':
		d.literal("false")
		*p = false
	default:
		d.nullOr("true or false")
	}
}

// Int decodes an int.
//
//go:noinline
func (d *Decoder) Int(p *int) {
	if n, ok := d.integer(strconv.IntSize, "an integer of the size of int"); ok {
		*p = int(n)
	}
}

// Int8 decodes an int8.
//
//go:noinline
func (d *Decoder) Int8(p *int8) {
	if n, ok := d.integer(8, "an integer of 8 bits"); ok {
		*p = int8(n)
	}
}

// Int16 decodes an int16.
//
//go:noinline
func (d *Decoder) Int16(p *int16) {
	if n, ok := d.integer(16, "an integer of 16 bits"); ok {
		*p = int16(n)
	}
}

// Int32 decodes an int32.
//
//go:noinline
func (d *Decoder) Int32(p *int32) {
	if n, ok := d.integer(32, "an integer of 32 bits"); ok {
		*p = int32(n)
	}
}

// Int64 decodes an int64.
//
//go:noinline
func (d *Decoder) Int64(p *int64) {
	if n, ok := d.integer(64, "an integer of 64 bits"); ok {
		*p = n
	}
}

// Uint decodes a uint.
//
//go:noinline
func (d *Decoder) Uint(p *uint) {
	if n, ok := d.unsigned(strconv.IntSize, "an unsigned integer of the size of uint"); ok {
		*p = uint(n)
	}
}

// Uint8 decodes a uint8.
//
//go:noinline
func (d *Decoder) Uint8(p *uint8) {
	if n, ok := d.unsigned(8, "an unsigned integer of 8 bits"); ok {
		*p = uint8(n)
	}
}

// Uint16 decodes a uint16.
//
//go:noinline
func (d *Decoder) Uint16(p *uint16) {
	if n, ok := d.unsigned(16, "an unsigned integer of 16 bits"); ok {
		*p = uint16(n)
	}
}

// Uint32 decodes a uint32.
//
//go:noinline
func (d *Decoder) Uint32(p *uint32) {
	if n, ok := d.unsigned(32, "an unsigned integer of 32 bits"); ok {
		*p = uint32(n)
	}
}

// Uint64 decodes a uint64.
//
//go:noinline
func (d *Decoder) Uint64(p *uint64) {
	if n, ok := d.unsigned(64, "an unsigned integer of 64 bits"); ok {
		*p = n
	}
}

// Uintptr decodes a uintptr.
//
//go:noinline
func (d *Decoder) Uintptr(p *uintptr) {
	if n, ok := d.unsigned(strconv.IntSize, "an unsigned integer of the size of uintptr"); ok {
		*p = uintptr(n)
	}
}

// Number decodes a json.Number: a number, or a string that holds one.
func (d *Decoder) Number(p *json.Number) {
	switch c := d.peek(); c {
	case '"':
		start := d.pos
		s, ok := d.unquoted()
		if !ok {
			return
		}
		if n, _ := scanNumber(s); n == 0 || n != len(s) {
			d.pos = start
			d.fail("a number, or one in a string")
			return
		}
		*p = json.Number(s)
	case 'n':
		d.literal("null")
	default:
		if b := d.number("a number, or one in a string"); b != nil {
			*p = json.Number(b)
		}
	}
}
