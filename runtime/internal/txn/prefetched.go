package txn

import (
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
)

// Prefetched holds rows that were read for a batch before its events ask for them. The methods may
// be called on nil, which holds none. It belongs to its transaction, and needs the same care.
type Prefetched struct {
	rows   []map[string]brook.Value // by slot; no Data: there is no such row
	Missed int                      // reads that went to the store, since the caller last zeroed it
}

// NewPrefetched returns an empty one for the tables of that many slots.
func NewPrefetched(slots int) *Prefetched {
	return &Prefetched{rows: make([]map[string]brook.Value, slots)}
}

// Add adds a row that was read; a value without Data says that there is no such row. The caller
// must not change key any more.
func (f *Prefetched) Add(slot int, key []byte, v brook.Value) {
	at := &f.rows[slot]
	if *at == nil {
		*at = map[string]brook.Value{}
	}
	v.Shared = true // among all events of the batch
	(*at)[unsafe.String(unsafe.SliceData(key), len(key))] = v
}

// Find returns the row at a key, and reports whether it was read ahead.
func (f *Prefetched) Find(slot int, key []byte) (brook.Value, bool) {
	if f == nil {
		return brook.Value{}, false
	}
	v, ok := f.rows[slot][string(key)]
	return v, ok
}

func (f *Prefetched) miss() {
	if f != nil {
		f.Missed++
	}
}

func (f *Prefetched) reset() {
	if f != nil {
		clear(f.rows)
	}
}

// Found returns v, or brook.ErrNotFound if it has no Data.
func Found(v brook.Value) (brook.Value, error) {
	if v.Data == nil {
		return brook.Value{}, brook.ErrNotFound
	}
	return v, nil
}
