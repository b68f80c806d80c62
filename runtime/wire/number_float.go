package wire

import "strconv"

// float decodes a number of the given size. Numbers of few digits and without an exponent, which
// most are, are made of two numbers that are exact (15 ns instead of 45 by package strconv).
func (d *Decoder) float(size int, want string) (float64, bool) {
	c := d.peek()
	p := d.pos
	if c == '-' {
		p++
	}
	first := p
	var n uint64
	for p < len(d.data) && d.data[p]-'0' <= 9 {
		n = n*10 + uint64(d.data[p]-'0')
		p++
	}
	digits, places := p-first, 0
	if digits == 0 || d.data[first] == '0' && digits > 1 {
		return d.floatSlow(size, want)
	}
	if p < len(d.data) && d.data[p] == '.' {
		point := p
		for p++; p < len(d.data) && d.data[p]-'0' <= 9; p++ {
			n = n*10 + uint64(d.data[p]-'0')
		}
		if places = p - point - 1; places == 0 {
			return d.floatSlow(size, want)
		}
	}
	if digits+places > 18 || p < len(d.data) && d.data[p]|0x20 == 'e' {
		return d.floatSlow(size, want)
	}
	var f float64
	switch {
	case size == 64 && n < 1<<53: // and so are powers up to 22
		f = float64(n) / float64(powers[places])
	case n < 1<<24 && places <= 10:
		f = float64(float32(n) / float32(powers[places]))
	default:
		return d.floatSlow(size, want)
	}
	if c == '-' {
		f = -f
	}
	d.pos = p
	return f, true
}

// floatSlow is for what is long, wrong or null.
func (d *Decoder) floatSlow(size int, want string) (float64, bool) {
	n, _ := scanNumber(d.data[d.pos:])
	if n == 0 {
		d.nullOr(want)
		return 0, false
	}
	f, err := strconv.ParseFloat(string(d.data[d.pos:d.pos+n]), size)
	if err != nil {
		return 0, d.fail(want)
	}
	d.pos += n
	return f, true
}

// Float32 decodes a float32.
//
//go:noinline
func (d *Decoder) Float32(p *float32) {
	if f, ok := d.float(32, "a number of 32 bits"); ok {
		*p = float32(f)
	}
}

// Float64 decodes a float64.
//
//go:noinline
func (d *Decoder) Float64(p *float64) {
	if f, ok := d.float(64, "a number of 64 bits"); ok {
		*p = f
	}
}
