package txn

import (
	"bytes"
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/overlay"
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

// Reverse is Scan in descending key order. It reports false if the store's reader can't.
func (tx *Tx) Reverse(slot int, from, to []byte) (iter.Seq2[brook.Row, error], bool) {
	down, ok := tx.reader.(brook.Reverser)
	switch {
	case !ok:
		return nil, false
	case !tx.Scope.HoldsRange(from, to):
		return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, ErrCrossKey) }, true
	}
	return func(yield func(brook.Row, error) bool) {
		own := tx.Overlay.Between(slot, from, to)
		m := merge{tx, slot, own, len(own) - 1, -1}
		m.pass(down.Reverse(tx.ctx, tx.tables[slot], from, to), yield)
	}, true
}

// merged is Scan for any keys, whatever the event's scope.
func (tx *Tx) merged(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		m := merge{tx, slot, tx.Overlay.Between(slot, from, to), 0, 1}
		m.pass(tx.reader.Scan(tx.ctx, tx.tables[slot], from, to), yield)
	}
}

// merge is a scan of a table with the transaction's own rows among the store's.
type merge struct {
	tx   *Tx
	slot int
	own  []*overlay.Cell // in key order
	at   int             // of own that comes next
	step int             // to the one after it: 1, or -1 for descending order
}

// next returns the own row that comes next, nil if none is left.
func (m *merge) next() *overlay.Cell {
	if m.at < 0 || m.at >= len(m.own) {
		return nil
	}
	return m.own[m.at]
}

// pass passes the rows of a scan of the store on, with the own ones.
func (m *merge) pass(
	rows iter.Seq2[brook.Row, error], yield func(brook.Row, error) bool,
) {
	if m.tx.reads != nil {
		m.tx.reads.Scan()
	}
	for row, err := range rows {
		if err != nil {
			yield(brook.Row{}, m.tx.note(err))
			return
		}
		if err := m.tx.Base.noteRow(m.slot, &row); err != nil {
			yield(brook.Row{}, err)
			return
		}
		c, order := m.next(), 1
		for ; c != nil; c = m.next() {
			if order = m.step * bytes.Compare(c.Key(), row.Key); order >= 0 {
				break
			}
			if m.at += m.step; !c.Pass(yield) {
				return
			}
		}
		if c != nil && order == 0 {
			if c.Known() {
				continue // the cell counts, and is yielded before the next row
			}
			m.at += m.step
		}
		if !yield(row, nil) {
			return
		}
	}
	for c := m.next(); c != nil; c = m.next() {
		if m.at += m.step; !c.Pass(yield) {
			return
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
