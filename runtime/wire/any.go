package wire

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
	f, ok := d.float(64, "a value")
	if !ok {
		return nil
	}
	return f
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
	if d.open('{', "") {
		decodeValues(d, m, (*Decoder).any)
	}
	return m
}
