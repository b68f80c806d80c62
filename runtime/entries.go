package brook

import "bytes"

// Entries collects the key bytes of the values that a row is to be found by. Generated code uses it:
//
//	e.Add(key.AppendString(e.Bytes(), v.Email))
type Entries struct {
	bytes []byte
	ends  []int
}

// Bytes gives what the bytes of another entry are appended to.
func (e *Entries) Bytes() []byte { return e.bytes }

// Add takes Bytes with the bytes of another entry appended.
func (e *Entries) Add(grown []byte) {
	e.bytes = grown
	e.ends = append(e.ends, len(grown))
}

// All gives each entry's key bytes, which are e's, and are overwritten when it is filled anew.
func (e *Entries) All(yield func([]byte) bool) {
	start := 0
	for _, end := range e.ends {
		if !yield(e.bytes[start:end:end]) {
			return
		}
		start = end
	}
}

// Reset empties e, and keeps its room.
func (e *Entries) Reset() { e.bytes, e.ends = e.bytes[:0], e.ends[:0] }

// Contains reports whether an entry has these bytes.
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
