package txn

import (
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/overlay"
	"github.com/brookgen/brookgen/runtime/internal/timers"
)

// SetTimer replaces the timer of an event type and key by one. types are the type's name of today
// and those that it had before, of which the store may have rows; encoded is the key. It does
// nothing if the key is out of the event's scope or a row can't be read.
func (tx *Tx) SetTimer(types []string, encoded []byte, timer *timers.Row) {
	if cell, _ := tx.replaceTimer(types, encoded, nil); cell != nil {
		tx.Overlay.Put(tx.layout.Timers, cell.Key(), timer.Encode())
		tx.buf = timer.EntryKey(tx.buf[:0], cell.Key())
		tx.Overlay.Put(tx.layout.Due, tx.buf, Present)
	}
}

// CancelTimer removes the timer of an event type and key, if there is one. types and encoded are as
// in SetTimer.
func (tx *Tx) CancelTimer(types []string, encoded []byte) {
	_, _ = tx.replaceTimer(types, encoded, nil)
}

// FoldTimer removes the timer whose event has an ID, and reports whether there was one. types and
// encoded are as in SetTimer. If it returns false, StoreFault may say why.
func (tx *Tx) FoldTimer(types []string, encoded []byte, id string) bool {
	_, removed := tx.replaceTimer(types, encoded, func(t *timers.Row) bool { return t.Sets(id) })
	return removed
}

// replaceTimer removes the timers of an event type and key that match; nil: all. It returns the
// cell of the row of today's name, nil if it could not remove what it should, and whether it
// removed anything.
func (tx *Tx) replaceTimer(
	types []string, encoded []byte, match func(*timers.Row) bool,
) (cell *overlay.Cell, removed bool) {
	if !tx.Scope.Holds(encoded) {
		return nil, false
	}
	for _, typ := range slices.Backward(types) { // today's name, the first one, comes last
		tx.buf = timers.RowKey(tx.buf[:0], typ, encoded)
		cell = tx.Overlay.At(tx.layout.Timers, tx.buf)
		fresh := !cell.Known()
		if tx.load(cell) != nil {
			return nil, false // load noted the fault
		}
		raw, _ := cell.Value().([]byte)
		if fresh {
			tx.waiting.found(cell.Key(), raw)
		}
		if raw == nil {
			continue
		}
		old, err := timers.Decode(raw)
		if err != nil {
			_ = tx.note(err)
			return nil, false
		}
		if match != nil && !match(old) {
			continue
		}
		removed = true
		tx.buf = old.EntryKey(tx.buf[:0], cell.Key())
		tx.Overlay.Put(tx.layout.Due, tx.buf, nil)
		tx.Overlay.Put(tx.layout.Timers, cell.Key(), nil)
	}
	return cell, removed
}
