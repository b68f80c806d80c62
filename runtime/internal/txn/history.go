package txn

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// historian is an event that can be recorded in histories.
type historian interface{ HistoryEntry() *brook.HistoryEntry }

// Record makes the transaction append the event to the history of every row that it changes. The
// entry is made when a row first needs it.
func (tx *Tx) Record(h historian) { tx.recorder = h }

// remember appends the current event to the history of a cell, unless it is there already.
func (tx *Tx) remember(c *cell) error {
	if tx.recorder == nil {
		return nil
	}
	if tx.entry == nil {
		tx.entry = tx.recorder.HistoryEntry()
	}
	e := tx.entry
	if c.entry == e {
		return nil
	}
	if tx.redriven && !c.clear {
		for old, err := range tx.reader.History(tx.ctx, tx.tables[c.slot], c.key) {
			if err != nil {
				return tx.noteFault(err)
			}
			if old.Position == e.Position {
				return nil
			}
		}
	}
	c.entry = e
	c.history = append(c.history, e)
	return nil
}

// SetHistories replaces the histories of all rows of a collection that the transaction touched. Nil
// entries only remove those before this batch.
func (tx *Tx) SetHistories(ordinal int, entries []*brook.HistoryEntry) {
	for _, c := range tx.rows[tx.layout.Rows[ordinal]].list {
		c.clear = true
		if entries != nil {
			c.history = slices.Clone(entries) // cells reuse their slices
		}
	}
}
