package brook

import "bytes"

// Entries collects the entries of one row in one index: the key bytes of each value that the row is
// found by, in the order in which they were added. The zero Entries is empty and ready for use. It
// is not safe for concurrent use. Generated code uses it:
//
//	e.Add(key.AppendString(e.Bytes(), v.Email))
type Entries struct {
	bytes []byte
	ends  []int
}

// Bytes returns the slice to append the bytes of the next entry to. It belongs to e.
func (e *Entries) Bytes() []byte { return e.bytes }

// Add adds an entry. grown is Bytes with the bytes of the entry appended; it belongs to e from now
// on.
//
//go:noinline
func (e *Entries) Add(grown []byte) {
	e.bytes = grown
	e.ends = append(e.ends, len(grown))
}

// All calls yield with the key bytes of each entry until yield returns false. The bytes belong to e
// and are valid until Reset.
func (e *Entries) All(yield func([]byte) bool) {
	start := 0
	for _, end := range e.ends {
		if !yield(e.bytes[start:end:end]) {
			return
		}
		start = end
	}
}

// Reset empties e and keeps its capacity.
func (e *Entries) Reset() { e.bytes, e.ends = e.bytes[:0], e.ends[:0] }

// Contains reports whether e has an entry with these bytes.
func (e *Entries) Contains(entry []byte) bool {
	for other := range e.All {
		if bytes.Equal(other, entry) {
			return true
		}
	}
	return false
}

// Equal reports whether e has the same bytes as o, entry by entry in the same order.
func (e *Entries) Equal(o *Entries) bool {
	if len(e.ends) != len(o.ends) || !bytes.Equal(e.bytes, o.bytes) {
		return false
	}
	for i, end := range e.ends {
		if o.ends[i] != end {
			return false
		}
	}
	return true
}
