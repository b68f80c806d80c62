package overlay

import (
	"bytes"

	brook "github.com/brookgen/brookgen/runtime"
)

// Cell is one row in an overlay.
type Cell struct {
	slot  int // of the table
	key   []byte
	saved uint64 // the savepoint since which the undo log holds the cell; 0: none
	spare any    // a *V that nothing refers to any more, for the next copy; nil: none
	contents
}

// contents is the part of a cell that a rollback restores.
type contents struct {
	value   any // nil: there is no row
	history []*brook.HistoryEntry
	entry   *brook.HistoryEntry // appended last, so that an event is appended once
	known   bool                // value counts; else the store's does
	dirty   bool                // to be written
	clear   bool                // the history before this batch is removed
}

// Slot returns the slot of the cell's table.
func (c *Cell) Slot() int { return c.slot }

// Key returns the key of the row. The caller must not change it.
func (c *Cell) Key() []byte { return c.key }

// Known reports whether the value of the cell counts; else the store's does.
func (c *Cell) Known() bool { return c.known }

// Value returns the value of the row if it is known, nil if there is no row.
func (c *Cell) Value() any { return c.value }

// Learn makes the value known that the store has, nil if it has no row.
func (c *Cell) Learn(value any) { c.value, c.known = value, true }

// Set changes the value. The caller saved the cell before.
func (c *Cell) Set(value any) { c.value, c.known, c.dirty = value, true, true }

// Delete removes the row with its history. The caller saved the cell before.
func (c *Cell) Delete() {
	c.value, c.history, c.entry, c.clear = nil, nil, nil, true
	c.known, c.dirty = true, true
}

// Record appends an entry to the row's history. The caller saved the cell before.
func (c *Cell) Record(e *brook.HistoryEntry) {
	c.entry = e
	c.history = append(c.history, e)
}

// Recorded reports whether an entry was appended last.
func (c *Cell) Recorded(e *brook.HistoryEntry) bool { return c.entry == e }

// Cleared reports whether the history before this batch is removed.
func (c *Cell) Cleared() bool { return c.clear }

// KeepSpare keeps a *V that nothing refers to any more.
func (c *Cell) KeepSpare(v any) { c.spare = v }

// TakeSpare returns what KeepSpare kept, once; nil if there is nothing.
func (c *Cell) TakeSpare() any {
	v := c.spare
	c.spare = nil
	return v
}

// Pass passes the row of a cell on, if it has one, and reports whether the receiver wants more.
func (c *Cell) Pass(yield func(brook.Row, error) bool) bool {
	if !c.known || c.value == nil {
		return true
	}
	return yield(brook.Row{Key: c.key, Value: brook.Value{Data: c.value, Shared: true}}, nil)
}

func compareCell(c *Cell, key []byte) int { return bytes.Compare(c.key, key) }
