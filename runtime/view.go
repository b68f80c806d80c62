package brook

import (
	"iter"
	"sync"
)

// View reads one collection.
//
// A view of an App reads what was committed last, and is safe for concurrent use. A view that a
// handler is given reads everything before its event, and what earlier handler sets did for its
// event. It ends when the handler returns: from then on its methods return [ErrHandlerReturned].
//
// Values that a view returns are the caller's own: changing them changes nothing for anyone else.
// Errors are [ErrNotFound], [ErrHandlerReturned], [ErrUnreadable], [ErrSnapshotMoved], or those of
// the store or the context. A sequence yields an error last. The zero View must not be used.
type View[K comparable, V any] struct {
	// The methods are compiled for every collection of every user: they are kept out of line, and
	// at has what does not depend on K and V.

	def *Collection[K, V]
	at  collectionReader
}

// ViewOf returns the view of the collection that is number ordinal of its package, reading s.
// Generated code uses it.
//
//go:noinline
func ViewOf[K comparable, V any](s Source, ordinal int, def *Collection[K, V]) View[K, V] {
	return View[K, V]{def, readerOf(s, ordinal, def)}
}

// Place returns the source that the view reads, and its collection, which is number ordinal of its
// package. Package engine uses it.
func (v View[K, V]) Place() (source Source, ordinal int, def *Collection[K, V]) {
	return v.at.src, v.at.ord, v.def
}

// Entry is a row of a collection: a key with its value. Both are the receiver's own.
type Entry[K comparable, V any] struct {
	Key   K
	Value V
}

// keyBuffers lends the buffers that keys are encoded into for a read.
var keyBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Get returns the value at key. If there is none, the error wraps [ErrNotFound] and names the
// collection and the key.
//
//go:noinline
func (v View[K, V]) Get(key K) (V, error) {
	buf := keyBuffers.Get().(*[]byte)
	*buf = v.def.AppendKey((*buf)[:0], key)
	a := access{at: &v.at}
	defer a.leave()
	row, err := v.at.get(&a, *buf)
	keyBuffers.Put(buf)
	return v.def.own(row, err)
}

// MustGet is Get for a key that is known to have a value: it panics if Get returns an error.
//
//go:noinline
func (v View[K, V]) MustGet(key K) V {
	value, err := v.Get(key)
	must(err)
	return value
}

// Has reports whether there is a value at key.
//
//go:noinline
func (v View[K, V]) Has(key K) (bool, error) { return v.at.has(v.def.AppendKey(nil, key)) }

// Len returns the number of values.
//
//go:noinline
func (v View[K, V]) Len() (int, error) { return v.at.count() }

// All yields every entry in key order.
//
//go:noinline
func (v View[K, V]) All() iter.Seq2[Entry[K, V], error] { return entries(v, nil, nil, nil) }

// Range yields the entries with from <= key < to, in key order.
//
//go:noinline
func (v View[K, V]) Range(from, to K) iter.Seq2[Entry[K, V], error] {
	return entries(v, v.def.AppendKey(nil, from), v.def.AppendKey(nil, to), nil)
}

// Prefix yields the entries whose composite key has the same first n fields as key, in key order.
// It yields an error if n is less than 1 or K has fewer than n fields.
//
//go:noinline
func (v View[K, V]) Prefix(key K, n int) iter.Seq2[Entry[K, V], error] {
	from, to, err := v.at.prefix(v.def.AppendKey(nil, key), n)
	return entries(v, from, to, err)
}

//go:noinline
func entries[K comparable, V any](
	v View[K, V], from, to []byte, err error,
) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		if err != nil {
			yield(Entry[K, V]{}, err)
			return
		}
		v.at.walk(from, to, func(a *access, row Row, err error) bool {
			return v.def.yield(a, yield, row, err)
		})
	}
}

// Map returns the whole collection as a map.
//
//go:noinline
func (v View[K, V]) Map() (map[K]V, error) {
	m := map[K]V{}
	return m, v.at.each(func(row Row) error {
		k, err := v.def.DecodeKey(row.Key)
		if err == nil {
			m[k], err = v.def.own(row.Value, nil)
		}
		return err
	})
}

// MustMap is Map, but panics if Map returns an error.
//
//go:noinline
func (v View[K, V]) MustMap() map[K]V {
	m, err := v.Map()
	must(err)
	return m
}

// Values returns every value in key order. With an error it returns the values before it.
//
//go:noinline
func (v View[K, V]) Values() ([]V, error) {
	values := []V{}
	err := v.at.each(func(row Row) error {
		value, err := v.def.own(row.Value, nil)
		values = append(values, value)
		return err
	})
	return values, err
}

// MustValues is Values, but panics if Values returns an error.
//
//go:noinline
func (v View[K, V]) MustValues() []V {
	values, err := v.Values()
	must(err)
	return values
}

// must panics with err if it is not nil.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Must returns value, or panics with err if it is not nil.
func Must[T any](value T, err error) T {
	must(err)
	return value
}
