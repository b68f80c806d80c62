package wire

import "strconv"

// Any decodes a value of any kind: nil, bool, float64, string, []any or map[string]any.
//
//go:noinline
func (d *Decoder) Any(p *any) { *p = d.any() }

func (d *Decoder) any() any {
	switch d.peek() {
	case '"':
		var s string
		d.String(&s)
		return s
	case '{':
		return d.anyObject()
	case '[':
		return d.anyArray()
	case 't':
		d.literal("true")
		return true
	case 'f':
		d.literal("false")
		return false
	case 'n':
		d.literal("null")
		return nil
	}
	if n, _ := scanNumber(d.data[d.pos:]); n > 0 {
		f, err := strconv.ParseFloat(string(d.data[d.pos:d.pos+n]), 64)
		if err == nil {
			d.pos += n
			return f
		}
		d.fail("a number of 64 bits")
		return nil
	}
	d.fail("a value")
	return nil
}

func (d *Decoder) anyArray() any {
	s := []any{}
	if d.open('[', "") {
		for i := 0; d.element(i); i++ {
			s = append(s, d.any())
		}
	}
	return s
}

func (d *Decoder) anyObject() any {
	m := map[string]any{}
	if !d.open('{', "") {
		return m
	}
	if d.peek() == '}' {
		d.closeObject()
		return m
	}
	for {
		key := d.key()
		if d.err != nil {
			return nil
		}
		k := string(key)
		m[k] = d.any()
		if d.peek() != ',' {
			d.closeObject()
			return m
		}
		d.pos++
	}
}
