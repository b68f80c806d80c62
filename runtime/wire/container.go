package wire

import (
	"encoding/base64"
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
	s, i := *p, 0
	for ; d.element(i); i++ {
		if i == cap(s) {
			s = grown(s[:i])
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

// grown makes room for at least one more element; small ones begin with four.
func grown[T any](s []T) []T {
	var zero T
	if len(s) == 0 && unsafe.Sizeof(zero) <= 64 {
		return make([]T, 0, 4)
	}
	return append(s, zero)[:len(s)]
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
