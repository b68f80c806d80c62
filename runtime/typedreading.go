package brook

import "iter"

// The functions of this file are compiled for each collection of each user: they do what only code
// that knows the types can do.

// EntryOf ends a reading, and returns its entry. Generated code uses it.
//
//go:noinline
func EntryOf[K comparable, V any](
	row *Reading, decodeKey func(encoded []byte) (K, error),
) (e Entry[K, V], err error) {
	if at, ok := row.Value.(*V); ok {
		if e.Key, err = decodeKey(row.Key); err == nil {
			e.Value = *at
		}
		row.err = err
	}
	return e, row.End()
}

// ScanEntries yields the entries of a scan. Generated code uses it.
//
//go:noinline
func ScanEntries[K comparable, V any](
	s Scan, decodeKey func(encoded []byte) (K, error),
) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		s.Each(func(row *Reading) bool { return yield(EntryOf[K, V](row, decodeKey)) })
	}
}

// ScanValues yields the values of a scan. Generated code uses it.
//
//go:noinline
func ScanValues[V any](s Scan) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		s.Each(func(row *Reading) bool {
			var value V
			if at, ok := row.Value.(*V); ok {
				value = *at
			}
			return yield(value, row.End())
		})
	}
}
