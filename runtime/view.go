package brook

import "iter"

// View reads one collection. A view that a program got from its App reads what was committed last
// and is safe for concurrent use; one that a handler got reads everything before its event and what
// earlier sets did for its event, and is only valid until the handler returns: what uses it later gets [ErrHandlerReturned].
//
// Values that it gives are the caller's own. The zero View is not usable.
//
// Its methods are kept out of line, and what they share is in place: they are compiled for every collection.
type View[K comparable, V any] struct {
	def *Collection[K, V]
	at  place
}

// ViewOf gives the view of the collection that is number ordinal of its package. Generated code uses it.
//
//go:noinline
func ViewOf[K comparable, V any](s Source, ordinal int, def *Collection[K, V]) View[K, V] {
	return View[K, V]{def, placeOf(s, ordinal, def)}
}

// Place returns where the view reads and what it reads: the collection that is number ordinal of its package. Package engine uses it.
func (v View[K, V]) Place() (source Source, ordinal int, def *Collection[K, V]) {
	return v.at.src, v.at.ord, v.def
}

// Entry is a key with its value.
type Entry[K comparable, V any] struct {
	Key   K
	Value V
}

// Get gives the value at key, or an error that wraps [ErrNotFound] and names collection and key.
//
//go:noinline
func (v View[K, V]) Get(key K) (V, error) {
	buf := keyBuffers.Get().(*[]byte)
	*buf = v.def.AppendKey((*buf)[:0], key)
	u := use{at: &v.at}
	defer u.leave()
	row, err := v.at.get(&u, *buf)
	keyBuffers.Put(buf)
	return v.def.own(row, err)
}

// MustGet is Get for a key that is known to be there: it panics with Get's error.
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

// Len gives the number of values.
//
//go:noinline
func (v View[K, V]) Len() (int, error) { return v.at.count() }

// All gives every value in key order.
//
//go:noinline
func (v View[K, V]) All() iter.Seq2[Entry[K, V], error] { return entries(v, nil, nil, nil) }

// Range gives the values with from <= key < to, in key order.
//
//go:noinline
func (v View[K, V]) Range(from, to K) iter.Seq2[Entry[K, V], error] {
	return entries(v, v.def.AppendKey(nil, from), v.def.AppendKey(nil, to), nil)
}

// Prefix gives the values whose composite key has the same first n fields as key, in key order. It
// gives an error where n is less than 1 or K has fewer fields.
//
//go:noinline
func (v View[K, V]) Prefix(key K, n int) iter.Seq2[Entry[K, V], error] {
	from, to, err := v.at.prefix(v.def.AppendKey(nil, key), n)
	return entries(v, from, to, err)
}

//go:noinline
func entries[K comparable, V any](v View[K, V], from, to []byte, err error) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		if err != nil {
			yield(Entry[K, V]{}, err)
			return
		}
		v.at.walk(from, to, func(u *use, row Row, err error) bool { return v.def.yield(u, yield, row, err) })
	}
}

// Map gives the whole collection as a map.
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

// MustMap is Map that panics with its error.
//
//go:noinline
func (v View[K, V]) MustMap() map[K]V {
	m, err := v.Map()
	must(err)
	return m
}

// Values gives every value in key order.
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

// MustValues is Values that panics with its error.
//
//go:noinline
func (v View[K, V]) MustValues() []V {
	values, err := v.Values()
	must(err)
	return values
}

// must panics with an error.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Must gives value, or panics with err where it is not nil.
func Must[T any](value T, err error) T {
	must(err)
	return value
}
