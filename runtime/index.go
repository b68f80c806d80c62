package brook

import "iter"

// Index reads a collection by an indexed field of type I. What is said of a [View]'s validity and
// values holds for it too. The zero value of I is never indexed.
type Index[I comparable, K comparable, V any] struct {
	view   View[K, V]
	number int
	append func(dst []byte, value I) []byte
}

// IndexOf gives index number of the collection that v reads; appendValue encodes what is asked for. Generated code uses it.
//
//go:noinline
func IndexOf[I comparable, K comparable, V any](v View[K, V], number int, appendValue func(dst []byte, value I) []byte) Index[I, K, V] {
	return Index[I, K, V]{v, number, appendValue}
}

// Get gives the first entry by key whose indexed field holds value, or an error that wraps [ErrNotFound].
//
//go:noinline
func (x Index[I, K, V]) Get(value I) (Entry[K, V], error) {
	return first(x.view, x.number, x.append(nil, value))
}

// First gives the value of the first entry by key, as Get does.
//
//go:noinline
func (x Index[I, K, V]) First(value I) (V, error) {
	e, err := x.Get(value)
	return e.Value, err
}

// All gives the entries whose indexed field holds value, in key order.
//
//go:noinline
func (x Index[I, K, V]) All(value I) iter.Seq2[Entry[K, V], error] {
	return indexed(x.view, x.number, x.append(nil, value))
}

// Values gives the values of All.
//
//go:noinline
func (x Index[I, K, V]) Values(value I) iter.Seq2[V, error] {
	return indexedValues(x.view, x.number, x.append(nil, value))
}

// first gives the first entry that an index leads to.
//
//go:noinline
func first[K comparable, V any](v View[K, V], number int, value []byte) (first Entry[K, V], err error) {
	err = &notFound{v.def, number, string(value)}
	v.at.walkIndex(number, value, func(u *use, row Row, rowErr error) bool {
		return v.def.yield(u, func(e Entry[K, V], entryErr error) bool {
			first, err = e, entryErr
			return false
		}, row, rowErr)
	})
	return first, err
}

//go:noinline
func indexed[K comparable, V any](v View[K, V], number int, value []byte) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		v.at.walkIndex(number, value, func(u *use, row Row, err error) bool { return v.def.yield(u, yield, row, err) })
	}
}

//go:noinline
func indexedValues[K comparable, V any](v View[K, V], number int, value []byte) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		v.at.walkIndex(number, value, func(u *use, row Row, err error) bool {
			value, err := v.def.own(row.Value, err)
			u.leave()
			return yield(value, err) && err == nil
		})
	}
}
