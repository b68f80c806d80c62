package wire

import (
	"fmt"
	"slices"
	"strings"
)

// EncodeSlice writes an array; nil is null.
func EncodeSlice[T any](e *Encoder, s []T, element func(*Encoder, *T)) {
	if s == nil {
		e.Null()
		return
	}
	if e.enter() {
		EncodeArray(e, s, element)
		e.leave()
	}
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
	if m == nil {
		e.Null()
		return
	}
	if !e.enter() {
		return
	}
	entries, values := make([]entry, 0, len(m)), make([]V, 0, len(m))
	for k, v := range m {
		name, err := key(k)
		if err != nil {
			e.fail(fmt.Errorf("json: key of a map: %w", err))
			return
		}
		entries = append(entries, entry{name, len(values)})
		values = append(values, v)
	}
	sortEntries(entries)
	e.buf = append(e.buf, '{')
	for i, it := range entries {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.String(it.name)
		e.buf = append(e.buf, ':')
		element(e, &values[it.index])
		if e.err != nil {
			return
		}
	}
	e.buf = append(e.buf, '}')
	e.leave()
}

// entry is one entry of a map on its way out.
type entry struct {
	name  string
	index int // of its value
}

func sortEntries(all []entry) {
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
}
