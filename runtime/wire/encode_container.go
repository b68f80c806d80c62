package wire

import "fmt"

// EncodeSlice writes an array; nil is null.
func EncodeSlice[T any](e *Encoder, s []T, element func(*Encoder, *T)) {
	if s == nil {
		e.Null()
		return
	}
	if !e.enter() {
		return
	}
	if texts, ok := any(s).([]string); ok { // without a call of element for each (5 ns)
		e.strings(texts)
	} else {
		EncodeArray(e, s, element)
	}
	e.leave()
}

func (e *Encoder) strings(s []string) {
	buf := append(e.buf, '[')
	for i, text := range s {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = appendString(buf, text)
	}
	e.buf = append(buf, ']')
}

// EncodeArray writes an array: the elements of s, which is all of a Go array.
func EncodeArray[T any](e *Encoder, s []T, element func(*Encoder, *T)) {
	e.buf = append(e.buf, '[')
	for i := range s {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		element(e, &s[i])
		if e.err != nil {
			return
		}
	}
	e.buf = append(e.buf, ']')
}

// EncodePointer writes what p points at; nil is null.
func EncodePointer[T any](e *Encoder, p *T, element func(*Encoder, *T)) {
	if p == nil {
		e.Null()
		return
	}
	if e.enter() {
		element(e, p)
		e.leave()
	}
}

// EncodeMap writes an object, sorted by what key makes of the keys; nil is null.
func EncodeMap[K comparable, V any](e *Encoder, m map[K]V, key func(K) (string, error),
	element func(*Encoder, *V)) {
	// The usual maps are written without a V that is allocated for element to point at (25 ns).
	switch m := any(m).(type) {
	case map[string]string:
		encodeValues(e, m, (*Encoder).String)
		return
	case map[string]float64:
		encodeValues(e, m, (*Encoder).Float64)
		return
	case map[string]any:
		encodeValues(e, m, (*Encoder).Any)
		return
	}
	if m == nil {
		e.Null()
		return
	}
	if !e.enter() {
		return
	}
	var v V
	all := e.members()
	for k, value := range m {
		name, err := key(k)
		if err != nil {
			e.fail(fmt.Errorf("json: key of a map: %w", err))
			return
		}
		v = value
		start := e.member(name)
		element(e, &v)
		if e.err != nil {
			return
		}
		e.endMember(name, start)
	}
	e.endMembers(all)
	e.leave()
}

// encodeValues is EncodeMap for values that are passed as they are.
func encodeValues[V any](e *Encoder, m map[string]V, value func(*Encoder, V)) {
	if m == nil {
		e.Null()
		return
	}
	if !e.enter() {
		return
	}
	all := e.members()
	for name, v := range m {
		start := e.member(name)
		value(e, v)
		if e.err != nil {
			return
		}
		e.endMember(name, start)
	}
	e.endMembers(all)
	e.leave()
}
