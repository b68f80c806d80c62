package txn

import (
	"bytes"

	brook "github.com/brookgen/brookgen/runtime"
)

// cell is one row in an overlay.
type cell struct {
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

func compareCell(c *cell, key []byte) int { return bytes.Compare(c.key, key) }

// yield passes the row of a cell on, if it has one, and reports whether the receiver wants more.
func (c *cell) yield(yield func(brook.Row, error) bool) bool {
	if !c.known || c.value == nil {
		return true
	}
	return yield(brook.Row{Key: c.key, Value: brook.Value{Data: c.value, Shared: true}}, nil)
}
