package txn

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// relied is what a transaction read of a store that several processes write.
type ReadSet struct {
	checks []brook.Check
	known  map[RowKey]uint64 // the version of the check
	// scanned: it goes by rows not being there, too. No version says that; but who adds one moves a position, or commits alone.
	scanned bool
}

type RowKey struct {
	Slot int
	Key  string
}

// rely notes that the transaction goes by a row being as it was read.
func (tx *Tx) noteRead(slot int, key []byte, v brook.Value, err error) {
	if tx.relied == nil || err != nil && !errors.Is(err, brook.ErrNotFound) {
		return
	}
	k := RowKey{slot, string(key)}
	if version, known := tx.relied.known[k]; known && version == v.Version {
		return // read twice, and another version each time: one of the two checks fails
	}
	tx.relied.known[k] = v.Version
	tx.relied.checks = append(tx.relied.checks, brook.Check{Table: tx.tables[slot], Key: []byte(k.Key), Version: v.Version})
}

func (r *ReadSet) reset() {
	if r != nil {
		r.checks, r.scanned = nil, false
		clear(r.known)
	}
}

// TrackReads makes the transaction note what it reads of the store.
func (tx *Tx) TrackReads() { tx.relied = &ReadSet{known: map[RowKey]uint64{}} }

// TracksReads reports whether it does.
func (tx *Tx) TracksReads() bool { return tx.relied != nil }

// ReadChecks returns the checks that the rows are still as they were read.
func (tx *Tx) ReadChecks() []brook.Check { return tx.relied.checks }

// Scanned reports whether the transaction goes by rows not being there.
func (tx *Tx) Scanned() bool { return tx.relied.scanned }
