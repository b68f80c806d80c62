package txn

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
)

// Base is what lies under the overlay of a transaction: the rows as the store has them, or as they
// were prefetched. It notes what was read, and what went wrong.
type Base struct {
	Faults
	ctx        context.Context // of the event
	reader     brook.Reader
	tables     []brook.Table       // by slot
	incomplete []bool              // by slot: the index lacks entries; nil: none does
	typed      []*brook.Collection // by slot: the collection of its rows; nil for an index
	reads      *ReadSet            // what was read of the store; nil if only this process writes it
	prefetched *Prefetched         // rows that were read ahead; nil without Prefetch
	dry        dryRun              // answers instead of the store; nil without RunDry
}

// dryRun answers the reads of a transaction that is never committed. Its errors are no store
// faults.
type dryRun interface {
	Read(slot int, key []byte) (brook.Value, error)
}

// On sets the tables that the transaction reads and writes, by slot, and which of them are indexes
// that lack the entries of some rows.
func (b *Base) On(tables []brook.Table, incomplete []bool) {
	b.tables, b.incomplete = tables, incomplete
}

// Table returns the table of a slot.
func (b *Base) Table(slot int) brook.Table { return b.tables[slot] }

// RunDry makes the transaction one that is never committed: d answers its reads of single rows, and
// reader its scans.
func (b *Base) RunDry(d dryRun, reader brook.Reader) { b.dry, b.reader = d, reader }

// Prefetch makes the transaction look for rows among those that were read ahead before it asks the
// store.
func (b *Base) Prefetch() { b.prefetched = NewPrefetched(len(b.typed)) }

// Fetched returns the rows that were read ahead, nil without Prefetch.
func (b *Base) Fetched() *Prefetched { return b.prefetched }

// TrackReads makes the transaction record what it reads of the store.
func (b *Base) TrackReads() { b.reads = NewReadSet() }

// TracksReads reports whether TrackReads was called.
func (b *Base) TracksReads() bool { return b.reads != nil }

// ReadChecks returns checks that the rows are still as they were read. It needs TrackReads.
func (b *Base) ReadChecks() []brook.Check { return b.reads.Checks() }

// Scanned reports whether the transaction relies on the absence of rows. It needs TrackReads.
func (b *Base) Scanned() bool { return b.reads.Scanned() }

// Complete reports whether an index has the entries of all rows. If not, the event has to wait:
// brook.ErrNotReady becomes its store fault.
func (b *Base) Complete(slot int) bool {
	if b.incomplete == nil || !b.incomplete[slot] {
		return true
	}
	_ = b.note(brook.ErrNotReady) // callers see it in StoreFault
	return false
}

// note is that of Faults, but leaves the errors of a dry run alone.
func (b *Base) note(err error) error {
	if err == nil || b.dry != nil {
		return err
	}
	return b.Faults.note(err)
}

// get returns a row, and adds it to the read set.
func (b *Base) get(slot int, key []byte) (v brook.Value, err error) {
	if b.dry != nil {
		return b.dry.Read(slot, key)
	}
	if ahead, ok := b.prefetched.Find(slot, key); ok {
		v, err = Found(ahead)
	} else {
		v, err = b.reader.Get(b.ctx, b.tables[slot], key)
		err = b.note(err)
		b.prefetched.miss()
	}
	if b.reads != nil && (err == nil || err == brook.ErrNotFound) {
		b.reads.Add(b.tables[slot], slot, key, v.Version)
	}
	if err == nil {
		err = b.checkType(slot, v)
	}
	return v, err
}

// noteRow adds a row that a scan met to the read set, and returns the error of one that can't be
// used.
func (b *Base) noteRow(slot int, row *brook.Row) error {
	if b.reads != nil {
		b.reads.Add(b.tables[slot], slot, row.Key, row.Value.Version)
	}
	return b.checkType(slot, row.Value)
}

// checkType notes and returns the error of a row that other code wrote to a store of Go values.
func (b *Base) checkType(slot int, v brook.Value) error {
	if def := b.typed[slot]; v.Shared && def != nil {
		return b.note(def.Misfit(v.Data))
	}
	return nil
}

// recorded reports whether the history of a row has the event at a position.
func (b *Base) recorded(slot int, key []byte, at brook.Position) (bool, error) {
	for old, err := range b.reader.History(b.ctx, b.tables[slot], key) {
		if err != nil {
			return false, b.note(err)
		}
		if old.Position == at {
			return true, nil
		}
	}
	return false, nil
}

// reset forgets what was read.
func (b *Base) reset() {
	b.reads.reset()
	b.prefetched.reset()
}
