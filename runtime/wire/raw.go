package wire

import "encoding/json"

// JSON takes the next value and returns its text for UnmarshalJSON, null included. The result is
// false if there is no valid value. It must be copied to be kept.
//
//	if b, ok := d.JSON(); ok {
//		d.Check(v.UnmarshalJSON(b))
//	}
func (d *Decoder) JSON() ([]byte, bool) {
	d.peek()
	d.start = d.pos
	d.Skip()
	if d.err != nil {
		return nil, false
	}
	return d.data[d.start:d.pos:d.pos], true
}

// Text takes a string and returns its value for UnmarshalText. The result is false for null, which
// is taken, and for anything else, which is an error. It must be copied to be kept.
func (d *Decoder) Text() ([]byte, bool) {
	if d.peek() != '"' {
		d.nullOr("a string")
		return nil, false
	}
	d.start = d.pos
	return d.unquoted()
}

// Nothing is for types that encoding/json cannot decode, such as interfaces with methods: it takes
// a null, and reports that.
//
//go:noinline
func (d *Decoder) Nothing() bool {
	d.nullOr("null, as nothing else can be decoded here")
	return d.err == nil
}

// Raw decodes any value as its own text, null included.
//
//go:noinline
func (d *Decoder) Raw(p *json.RawMessage) {
	if b, ok := d.JSON(); ok {
		*p = append((*p)[:0], b...)
	}
}

// Unexported is for fields behind an embedded pointer to an unexported struct, which encoding/json
// cannot decode either: it is an error.
//
//go:noinline
func (d *Decoder) Unexported() {
	d.fail("no such field, as its embedded pointer to an unexported struct cannot be set")
}
