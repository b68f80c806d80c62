package txn

import (
	"bytes"
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

var _ brook.Transaction = (*Tx)(nil)

// dryRun answers the reads of a transaction that is never committed. Its errors are no store
// faults.
type dryRun interface {
	Read(slot int, key []byte) (brook.Value, error)
}

// RunDry makes the transaction one that is never committed: d answers its reads of single rows, and
// reader its scans.
func (tx *Tx) RunDry(d dryRun, reader brook.Reader) { tx.dry, tx.reader = d, reader }

// Layout returns the layout of the package whose views read here.
func (tx *Tx) Layout() *schema.Layout { return tx.layout }

// Complete reports whether an index has the entries of all rows. If not, the event has to wait:
// brook.ErrNotReady becomes its store fault.
func (tx *Tx) Complete(slot int) bool {
	if tx.incomplete == nil || !tx.incomplete[slot] {
		return true
	}
	_ = tx.noteFault(brook.ErrNotReady) // callers see it in StoreFault
	return false
}

// Get returns the value at a key: the transaction's own if it changed the row, else the store's. It
// returns brook.ErrNotFound, not wrapped, if there is no row.
func (tx *Tx) Get(slot int, key []byte) (brook.Value, error) {
	if !tx.inScope(key) {
		return brook.Value{}, ErrCrossKey
	}
	if c := tx.rows[slot].find(key); c != nil && c.known {
		return Found(brook.Value{Data: c.value, Shared: true})
	}
	return tx.read(slot, key)
}

// read returns a row as the store has it, or as it was prefetched, and adds it to the read set.
func (tx *Tx) read(slot int, key []byte) (v brook.Value, err error) {
	if tx.dry != nil {
		return tx.dry.Read(slot, key)
	}
	if ahead, ok := tx.prefetched.Find(slot, key); ok {
		v, err = Found(ahead)
	} else {
		v, err = tx.reader.Get(tx.ctx, tx.tables[slot], key)
		err = tx.noteFault(err)
		tx.prefetched.miss()
	}
	tx.noteRead(slot, key, v, err)
	if err == nil {
		err = tx.checkType(slot, v)
	}
	return v, err
}

// checkType notes and returns the error of a row that other code wrote to a store of Go values.
func (tx *Tx) checkType(slot int, v brook.Value) error {
	if def := tx.typed[slot]; v.Shared && def != nil {
		return tx.noteFault(def.Misfit(v.Data))
	}
	return nil
}

// Scan returns the rows with from <= key < to in key order: those of the store, with the
// transaction's own changes merged in. A nil to means to the end of the table. Each range over the
// result scans anew.
func (tx *Tx) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	if !tx.rangeInScope(from, to) {
		return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, ErrCrossKey) }
	}
	return func(yield func(brook.Row, error) bool) {
		if tx.reads != nil {
			tx.reads.scanned = true
		}
		own := tx.rows[slot].between(from, to)
		for row, err := range tx.reader.Scan(tx.ctx, tx.tables[slot], from, to) {
			if err != nil {
				yield(brook.Row{}, tx.noteFault(err))
				return
			}
			tx.noteRead(slot, row.Key, row.Value, nil)
			if err := tx.checkType(slot, row.Value); err != nil {
				yield(brook.Row{}, err)
				return
			}
			for len(own) > 0 && bytes.Compare(own[0].key, row.Key) < 0 {
				if !own[0].yield(yield) {
					return
				}
				own = own[1:]
			}
			if len(own) > 0 && bytes.Equal(own[0].key, row.Key) {
				if own[0].known {
					continue // the cell counts, and is yielded before the next row
				}
				own = own[1:]
			}
			if !yield(row, nil) {
				return
			}
		}
		for _, c := range own {
			if !c.yield(yield) {
				return
			}
		}
	}
}

// History returns an error: handlers can't read histories.
func (tx *Tx) History(int, []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		yield(nil, errors.New("brook: handlers can't read histories"))
	}
}

// Count returns the number of rows of a table. It scans them.
func (tx *Tx) Count(slot int) (int, error) {
	n := 0
	for _, err := range tx.Scan(slot, nil, nil) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Snapshot calls f with the transaction: nobody else changes it.
func (tx *Tx) Snapshot(f func(brook.Source) error) error { return f(tx) }

// Steady calls f with the transaction.
func (tx *Tx) Steady(f func(brook.Source) error) error { return f(tx) }

// Instant returns true: nobody else changes the transaction.
func (tx *Tx) Instant() bool { return true }

// WithContext returns the transaction itself: its reads use the context of the event.
func (tx *Tx) WithContext(context.Context) brook.Source { return tx }

// Watch returns nil: a transaction can't be watched.
func (tx *Tx) Watch(context.Context, int, []byte) brook.Watcher { return nil }
