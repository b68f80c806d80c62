// Package txn is the transaction that the handlers of an event read and change: an overlay of
// uncommitted changes over what the store holds, with a savepoint for each handler set, the upkeep
// of indexes and unique claims, and the read set that a commit to a shared store is checked by.
//
// Each task of package engine owns one Tx and uses it from one goroutine at a time, the one that
// holds the task. There are no locks, with one exception: a view that was lent to a handler may be
// used by goroutines that the handler started, so every such use holds the mutex of the loan, and
// Returned waits for it. Calls of the task itself touch the rest without the mutex: nothing is lent
// then.
package txn

import (
	"context"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Tx is a transaction: an overlay of changes that are not committed yet over what the store holds,
// with savepoints. Handlers read through it. It serves event after event, and batch after batch. It
// is used by one goroutine at a time; lent views are the exception, see Lend.
type Tx struct {
	ctx         context.Context // of the event
	reader      brook.Reader
	layout      *schema.Layout
	tables      []brook.Table         // by slot
	incomplete  []bool                // by slot: the index lacks entries; nil: none does
	collections []brook.AnyCollection // by ordinal
	rows        []overlay             // by slot
	typed       []brook.AnyCollection // by slot: the collection of its rows; nil for an index

	undo      []undo // of the event, oldest first
	mark      int    // length of undo at the current savepoint
	savepoint uint64 // number of the current savepoint, never used again

	before, after brook.Entries       // scratch of reindex: the index entries of a row
	buf           []byte              // scratch: an encoded key
	scope         []byte              // prefix that keys of the event must have; nil: any key will do
	crossKey      bool                // the event touched a key outside its scope
	fault         error               // the store failed to answer: the event has no outcome
	failed        error               // why the current set fails, if not by its handler's error
	recorder      historian           // the event, if its type is kept in histories
	entry         *brook.HistoryEntry // of recorder, made when it is first needed
	redriven      bool                // the event was a dead letter: histories may have it already
	reads         *readSet            // what was read of the store; nil if only this process writes it
	loan          loan                // to the handler that runs
	prefetched    *Prefetched         // rows that were read ahead; nil without Prefetch
	dry           dryRun              // answers instead of the store; nil without RunDry
}

// New returns a transaction over a package's collections. It needs tables before its first use: see
// On.
func New(collections []brook.AnyCollection, layout *schema.Layout, reader brook.Reader) *Tx {
	tx := &Tx{
		collections: collections, layout: layout, reader: reader,
		rows: make([]overlay, layout.Slots), typed: make([]brook.AnyCollection, layout.Slots),
	}
	for ordinal, slot := range layout.Rows {
		tx.typed[slot] = collections[ordinal]
	}
	for slot := range tx.rows {
		tx.rows[slot].slot = slot
	}
	return tx
}

// On sets the tables that the transaction reads and writes, by slot, and which of them are indexes
// that lack the entries of some rows.
func (tx *Tx) On(tables []brook.Table, incomplete []bool) {
	tx.tables, tx.incomplete = tables, incomplete
}

// Table returns the table of a slot.
func (tx *Tx) Table(slot int) brook.Table { return tx.tables[slot] }

// Event is what a transaction needs to know of an event before it begins.
type Event struct {
	Ctx      context.Context
	Confined bool // it may only touch rows whose keys begin with its own, see Confine
	Redriven bool // it was a dead letter: histories may have it already
}

// Begin starts an event, under a savepoint of its own.
func (tx *Tx) Begin(e Event) {
	tx.ctx, tx.redriven, tx.scope = e.Ctx, e.Redriven, nil
	if e.Confined {
		tx.scope = []byte{}
	}
	tx.undo = tx.undo[:0]
	tx.crossKey, tx.fault, tx.failed, tx.recorder, tx.entry = false, nil, nil, nil, nil
	tx.Savepoint()
}

// Reset forgets all changes and reads: after a commit, or to start the batch anew.
func (tx *Tx) Reset() {
	for i := range tx.rows {
		tx.rows[i].reset()
	}
	clear(tx.undo)
	tx.undo, tx.mark = tx.undo[:0], 0
	tx.reads.reset()
	tx.prefetched.reset()
}

// Writes appends to dst what the transaction changed, in the order of the first touch of each row.
func (tx *Tx) Writes(dst []brook.Write) []brook.Write {
	for slot := range tx.rows {
		for _, c := range tx.rows[slot].list {
			if !c.dirty {
				continue
			}
			w := brook.Write{Table: tx.tables[slot], Key: c.key}
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

// Changed returns the keys of the rows of a table that the transaction changed, with their values;
// the value of a row that was deleted is nil.
func (tx *Tx) Changed(slot int) iter.Seq2[[]byte, any] {
	return func(yield func([]byte, any) bool) {
		for _, c := range tx.rows[slot].list {
			if c.dirty && !yield(c.key, c.value) {
				return
			}
		}
	}
}

// Peek returns the value of a row if the transaction knows it without asking the store. The value
// is nil if there is no such row.
func (tx *Tx) Peek(slot int, key []byte) (value any, known bool) {
	if c := tx.rows[slot].find(key); c != nil && c.known {
		return c.value, true
	}
	return nil, false
}

// Remove deletes a row, as it was read from the store, with its history.
func (tx *Tx) Remove(slot int, row brook.Row) {
	c := tx.rows[slot].cellAt(row.Key)
	c.value, c.known = row.Value.Data, true
	tx.undo = append(tx.undo, undo{c, c.contents})
	c.value, c.dirty, c.clear = nil, true, true
}
