package txn

import (
	"fmt"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// Failed reports whether the set that runs has failed already.
func (tx *Tx) Failed() bool { return tx.failed != nil || tx.strayed || tx.fault != nil }

// KeyBuffer returns what the key of the next change is encoded in.
func (tx *Tx) KeyBuffer() []byte { return tx.buf[:0] }

// Open prepares a change of the row at a key: what a merge works on is its own copy.
func (tx *Tx) Open(def brook.AnyCollection, ordinal int, op brook.Op, key []byte) (w brook.RowChange, ok bool) {
	tx.buf = key // it may have grown
	if !tx.may(key) {
		return w, false
	}
	c := tx.rows[tx.lay.Rows[ordinal]].at(key)
	if op == brook.OpMerge || len(tx.lay.Index[ordinal]) > 0 {
		if err := tx.load(c); err != nil {
			return w, false // it is noted as the store's fault
		}
	}
	fresh := c.saved != tx.savings
	if fresh {
		c.saved = tx.savings
		tx.undo = append(tx.undo, undo{c, c.contents})
	}
	w = brook.RowChange{Collection: def, Ordinal: ordinal, Op: op, Row: c}
	if op != brook.OpMerge {
		return w, true
	}
	var err error
	if w.Value = c.value; w.Value != nil && fresh {
		w.Value, err = def.Copied(c.value, c.spare)
		c.spare = nil
	}
	return w, tx.check(&w, err)
}

// Write puts the changed value into the overlay, in the form that a store would keep.
func (tx *Tx) Write(w brook.RowChange) {
	c := w.Row.(*cell)
	if w.Op == brook.OpDelete {
		c.value, c.history, c.entry, c.clear = nil, nil, nil, true
		c.known, c.dirty = true, true
		return
	}
	value, err := w.Collection.Stored(w.Value)
	if !tx.check(&w, err) {
		return
	}
	if value != w.Value && w.Op == brook.OpMerge {
		c.spare = w.Value // the copy that the merge worked on
	}
	c.value, c.known, c.dirty = value, true, true
	if tx.lay.Collections[w.Ordinal].History {
		tx.check(&w, tx.remember(c))
	}
}

// Mismatch fails the set that runs because a value does not carry the key that it is stored at.
func (tx *Tx) Mismatch(w brook.RowChange, key any) {
	if s, ok := key.(string); ok {
		key = strconv.Quote(s)
	}
	tx.check(&w, fmt.Errorf("the value's key field is %+v", key))
}

// check fails the set that runs where err is not nil.
func (tx *Tx) check(w *brook.RowChange, err error) bool {
	if err != nil && tx.failed == nil {
		tx.failed = fmt.Errorf("brook: %s of %s at key %s: %w", w.Op, w.Collection.Info().Name, w.Collection.KeyText(w.Row.(*cell).key), err)
	}
	return err == nil
}

// load makes sure that c holds what the store has.
func (tx *Tx) load(c *cell) error {
	if c.known {
		return nil
	}
	v, err := tx.read(c.slot, c.key)
	switch {
	case err == brook.ErrNotFound:
		c.value = nil
	case err != nil:
		return err
	default:
		c.value = v.Data
	}
	c.known = true
	return nil
}
