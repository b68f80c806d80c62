package brook

import "iter"

// View reads one collection. The accessors of an App's Views are Views, and so are those that a
// handler is given.
//
// A view of an App reads what was committed last, and is safe for concurrent use. A view that a
// handler is given reads everything before its event, and what earlier handler sets did for its
// event. It ends when the handler returns: from then on its methods return [ErrHandlerReturned].
//
// Values that a view returns are the caller's own: changing them changes nothing for anyone else.
// Errors are [ErrNotFound], [ErrHandlerReturned], [ErrUnreadable], [ErrSnapshotMoved], or those of
// the store or the context. A sequence yields an error last. [Map] and [Values] collect one, and
// [Must] is for what can't fail.
type View[K comparable, V any] interface {
	// Get returns the value at key. If there is none, the error wraps [ErrNotFound] and names the
	// collection and the key.
	Get(key K) (V, error)
	// Lookup returns the value at key and true, or false if there is none, which is no error.
	Lookup(key K) (value V, present bool, err error)
	// Has reports whether there is a value at key.
	Has(key K) (bool, error)
	// Len returns the number of values.
	Len() (int, error)
	// All yields every entry in key order.
	All() iter.Seq2[Entry[K, V], error]
	// Range yields the entries with from <= key < to, in key order.
	Range(from, to K) iter.Seq2[Entry[K, V], error]
	// Prefix yields the entries whose composite key has the same first n fields as key, in key
	// order. It yields an error if n is less than 1 or K has fewer than n fields.
	Prefix(key K, n int) iter.Seq2[Entry[K, V], error]
	// Page yields some of the entries, in key order or its reverse: for those who go through many
	// rows bit by bit.
	Page(page Page[K]) iter.Seq2[Entry[K, V], error]
}

// Entry is a row of a collection: a key with its value. Both are the receiver's own. In JSON it is
// {"key": …, "value": …}, with both as encoding/json has them.
type Entry[K comparable, V any] struct {
	Key   K `json:"key"`
	Value V `json:"value"`
}

// Map returns what a sequence yields as a map:
//
//	users, err := brook.Map(app.Views.Users.All())
//
// With an error it returns the entries before it.
func Map[K comparable, V any](entries iter.Seq2[Entry[K, V], error]) (map[K]V, error) {
	m := map[K]V{}
	for e, err := range entries {
		if err != nil {
			return m, err
		}
		m[e.Key] = e.Value
	}
	return m, nil
}

// Values returns the values of what a sequence yields, in its order. With an error it returns the
// values before it.
func Values[K comparable, V any](entries iter.Seq2[Entry[K, V], error]) ([]V, error) {
	values := []V{}
	for e, err := range entries {
		if err != nil {
			return values, err
		}
		values = append(values, e.Value)
	}
	return values, nil
}

// Must returns value, or panics with err if it is not nil.
func Must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
