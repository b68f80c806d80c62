package brook

import "iter"

// The functions of this file are compiled for each collection of each user: they do what only code
// that knows the types can do.

// Fill makes e the entry of a row, ends the reading, and returns its error. Generated code uses it.
//
//go:noinline
func Fill[K comparable, V any](
	e *Entry[K, V], row *Reading, decodeKey func(encoded []byte) (K, error),
) (err error) {
	if at, ok := row.Value.(*V); ok {
		if e.Key, err = decodeKey(row.Key); err == nil {
			e.Value = *at
		}
	}
	if stored := row.End(); stored != nil {
		return stored
	}
	return err
}

// ScanEntries yields the entries of a scan. Generated code uses it.
//
//go:noinline
func ScanEntries[K comparable, V any](
	s *Scan, decodeKey func(encoded []byte) (K, error),
) iter.Seq2[Entry[K, V], error] {
	return func(yield func(Entry[K, V], error) bool) {
		s.Each(func(row *Reading) bool {
			var e Entry[K, V]
			err := Fill(&e, row, decodeKey)
			return yield(e, err) && err == nil
		})
	}
}

// ScanValues yields the values of a scan. Generated code uses it.
//
//go:noinline
func ScanValues[V any](s *Scan) iter.Seq2[V, error] {
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
