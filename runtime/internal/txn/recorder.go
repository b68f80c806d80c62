package txn

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/overlay"
)

// historian is an event that can be recorded in histories.
type historian interface{ HistoryEntry() *brook.HistoryEntry }

// recorder appends the current event to the histories of the rows that it changes.
type recorder struct {
	event    historian           // nil: its type is not kept in histories
	entry    *brook.HistoryEntry // of event, made when it is first needed
	redriven bool                // the event was a dead letter: histories may have it already
}

// Record makes the transaction append the event to the history of every row that it changes. The
// entry is made when a row first needs it.
func (r *recorder) Record(h historian) { r.event = h }

// record appends the event to the history of a cell, unless it is there already.
func (r *recorder) record(c *overlay.Cell, b *Base) error {
	if r.event == nil {
		return nil
	}
	if r.entry == nil {
		r.entry = r.event.HistoryEntry()
	}
	if c.Recorded(r.entry) {
		return nil
	}
	if r.redriven && !c.Cleared() {
		if there, err := b.recorded(c.Slot(), c.Key(), r.entry.Position); there || err != nil {
			return err
		}
	}
	c.Record(r.entry)
	return nil
}
