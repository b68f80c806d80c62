package wire

import (
	"encoding/base64"
	"slices"
	"unsafe"
)

// DecodeSlice decodes an array into *p, element by element; null makes it nil. Elements that *p
// already has (if a name occurs twice) are decoded into, as in encoding/json.
func DecodeSlice[T any](d *Decoder, p *[]T, element func(*Decoder, *T)) {
	if d.Null() {
		*p = nil
		return
	}
	if !d.open('[', "an array") {
		return
	}
	s, i, start := *p, 0, d.pos
	for ; d.element(i); i++ {
		switch {
		case i < cap(s):
		case i == 0 && unsafe.Sizeof(s[0]) > 64:
			s = make([]T, 0, 2)
		case i == 0:
			s = make([]T, 0, 4)
		default:
			s = slices.Grow(s[:i], d.more(i, start))
		}
		if i >= len(s) {
			s = s[:i+1]
		}
		element(d, &s[i])
	}
	if i == 0 {
		*p = []T{}
		return
	}
	*p = s[:i]
}

// more returns for how many elements a slice is to be grown that has n of them, the first of which
// begins at start. They become four times as many, but not more than the text has if all are as
// long as those before (L: 3 allocations for 32 elements instead of 6, 42 places instead of 63).
func (d *Decoder) more(n, start int) int {
	return min(3*n, (len(d.data)-d.pos)*n/(d.pos-start+1)+1)
}

// DecodeArray decodes an array into s, which is all of a Go array. Elements that are not there
// become zero, those too many are dropped, null changes nothing.
func DecodeArray[T any](d *Decoder, s []T, element func(*Decoder, *T)) {
	if !d.open('[', "an array") {
		return
	}
	i := 0
	for ; d.element(i); i++ {
		if i < len(s) {
			element(d, &s[i])
		} else {
			d.Skip()
		}
	}
	if i < len(s) {
		clear(s[i:])
	}
}

// DecodePointer decodes into what *p points at, which is allocated if it is nil; null makes *p nil.
func DecodePointer[T any](d *Decoder, p **T, element func(*Decoder, *T)) {
	if d.Null() {
		*p = nil
		return
	}
	element(d, At(p))
}

// At returns *p, allocated if it is nil.
func At[T any](p **T) *T {
	if *p == nil {
		*p = new(T)
	}
	return *p
}

// DecodeMap decodes an object into *p, which keeps the entries that it has; null makes it nil. key
// makes a key of the text's, which is a string literal.
func DecodeMap[K comparable, V any](d *Decoder, p *map[K]V, key func(*Decoder, []byte) K,
	element func(*Decoder, *V)) {
	if d.Null() {
		*p = nil
		return
	}
	if !d.open('{', "an object") {
		return
	}
	m := *p
	if m == nil {
		m = make(map[K]V)
		*p = m
	}
	// The usual maps are read without a V that is allocated for element to point at, and without a
	// key that is made by key.
	switch m := any(m).(type) {
	case map[string]string:
		decodeValues(d, m, (*Decoder).string)
		return
	case map[string]float64:
		decodeValues(d, m, (*Decoder).float64)
		return
	case map[string]any:
		decodeValues(d, m, (*Decoder).any)
		return
	}
	if d.peek() == '}' {
		d.closeObject()
		return
	}
	var v, zero V
	for {
		start := d.pos
		raw := d.rawKey()
		if raw == nil {
			return
		}
		element(d, &v)
		if d.err != nil {
			return
		}
		d.start = start
		k := key(d, raw)
		if d.err != nil {
			return
		}
		m[k], v = v, zero
		if d.peek() != ',' {
			d.closeObject()
			return
		}
		d.pos++
		d.peek()
	}
}

// decodeValues is DecodeMap for values that are returned as they are, in an object that was
// entered.
func decodeValues[V any](d *Decoder, m map[string]V, value func(*Decoder) V) {
	if d.peek() == '}' {
		d.closeObject()
		return
	}
	for {
		key := d.stringKey()
		if d.err != nil {
			return
		}
		v := value(d)
		if d.err != nil {
			return
		}
		m[key] = v
		if d.peek() != ',' {
			d.closeObject()
			return
		}
		d.pos++
	}
}

// stringKey takes a key and its colon.
func (d *Decoder) stringKey() (key string) {
	if d.peek() != '"' {
		d.fail("a key")
		return ""
	}
	d.String(&key)
	d.colon()
	return key
}

func (d *Decoder) string() (s string) {
	d.String(&s)
	return s
}

func (d *Decoder) float64() (f float64) {
	d.Float64(&f)
	return f
}

// Bytes decodes base64 in a string, or an array of numbers; null makes *p nil.
//
//go:noinline
func (d *Decoder) Bytes(p *[]byte) { DecodeBytes(d, p, (*Decoder).Uint8) }

// DecodeBytes is Bytes for defined types of bytes.
func DecodeBytes[B ~uint8](d *Decoder, p *[]B, element func(*Decoder, *B)) {
	if d.peek() != '"' {
		if d.peek() == '[' {
			DecodeSlice(d, p, element)
		} else if d.nullOr("base64 in a string"); d.err == nil {
			*p = nil
		}
		return
	}
	start := d.pos
	text, ok := d.unquoted()
	if !ok {
		return
	}
	b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(b, text)
	if err != nil {
		d.start = start
		d.Check(err)
		return
	}
	*p = bytesAs[B](b[:n])
}

// bytesAs converts b to []B, in place if that is []byte.
func bytesAs[B ~uint8](b []byte) []B {
	if same, ok := any(b).([]B); ok {
		return same
	}
	out := make([]B, len(b))
	for i, c := range b {
		out[i] = B(c)
	}
	return out
}
