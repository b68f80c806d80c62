package txn

import brook "github.com/brookgen/brookgen/runtime"

// ReadSet is what a transaction read of a store that several processes write. The commit checks
// that it still holds.
type ReadSet struct {
	checks   []brook.Check
	versions map[RowKey]uint64 // of the last check of each row
	// scanned says that the transaction also relies on the absence of rows, which no version stands
	// for. Whoever adds a row moves a position as well, or commits alone: the commit checks those.
	scanned bool
}

// RowKey names a row of any table.
type RowKey struct {
	Slot int
	Key  string
}

// NewReadSet returns an empty read set.
func NewReadSet() *ReadSet { return &ReadSet{versions: map[RowKey]uint64{}} }

// Add adds a row with the version that was read, 0 if there was none, unless it is there. A row
// that was read in two versions gets two checks, one of which fails.
func (r *ReadSet) Add(t brook.Table, slot int, key []byte, version uint64) {
	k := RowKey{slot, string(key)}
	if last, known := r.versions[k]; known && last == version {
		return
	}
	r.versions[k] = version
	r.checks = append(r.checks, brook.Check{Table: t, Key: []byte(k.Key), Version: version})
}

// Scan notes that the transaction relies on the absence of rows.
func (r *ReadSet) Scan() { r.scanned = true }

// Checks returns checks that the rows are still as they were read.
func (r *ReadSet) Checks() []brook.Check { return r.checks }

// Scanned reports whether the transaction relies on the absence of rows.
func (r *ReadSet) Scanned() bool { return r.scanned }

// reset forgets what was read. Who has the checks keeps them.
func (r *ReadSet) reset() {
	if r != nil {
		r.checks, r.scanned = nil, false
		clear(r.versions)
	}
}
