package brook

import (
	"fmt"
	"iter"

	"github.com/brookgen/brookgen/runtime/key"
)

// Index reads a collection by an indexed field of type I. What is said of a [View]'s validity and
// values holds for it too. The zero value of I is never indexed.
type Index[I comparable, K comparable, V any] struct {
	view   View[K, V]
	number int
	append func(dst []byte, value I) []byte
}

// IndexOf gives index number of the collection that v reads; appendValue encodes what is asked for.
func IndexOf[I comparable, K comparable, V any](v View[K, V], number int, appendValue func(dst []byte, value I) []byte) Index[I, K, V] {
	return Index[I, K, V]{v, number, appendValue}
}

// Get gives the first entry by key whose indexed field holds value, or an error that wraps [ErrNotFound].
func (x Index[I, K, V]) Get(value I) (Entry[K, V], error) {
	for e, err := range x.All(value) {
		return e, err
	}
	return Entry[K, V]{}, &notFound{x.view.def.Name + "." + x.view.def.Indexes[x.number].Field, value}
}

// First gives the value of the first entry by key, as Get does.
func (x Index[I, K, V]) First(value I) (V, error) {
	e, err := x.Get(value)
	return e.Value, err
}

// Values gives the values of All.
func (x Index[I, K, V]) Values(value I) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for e, err := range x.All(value) {
			if !yield(e.Value, err) {
				return
			}
		}
	}
}

// All gives the entries whose indexed field holds value, in key order.
func (x Index[I, K, V]) All(value I) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		prefix := x.append(nil, value)
		err := x.view.src.pin(func(s source) error {
			v := View[K, V]{x.view.def, s, x.view.slot, x.view.ord}
			slot := s.layout().index[v.ord][x.number]
			for row, err := range s.scan(slot, prefix, key.Successor(prefix)) {
				var e Entry[K, V]
				if err == nil {
					e, err = v.at(row.Key[len(prefix):])
				}
				if !yield(e, err) || err != nil {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(Entry[K, V]{}, err)
		}
	}
}

// at gives the entry at an encoded key that an index points to.
func (v View[K, V]) at(encoded []byte) (e Entry[K, V], err error) {
	if e.Key, err = v.def.DecodeKey(encoded); err != nil {
		return e, fmt.Errorf("brook: %s: index entry: %w", v.def.Name, err)
	}
	row, err := v.src.get(v.slot, encoded)
	if err != nil {
		return e, fmt.Errorf("brook: %s: index entry of %+v: %w", v.def.Name, e.Key, err)
	}
	return e, v.own(&e.Value, row)
}
