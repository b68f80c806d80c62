package typed

import (
	"context"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
)

// View is the view of a collection that nothing was generated for.
type View[K comparable, V any] struct {
	at  *brook.RowReader
	def *Collection[K, V]
}

// ViewOf returns the view of the collection that is number ordinal of its package, reading s.
func ViewOf[K comparable, V any](
	s brook.Source, ordinal int, def *Collection[K, V],
) View[K, V] {
	return View[K, V]{brook.RowReaderOf(s, ordinal, def.Def()), def}
}

// Get returns the value at key.
func (v View[K, V]) Get(k K) (value V, err error) {
	row, end := v.at.Get(v.def.AppendKey(brook.KeyBuffer(), k))
	if at, ok := row.(*V); ok {
		value = *at
	}
	return value, end.End()
}

// Lookup returns the value at key and true, or false if there is none.
func (v View[K, V]) Lookup(k K) (value V, present bool, err error) {
	row, end := v.at.Lookup(v.def.AppendKey(brook.KeyBuffer(), k))
	at, present := row.(*V)
	if present {
		value = *at
	}
	return value, present, end.End()
}

// Has reports whether there is a value at key.
func (v View[K, V]) Has(k K) (bool, error) {
	return v.at.Has(v.def.AppendKey(brook.KeyBuffer(), k))
}

// Len returns the number of values.
func (v View[K, V]) Len() (int, error) { return v.at.Len() }

// All yields every entry in key order.
func (v View[K, V]) All() iter.Seq2[brook.Entry[K, V], error] { return v.entries(v.at.All()) }

// Range yields the entries with from <= key < to, in key order.
func (v View[K, V]) Range(from, to K) iter.Seq2[brook.Entry[K, V], error] {
	return v.entries(v.at.Range(v.def.AppendKey(nil, from), v.def.AppendKey(nil, to)))
}

// Prefix yields the entries whose composite key has the same first n fields as key.
func (v View[K, V]) Prefix(k K, n int) iter.Seq2[brook.Entry[K, V], error] {
	return v.entries(v.at.Prefix(v.def.AppendKey(nil, k), n))
}

// Page yields some of the entries.
func (v View[K, V]) Page(page brook.Page[K]) iter.Seq2[brook.Entry[K, V], error] {
	return v.entries(brook.PageOf(v.at.All(), page, v.def.AppendKey))
}

func (v View[K, V]) entries(s *brook.Scan) iter.Seq2[brook.Entry[K, V], error] {
	return brook.ScanEntries[K, V](s, v.def.DecodeKey)
}

// Watch yields the value at key as it is, and again after every change of it.
func (v View[K, V]) Watch(ctx context.Context, k K) iter.Seq2[brook.Update[K, V], error] {
	return brook.Updates[K, V](v.at.Watch(ctx, v.def.AppendKey(nil, k)), v.def.DecodeKey)
}

// Index is an index of a collection that nothing was generated for.
type Index[I comparable, K comparable, V any] struct {
	view   View[K, V]
	number int
	append func(dst []byte, value I) []byte
}

// IndexOf returns the index with that number of the collection that v reads. appendValue appends
// the key bytes of a value to look for.
func IndexOf[I comparable, K comparable, V any](
	v View[K, V], number int, appendValue func(dst []byte, value I) []byte,
) Index[I, K, V] {
	return Index[I, K, V]{v, number, appendValue}
}

// Get returns the first entry, by key, whose indexed field holds value.
func (x Index[I, K, V]) Get(value I) (e brook.Entry[K, V], err error) {
	row := x.view.at.First(x.number, x.append(brook.KeyBuffer(), value))
	err = brook.Fill(&e, row, x.view.def.DecodeKey)
	return e, err
}

// All yields the entries whose indexed field holds value, in key order.
func (x Index[I, K, V]) All(value I) iter.Seq2[brook.Entry[K, V], error] {
	return x.view.entries(x.view.at.Find(x.number, x.append(nil, value)))
}

// Page yields some of the entries whose indexed field holds value.
func (x Index[I, K, V]) Page(
	value I, page brook.Page[K],
) iter.Seq2[brook.Entry[K, V], error] {
	found := x.view.at.Find(x.number, x.append(nil, value))
	return x.view.entries(brook.PageOf(found, page, x.view.def.AppendKey))
}

// Range yields the entries whose indexed field holds a value with from <= value < to.
func (x Index[I, K, V]) Range(from, to I) iter.Seq2[brook.Entry[K, V], error] {
	return x.view.entries(x.view.at.FindRange(x.number, x.append(nil, from), x.append(nil, to)))
}
