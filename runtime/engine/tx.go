package engine

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

// Tx is the transaction of one lane: an overlay of changes not yet committed over what the store
// holds, with savepoints. Handlers read through it. It is used by one goroutine at a time. Generated code uses it.
type Tx struct {
	ctx     context.Context
	reader  brook.Reader
	lay     *schema.Layout
	tables  []brook.Table
	unready []bool // by slot: an index that is not whole
	def     *Definition
	rows    []overlay             // by slot
	typed   []brook.AnyCollection // by slot: whose rows it has; nil of an index

	undo    []undo
	mark    int    // length of undo at the savepoint of the set that runs
	savings uint64 // number of the savepoint that runs

	was, is brook.Entries       // of a row that is indexed anew
	buf     []byte              // the encoded key that is at hand
	prefix  []byte              // what keys of the event must begin with; nil: anything goes
	strayed bool                // the event touched a key without the prefix
	fault   error               // the store failed to answer: the event has no outcome
	failed  error               // why the set fails although its handler gave no error
	past    *Delivery           // the event, where its type is kept in histories
	entry   *brook.HistoryEntry // of past, once it is needed
	again   bool                // the event may be in histories already: it was a dead letter
	relied  *relied             // what was read; nil where the store is the process's own
	loan    loan                // to the handler that runs

	fetched   *fetched   // what was read ahead; nil where nothing is
	rehearsal *rehearsal // that it is the transaction of
}

func newTx(def *Definition, lay *schema.Layout) *Tx {
	tx := &Tx{def: def, lay: lay, rows: make([]overlay, lay.Slots), typed: make([]brook.AnyCollection, lay.Slots)}
	for ord, slot := range lay.Rows {
		tx.typed[slot] = def.Collections[ord]
	}
	for slot := range tx.rows {
		tx.rows[slot].slot = slot
	}
	return tx
}

// begin starts an event under a savepoint of its own.
func (tx *Tx) begin() {
	tx.undo = tx.undo[:0]
	tx.strayed, tx.fault, tx.failed, tx.past, tx.entry = false, nil, nil, nil, nil
	tx.savepoint()
}

// savepoint starts a set.
func (tx *Tx) savepoint() {
	tx.savings++
	tx.mark = len(tx.undo)
	tx.failed = nil
}

// rollback undoes what happened since the set's savepoint.
func (tx *Tx) rollback() { tx.undoTo(tx.mark) }

// revert undoes the whole event.
func (tx *Tx) revert() { tx.undoTo(0) }

func (tx *Tx) undoTo(mark int) {
	for i := len(tx.undo) - 1; i >= mark; i-- {
		u := &tx.undo[i]
		u.cell.contents = u.was
		u.cell.saved = 0
	}
	clear(tx.undo[mark:])
	tx.undo = tx.undo[:mark]
}

// reset forgets everything: after a commit, or to start the batch anew.
func (tx *Tx) reset() {
	for i := range tx.rows {
		tx.rows[i].reset()
	}
	clear(tx.undo)
	tx.undo, tx.mark = tx.undo[:0], 0
	tx.relied.reset()
	tx.fetched.reset()
}

// writes appends what the transaction changed to a batch.
func (tx *Tx) writes(dst []brook.Write) []brook.Write {
	for slot := range tx.rows {
		for _, c := range tx.rows[slot].list {
			if !c.dirty {
				continue
			}
			w := brook.Write{Table: tx.tables[slot], Key: c.key, Value: c.value, Clear: c.clear, History: c.history}
			if c.value == nil {
				w = brook.Write{Table: tx.tables[slot], Key: c.key, Op: brook.Remove}
			}
			dst = append(dst, w)
		}
	}
	return dst
}

// changed returns the rows of a table that the transaction changed, with their values; nil: the row was deleted.
func (tx *Tx) changed(slot int) iter.Seq2[[]byte, any] {
	return func(yield func([]byte, any) bool) {
		for _, c := range tx.rows[slot].list {
			if c.dirty && !yield(c.key, c.value) {
				return
			}
		}
	}
}

// may reports whether the event may touch key, and marks it as straying where not.
func (tx *Tx) may(key []byte) bool {
	if tx.prefix == nil || bytes.HasPrefix(key, tx.prefix) {
		return true
	}
	tx.strayed = true
	return false
}

func (tx *Tx) Layout() *schema.Layout { return tx.lay }

// whole reports whether an index can be gone by; where it can't, the event has to wait.
func (tx *Tx) Complete(slot int) bool {
	if tx.unready == nil || !tx.unready[slot] {
		return true
	}
	_ = tx.note(brook.ErrNotReady) // what the event comes to is asked of the transaction
	return false
}

func (tx *Tx) Get(slot int, key []byte) (brook.Value, error) {
	if !tx.may(key) {
		return brook.Value{}, errStray
	}
	if c := tx.rows[slot].find(key); c != nil && c.known {
		if c.value == nil {
			return brook.Value{}, brook.ErrNotFound
		}
		return brook.Value{Data: c.value, Shared: true}, nil
	}
	return tx.read(slot, key)
}

// read gives a row as the store has it, or as it was fetched for the batch.
func (tx *Tx) read(slot int, key []byte) (v brook.Value, err error) {
	if tx.rehearsal != nil {
		return tx.rehearsal.read(slot, key)
	}
	if ahead, ok := tx.fetched.find(slot, key); ok {
		v, err = found(ahead)
	} else {
		v, err = tx.reader.Get(tx.ctx, tx.tables[slot], key)
		err = tx.note(err)
		tx.fetched.miss()
	}
	tx.rely(slot, key, v, err)
	if err == nil {
		err = tx.fits(slot, v)
	}
	return v, err
}

// fits returns, and notes, the error of a row that other code wrote to a store of Go values.
func (tx *Tx) fits(slot int, v brook.Value) error {
	if def := tx.typed[slot]; v.Shared && def != nil {
		return tx.note(def.Misfit(v.Data))
	}
	return nil
}

// note keeps the first error that is the store's fault.
func (tx *Tx) note(err error) error {
	if err == nil || err == brook.ErrNotFound || tx.rehearsal != nil {
		return err
	}
	if errors.Is(err, brook.ErrNotFound) {
		return brook.ErrNotFound
	}
	if errors.Is(err, brook.ErrUnreadable) { // it will be tomorrow
		if tx.failed == nil || !errors.Is(tx.failed, brook.ErrUnreadable) {
			tx.failed = err
		}
		return err
	}
	if tx.fault == nil {
		tx.fault = err
	}
	return err
}

func (tx *Tx) Scan(slot int, from, to []byte) iter.Seq2[brook.Row, error] {
	if tx.prefix != nil {
		if end := key.Successor(tx.prefix); !bytes.HasPrefix(from, tx.prefix) || end != nil && (to == nil || bytes.Compare(to, end) > 0) {
			tx.strayed = true
			return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, errStray) }
		}
	}
	return func(yield func(brook.Row, error) bool) {
		if tx.relied != nil {
			tx.relied.scanned = true
		}
		over := tx.rows[slot].between(from, to)
		for row, err := range tx.reader.Scan(tx.ctx, tx.tables[slot], from, to) {
			if err != nil {
				yield(brook.Row{}, tx.note(err))
				return
			}
			tx.rely(slot, row.Key, row.Value, nil)
			if err := tx.fits(slot, row.Value); err != nil {
				yield(brook.Row{}, err)
				return
			}
			for len(over) > 0 && bytes.Compare(over[0].key, row.Key) < 0 {
				if !over[0].yield(yield) {
					return
				}
				over = over[1:]
			}
			if len(over) > 0 && bytes.Equal(over[0].key, row.Key) {
				if over[0].known {
					continue // it comes from the overlay
				}
				over = over[1:]
			}
			if !yield(row, nil) {
				return
			}
		}
		for _, c := range over {
			if !c.yield(yield) {
				return
			}
		}
	}
}

func (tx *Tx) History(int, []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		yield(nil, errors.New("brook: handlers can't read histories"))
	}
}

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

// Snapshot calls f with the transaction, which nobody else changes.
func (tx *Tx) Snapshot(f func(brook.Source) error) error { return f(tx) }

// Steady calls f with the transaction.
func (tx *Tx) Steady(f func(brook.Source) error) error { return f(tx) }

// Instant returns true: nobody else changes the transaction.
func (tx *Tx) Instant() bool { return true }

// WithContext returns the transaction, which has the context of its event.
func (tx *Tx) WithContext(context.Context) brook.Source { return tx }

// Watch returns nil: a transaction is not watched.
func (tx *Tx) Watch(context.Context, int, []byte) brook.Watcher { return nil }
