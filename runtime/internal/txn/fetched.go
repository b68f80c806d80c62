package txn

import (
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
)

// fetched holds rows that were read for a batch before its events ask for them.
type Prefetched struct {
	rows   []map[string]brook.Value // by slot; without Data: there is no row
	Missed int                      // rows that the batch had to read by itself
}

func (f *Prefetched) miss() {
	if f != nil {
		f.Missed++
	}
}

func (f *Prefetched) Find(slot int, key []byte) (brook.Value, bool) {
	if f == nil {
		return brook.Value{}, false
	}
	v, ok := f.rows[slot][string(key)]
	return v, ok
}

func (f *Prefetched) reset() {
	if f != nil {
		clear(f.rows)
	}
}

// Add takes a row that was read. The key is the cache's from now on.
func (f *Prefetched) Add(slot int, key []byte, v brook.Value) {
	at := &f.rows[slot]
	if *at == nil {
		*at = map[string]brook.Value{}
	}
	v.Shared = true // with every other event that reads it
	(*at)[unsafe.String(unsafe.SliceData(key), len(key))] = v
}

// Prefetch makes the transaction look for rows among those that were fetched for the batch.
func (tx *Tx) Prefetch() {
	tx.fetched = &Prefetched{rows: make([]map[string]brook.Value, tx.lay.Slots)}
}

// prefetched returns these.
func (tx *Tx) Fetched() *Prefetched { return tx.fetched }

// Found gives a value, or ErrNotFound where it has no data.
func Found(v brook.Value) (brook.Value, error) {
	if v.Data == nil {
		return brook.Value{}, brook.ErrNotFound
	}
	return v, nil
}
