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

// Layout returns the layout of the package whose views read here.
func (tx *Tx) Layout() *schema.Layout { return tx.layout }

// Get returns the value at a key: the transaction's own if it changed the row, else the store's. It
// returns brook.ErrNotFound, not wrapped, if there is no row.
func (tx *Tx) Get(slot int, key []byte) (brook.Value, error) {
	if !tx.Scope.Holds(key) {
		return brook.Value{}, ErrCrossKey
	}
	v, err := tx.get(slot, key)
	if err == brook.ErrNotFound {
		tx.Miss(slot, key)
	}
	return v, err
}

func (tx *Tx) get(slot int, key []byte) (brook.Value, error) {
	if c := tx.Overlay.Find(slot, key); c != nil && c.Known() {
		return Found(brook.Value{Data: c.Value(), Shared: true})
	}
	return tx.Base.get(slot, key)
}

// Scan returns the rows with from <= key < to in key order: those of the store, with the
// transaction's own changes merged in. A nil to means to the end of the table. Each range over the
// result scans anew.
func (tx *Tx) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	if !tx.Scope.HoldsRange(from, to) {
		return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, ErrCrossKey) }
	}
	return tx.merged(slot, from, to)
}

// merged is Scan for any keys, whatever the event's scope.
func (tx *Tx) merged(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		if tx.reads != nil {
			tx.reads.Scan()
		}
		own := tx.Overlay.Between(slot, from, to)
		for row, err := range tx.reader.Scan(tx.ctx, tx.tables[slot], from, to) {
			if err != nil {
				yield(brook.Row{}, tx.note(err))
				return
			}
			if err := tx.Base.noteRow(slot, &row); err != nil {
				yield(brook.Row{}, err)
				return
			}
			for len(own) > 0 && bytes.Compare(own[0].Key(), row.Key) < 0 {
				if !own[0].Pass(yield) {
					return
				}
				own = own[1:]
			}
			if len(own) > 0 && bytes.Equal(own[0].Key(), row.Key) {
				if own[0].Known() {
					continue // the cell counts, and is yielded before the next row
				}
				own = own[1:]
			}
			if !yield(row, nil) {
				return
			}
		}
		for _, c := range own {
			if !c.Pass(yield) {
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
