// Package overlay holds changes that are not committed yet, over what a store holds: for each row
// that a transaction touched a cell, and an undo log that returns cells to what they were at a
// savepoint.
//
// It knows no store and no event: it is told what the store has, and says what to write. Package
// txn owns an Overlay, of one goroutine at a time; there is no lock.
package overlay

import (
	"iter"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// Overlay holds the changes of a batch of events, by table and key. Each event runs under a
// savepoint, and each of its handler sets under one of its own.
type Overlay struct {
	tables    []table  // by slot
	log       []Change // of the event, oldest first
	start     int      // length of log at the current savepoint
	savepoint uint64   // number of the current savepoint, never used again
}

// Change is what one cell was before it was changed: the undo log's entry.
type Change struct {
	Cell *Cell
	was  contents
}

// Before returns the value that the cell had before the change.
func (c *Change) Before() any { return c.was.value }

// New returns an empty overlay over the tables of that many slots.
func New(slots int) Overlay {
	o := Overlay{tables: make([]table, slots)}
	for slot := range o.tables {
		o.tables[slot].slot = slot
	}
	return o
}

// Find returns the cell of a key, nil if there is none.
func (o *Overlay) Find(slot int, key []byte) *Cell { return o.tables[slot].cells[string(key)] }

// At returns the cell of a key, a new one if there is none. The key may be used again.
func (o *Overlay) At(slot int, key []byte) *Cell { return o.tables[slot].at(key) }

// Between returns the cells with from <= key < to, in key order; a nil to means to the end. The
// slice is valid until the next cell is made.
func (o *Overlay) Between(slot int, from, to []byte) []*Cell {
	return o.tables[slot].between(from, to)
}

// Peek returns the value of a row if the overlay knows it. The value is nil if there is no such
// row.
func (o *Overlay) Peek(slot int, key []byte) (value any, known bool) {
	if c := o.Find(slot, key); c != nil && c.known {
		return c.value, true
	}
	return nil, false
}

// Begin forgets the undo log, for the next event. Savepoint follows.
func (o *Overlay) Begin() { o.log = o.log[:0] }

// Savepoint begins a handler set: Rollback returns to this point.
func (o *Overlay) Savepoint() {
	o.savepoint++
	o.start = len(o.log)
}

// Save notes what a cell is, before its first change since the savepoint. It reports whether this
// is that one.
func (o *Overlay) Save(c *Cell) bool {
	if c.saved == o.savepoint {
		return false
	}
	c.saved = o.savepoint
	o.log = append(o.log, Change{c, c.contents})
	return true
}

// Put changes the value at a key, whatever the store has there; nil removes it.
func (o *Overlay) Put(slot int, key []byte, value any) {
	c := o.tables[slot].at(key)
	o.log = append(o.log, Change{c, c.contents})
	c.Set(value)
}

// Remove deletes a row, as it was read from the store, with its history.
func (o *Overlay) Remove(slot int, row brook.Row) {
	c := o.tables[slot].at(row.Key)
	c.Learn(row.Value.Data)
	o.log = append(o.log, Change{c, c.contents})
	c.value, c.dirty, c.clear = nil, true, true
}

// Changes returns what was changed since the savepoint, oldest first.
func (o *Overlay) Changes() []Change { return o.log[o.start:] }

// All returns all that the event changed, oldest first.
func (o *Overlay) All() []Change { return o.log }

// Rollback undoes all changes since the last savepoint.
func (o *Overlay) Rollback() { o.undo(o.start) }

// Revert undoes all changes of the event.
func (o *Overlay) Revert() {
	o.undo(0)
	o.start = 0
}

func (o *Overlay) undo(to int) {
	for i := len(o.log) - 1; i >= to; i-- {
		u := &o.log[i]
		u.Cell.contents = u.was
		u.Cell.saved = 0
	}
	clear(o.log[to:])
	o.log = o.log[:to]
}

// Accept ends an event whose changes stay. Values that an earlier event of the batch stored, and
// that this one replaced, become spare.
func (o *Overlay) Accept() {
	for i := range o.log {
		u := &o.log[i]
		if _, entry := u.was.value.([]byte); entry {
			continue // an index entry: all share one value
		}
		if u.was.dirty && u.was.value != nil && u.was.value != u.Cell.value {
			u.Cell.spare = u.was.value
		}
	}
	clear(o.log)
	o.log, o.start = o.log[:0], 0
}

// Reset forgets all changes: after a commit, or to start the batch anew. Savepoints go on from
// their numbers.
func (o *Overlay) Reset() {
	for i := range o.tables {
		o.tables[i].reset()
	}
	clear(o.log)
	o.log, o.start = o.log[:0], 0
}

// SetHistories replaces the histories of all rows of a table that were touched. Nil entries only
// remove those before this batch.
func (o *Overlay) SetHistories(slot int, entries []*brook.HistoryEntry) {
	for _, c := range o.tables[slot].list {
		c.clear = true
		if entries != nil {
			c.history = slices.Clone(entries) // cells reuse their slices
		}
	}
}

// Writes appends to dst what was changed, in the order of the first touch of each row. names holds
// the tables by slot.
func (o *Overlay) Writes(dst []brook.Write, names []brook.Table) []brook.Write {
	for slot := range o.tables {
		for _, c := range o.tables[slot].list {
			if !c.dirty {
				continue
			}
			w := brook.Write{Table: names[slot], Key: c.key}
			if c.value == nil {
				w.Op = brook.Remove
			} else {
				w.Value, w.Clear, w.History = c.value, c.clear, c.history
			}
			dst = append(dst, w)
		}
	}
	return dst
}

// Changed returns the keys of the rows of a table that were changed, with their values; the value
// of a row that was deleted is nil.
func (o *Overlay) Changed(slot int) iter.Seq2[[]byte, any] {
	return func(yield func([]byte, any) bool) {
		for _, c := range o.tables[slot].list {
			if c.dirty && !yield(c.key, c.value) {
				return
			}
		}
	}
}
