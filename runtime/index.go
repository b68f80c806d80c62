package brook

import "iter"

// Index reads a collection by an indexed field of type I. As with a [View], an index of an App is
// safe for concurrent use, one that a handler is given ends when the handler returns, values are
// the caller's own, and a sequence yields an error last. The zero value of I is not indexed:
// nothing is found by it. While an index that is new in the code is filled, all methods return
// [ErrNotReady].
type Index[I comparable, K comparable, V any] struct {
	view   View[K, V]
	number int
	append func(dst []byte, value I) []byte
}

// IndexOf returns the index with that number of the collection that v reads. appendValue appends
// the key bytes of a value to look for. Generated code uses it.
//
//go:noinline
func IndexOf[I comparable, K comparable, V any](
	v View[K, V], number int, appendValue func(dst []byte, value I) []byte,
) Index[I, K, V] {
	return Index[I, K, V]{v, number, appendValue}
}

// Get returns the entry with the lowest key of those whose indexed field holds value. If there is
// none, the error wraps [ErrNotFound] and names the collection, the field and the value.
//
//go:noinline
func (x Index[I, K, V]) Get(value I) (Entry[K, V], error) {
	return first(x.view, x.number, x.append(nil, value))
}

// First returns the value of the entry that Get returns.
//
//go:noinline
func (x Index[I, K, V]) First(value I) (V, error) {
	e, err := x.Get(value)
	return e.Value, err
}

// All yields the entries whose indexed field holds value, in key order.
//
//go:noinline
func (x Index[I, K, V]) All(value I) iter.Seq2[Entry[K, V], error] {
	return indexed(x.view, x.number, x.append(nil, value))
}

// Values yields the values of the entries that All yields.
//
//go:noinline
func (x Index[I, K, V]) Values(value I) iter.Seq2[V, error] {
	return indexedValues(x.view, x.number, x.append(nil, value))
}

// first returns the first entry that an index finds by an encoded value.
//
//go:noinline
func first[K comparable, V any](
	v View[K, V], number int, value []byte,
) (first Entry[K, V], err error) {
	err = &notFound{v.def, number, string(value)}
	v.at.walkIndex(number, value, func(a *access, row Row, rowErr error) bool {
		return v.def.yield(a, func(e Entry[K, V], entryErr error) bool {
			first, err = e, entryErr
			return false
		}, row, rowErr)
	})
	return first, err
}

//go:noinline
func indexed[K comparable, V any](
	v View[K, V], number int, value []byte,
) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		v.at.walkIndex(number, value, func(a *access, row Row, err error) bool {
			return v.def.yield(a, yield, row, err)
		})
	}
}

//go:noinline
func indexedValues[K comparable, V any](
	v View[K, V], number int, value []byte,
) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		v.at.walkIndex(number, value, func(a *access, row Row, err error) bool {
			value, err := v.def.own(row.Value, err)
			a.leave()
			return yield(value, err) && err == nil
		})
	}
}
