package brook

import (
	"errors"
	"fmt"
	"iter"
)

// View reads one collection. A view that a program got from its App reads what was committed last
// and is safe for concurrent use; one that a handler got reads everything before its event and what
// earlier sets did for its event, and is only valid until the handler returns.
//
// Values that it gives are the caller's own. The zero View is not usable.
type View[K comparable, V any] struct {
	def  *Collection[K, V]
	src  source
	slot int
	ord  int
}

// ViewOf gives the view of the collection that is number ordinal of its package.
func ViewOf[K comparable, V any](s Source, ordinal int, def *Collection[K, V]) View[K, V] {
	return viewOf(s.src, ordinal, def)
}

func viewOf[K comparable, V any](s source, ordinal int, def *Collection[K, V]) View[K, V] {
	return View[K, V]{def, s, s.layout().rows[ordinal], ordinal}
}

// Entry is a key with its value.
type Entry[K comparable, V any] struct {
	Key   K
	Value V
}

// Get gives the value at key, or an error that wraps [ErrNotFound] and names collection and key.
func (v View[K, V]) Get(key K) (V, error) {
	row, err := v.row(key)
	if err != nil {
		var zero V
		return zero, err
	}
	if v.def.Clone == nil || !row.Shared {
		return *row.Data.(*V), nil
	}
	return v.cloned(row)
}

// row gives the stored value at key.
func (v View[K, V]) row(key K) (Value, error) {
	buf := keyBuffers.Get().(*[]byte)
	*buf = v.def.AppendKey((*buf)[:0], key)
	row, err := v.src.get(v.slot, *buf)
	keyBuffers.Put(buf)
	if err == ErrNotFound {
		err = &notFound{v.def.Name, key}
	}
	return row, err
}

// cloned stands apart from Get because what it makes is on the heap.
func (v View[K, V]) cloned(row Value) (V, error) {
	var out V
	err := v.def.Clone(&out, row.Data.(*V))
	return out, err
}

// own makes out the caller's own copy of a value.
func (v View[K, V]) own(out *V, value Value) error {
	if v.def.Clone != nil && value.Shared {
		return v.def.Clone(out, value.Data.(*V))
	}
	*out = *value.Data.(*V)
	return nil
}

// notFound is an ErrNotFound that says what was looked for, made cheap because many callers expect it.
type notFound struct {
	collection string
	key        any
}

func (e *notFound) Error() string {
	return fmt.Sprintf("brook: %s: no value at key %v", e.collection, quoted(e.key))
}
func (e *notFound) Unwrap() error { return ErrNotFound }

func quoted(key any) string {
	if s, ok := key.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%+v", key)
}

// MustGet is Get for a key that is known to be there: it panics with Get's error.
func (v View[K, V]) MustGet(key K) V { return Must(v.Get(key)) }

// Has reports whether there is a value at key.
func (v View[K, V]) Has(key K) (bool, error) {
	_, err := v.row(key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Len gives the number of values.
func (v View[K, V]) Len() (int, error) { return v.src.count(v.slot) }

// All gives every value in key order.
func (v View[K, V]) All() iter.Seq2[Entry[K, V], error] { return v.entries(nil, nil) }

// Range gives the values with from <= key < to, in key order.
func (v View[K, V]) Range(from, to K) iter.Seq2[Entry[K, V], error] {
	return v.entries(v.def.AppendKey(nil, from), v.def.AppendKey(nil, to))
}

// Prefix gives the values whose composite key has the same first n fields as key, in key order. It
// gives an error where K has fewer than n parts.
func (v View[K, V]) Prefix(key K, n int) iter.Seq2[Entry[K, V], error] {
	encoded := v.def.AppendKey(nil, key)
	size, err := v.def.prefixLen(encoded, n)
	if err != nil {
		return func(yield func(Entry[K, V], error) bool) {
			yield(Entry[K, V]{}, fmt.Errorf("brook: %s: a prefix of %d fields of %+v: %w", v.def.Name, n, key, err))
		}
	}
	return v.entries(encoded[:size], prefixEnd(encoded[:size]))
}

func (v View[K, V]) entries(from, to []byte) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		for row, err := range v.src.scan(v.slot, from, to) {
			var e Entry[K, V]
			if err == nil {
				e.Key, err = v.def.DecodeKey(row.Key)
			}
			if err == nil {
				err = v.own(&e.Value, row.Value)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Map gives the whole collection as a map.
func (v View[K, V]) Map() (map[K]V, error) {
	m := map[K]V{}
	for e, err := range v.All() {
		if err != nil {
			return nil, err
		}
		m[e.Key] = e.Value
	}
	return m, nil
}

// MustMap is Map that panics with its error.
func (v View[K, V]) MustMap() map[K]V { return Must(v.Map()) }

// Values gives every value in key order.
func (v View[K, V]) Values() ([]V, error) {
	values := []V{}
	for e, err := range v.All() {
		if err != nil {
			return nil, err
		}
		values = append(values, e.Value)
	}
	return values, nil
}

// MustValues is Values that panics with its error.
func (v View[K, V]) MustValues() []V { return Must(v.Values()) }

// Must gives value, or panics with err where it is not nil.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
