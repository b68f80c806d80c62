package brook

import "iter"

// Index reads a collection by an indexed field of type I. As with a [View], an index of an App is
// safe for concurrent use, one that a handler is given ends when the handler returns, values are
// the caller's own, and a sequence yields an error last. The zero value of I is not indexed:
// nothing is found by it. While an index that is new in the code is filled, all methods return
// [ErrNotReady].
type Index[I comparable, K comparable, V any] interface {
	// Get returns the entry with the lowest key of those whose indexed field holds value. If there
	// is none, the error wraps [ErrNotFound] and names the collection, the field and the value.
	Get(value I) (Entry[K, V], error)
	// All yields the entries whose indexed field holds value, in key order.
	All(value I) iter.Seq2[Entry[K, V], error]
	// Page yields some of the entries whose indexed field holds value, in key order or its reverse.
	Page(value I, page Page[K]) iter.Seq2[Entry[K, V], error]
	// Range yields the entries whose indexed field holds a value with from <= value < to, in the
	// order of these values, and in key order among those of one. A row whose field holds several
	// of them is yielded for each.
	Range(from, to I) iter.Seq2[Entry[K, V], error]
}
