// Package txn is the transaction that handlers read and change: an overlay of changes over what is committed, with a savepoint for each
// handler set, unique claims, and the read set of a store that several processes write.
package txn

import (
	"bytes"
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
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
	unready []bool                // by slot: an index that is not whole
	defs    []brook.AnyCollection // by ordinal
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
	past    historian           // the event, if its type is kept in histories
	entry   *brook.HistoryEntry // of past, once it is needed
	again   bool                // the event may be in histories already: it was a dead letter
	relied  *ReadSet            // what was read; nil where the store is the process's own
	loan    loan                // to the handler that runs

	fetched *Prefetched // what was read ahead; nil where nothing is
	dry     dryRun      // that it is the transaction of, which reads in the place of the store; nil: none
}

// newTx returns a transaction of a package's collections. It needs tables before it is used, see on.
func New(defs []brook.AnyCollection, lay *schema.Layout, reader brook.Reader) *Tx {
	tx := &Tx{defs: defs, lay: lay, reader: reader, rows: make([]overlay, lay.Slots), typed: make([]brook.AnyCollection, lay.Slots)}
	for ord, slot := range lay.Rows {
		tx.typed[slot] = defs[ord]
	}
	for slot := range tx.rows {
		tx.rows[slot].slot = slot
	}
	return tx
}

// historian makes the entry of an event in histories.
type historian interface{ HistoryEntry() *brook.HistoryEntry }

// dryRun answers reads of a transaction that is never committed.
type dryRun interface {
	Read(slot int, key []byte) (brook.Value, error)
}

// On makes the transaction one over these tables, by slot; unready are the indexes that do not have the entries of all rows.
func (tx *Tx) On(tables []brook.Table, unready []bool) { tx.tables, tx.unready = tables, unready }

// Table returns the table of a slot.
func (tx *Tx) Table(slot int) brook.Table { return tx.tables[slot] }

// RunDry makes the transaction one that is never committed, and reads what d knows.
func (tx *Tx) RunDry(d dryRun, reader brook.Reader) { tx.dry, tx.reader = d, reader }

// Event is what a transaction needs to know of an event before it begins.
type Event struct {
	Ctx      context.Context
	Confined bool // it may touch rows of its own key alone, see confine
	Redriven bool // it may be in histories already
}

// Begin starts an event under a savepoint of its own.
func (tx *Tx) Begin(e Event) {
	tx.ctx, tx.again, tx.prefix = e.Ctx, e.Redriven, nil
	if e.Confined {
		tx.prefix = []byte{}
	}
	tx.undo = tx.undo[:0]
	tx.strayed, tx.fault, tx.failed, tx.past, tx.entry = false, nil, nil, nil, nil
	tx.Savepoint()
}

// Confined reports whether the event may touch rows of its own key alone.
func (tx *Tx) Confined() bool { return tx.prefix != nil }

// Confine says what the keys of the event must begin with. It is the caller's, who changes it with the next event only.
func (tx *Tx) Confine(prefix []byte) { tx.prefix = prefix }

// Record keeps the event in the histories of the rows that it changes.
func (tx *Tx) Record(h historian) { tx.past = h }

// CrossKey reports whether the event touched a key that is not its own, and so has to run alone.
func (tx *Tx) CrossKey() bool { return tx.strayed }

// SetCrossKey sets that.
func (tx *Tx) SetCrossKey(to bool) { tx.strayed = to }

// StoreFault returns the error with which the store failed to answer: the event has no outcome.
func (tx *Tx) StoreFault() error { return tx.fault }

// Failure returns why the set that runs fails although its handler returned no error.
func (tx *Tx) Failure() error { return tx.failed }

// Fail fails the set that runs.
func (tx *Tx) Fail(err error) { tx.failed = err }

// Savepoint starts a set.
func (tx *Tx) Savepoint() {
	tx.savings++
	tx.mark = len(tx.undo)
	tx.failed = nil
}

// Rollback undoes what happened since the set's savepoint.
func (tx *Tx) Rollback() { tx.undoTo(tx.mark) }

// Revert undoes the whole event.
func (tx *Tx) Revert() { tx.undoTo(0) }

func (tx *Tx) undoTo(mark int) {
	for i := len(tx.undo) - 1; i >= mark; i-- {
		u := &tx.undo[i]
		u.cell.contents = u.was
		u.cell.saved = 0
	}
	clear(tx.undo[mark:])
	tx.undo = tx.undo[:mark]
}

// Reset forgets everything: after a commit, or to start the batch anew.
func (tx *Tx) Reset() {
	for i := range tx.rows {
		tx.rows[i].reset()
	}
	clear(tx.undo)
	tx.undo, tx.mark = tx.undo[:0], 0
	tx.relied.reset()
	tx.fetched.reset()
}

// Writes appends what the transaction changed to a batch.
func (tx *Tx) Writes(dst []brook.Write) []brook.Write {
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

// Changed returns the rows of a table that the transaction changed, with their values; nil: the row was deleted.
func (tx *Tx) Changed(slot int) iter.Seq2[[]byte, any] {
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
		return brook.Value{}, ErrCrossKey
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
	if tx.dry != nil {
		return tx.dry.Read(slot, key)
	}
	if ahead, ok := tx.fetched.Find(slot, key); ok {
		v, err = Found(ahead)
	} else {
		v, err = tx.reader.Get(tx.ctx, tx.tables[slot], key)
		err = tx.note(err)
		tx.fetched.miss()
	}
	tx.noteRead(slot, key, v, err)
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
	if err == nil || err == brook.ErrNotFound || tx.dry != nil {
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
			return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, ErrCrossKey) }
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
			tx.noteRead(slot, row.Key, row.Value, nil)
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

// Remove deletes a row as it was read, with its history.
func (tx *Tx) Remove(slot int, row brook.Row) {
	c := tx.rows[slot].at(row.Key)
	c.value, c.known = row.Value.Data, true
	tx.undo = append(tx.undo, undo{c, c.contents})
	c.value, c.dirty, c.clear = nil, true, true
}

// SetHistories replaces the histories of all rows of a collection that the transaction touched.
func (tx *Tx) SetHistories(ordinal int, entries []*brook.HistoryEntry) {
	for _, c := range tx.rows[tx.lay.Rows[ordinal]].list {
		c.clear = true
		if entries != nil {
			c.history = entries
		}
	}
}

// Peek returns what the transaction knows of a row without asking the store; nil: the row is not there.
func (tx *Tx) Peek(slot int, key []byte) (value any, known bool) {
	if c := tx.rows[slot].find(key); c != nil && c.known {
		return c.value, true
	}
	return nil, false
}

// ErrCrossKey makes a handler fail early whose event is to run alone.
var ErrCrossKey = errors.New("brook: the key does not begin with the event's key")
