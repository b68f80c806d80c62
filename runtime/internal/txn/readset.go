package txn

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// readSet is what a transaction read of a store that several processes write. The commit checks
// that it still holds.
type readSet struct {
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

// TrackReads makes the transaction record what it reads of the store.
func (tx *Tx) TrackReads() { tx.reads = &readSet{versions: map[RowKey]uint64{}} }

// TracksReads reports whether TrackReads was called.
func (tx *Tx) TracksReads() bool { return tx.reads != nil }

// ReadChecks returns checks that the rows are still as they were read. It needs TrackReads.
func (tx *Tx) ReadChecks() []brook.Check { return tx.reads.checks }

// Scanned reports whether the transaction relies on the absence of rows. It needs TrackReads.
func (tx *Tx) Scanned() bool { return tx.reads.scanned }

// noteRead adds a row to the read set, with the version that was read, unless it is there. A row
// that was read in two versions gets two checks, one of which fails.
func (tx *Tx) noteRead(slot int, key []byte, v brook.Value, err error) {
	if tx.reads == nil || err != nil && !errors.Is(err, brook.ErrNotFound) {
		return
	}
	k := RowKey{slot, string(key)}
	if version, known := tx.reads.versions[k]; known && version == v.Version {
		return
	}
	tx.reads.versions[k] = v.Version
	tx.reads.checks = append(tx.reads.checks,
		brook.Check{Table: tx.tables[slot], Key: []byte(k.Key), Version: v.Version})
}

func (r *readSet) reset() {
	if r != nil {
		r.checks, r.scanned = nil, false
		clear(r.versions)
	}
}
