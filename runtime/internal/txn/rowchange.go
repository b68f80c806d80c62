package txn

import (
	"fmt"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// KeyBuffer returns the empty buffer that the key of the next change is to be appended to.
func (tx *Tx) KeyBuffer() []byte { return tx.buf[:0] }

// Open prepares a change of the row at a key, which was appended to KeyBuffer. The value of a merge
// is a copy that the merge may change. Open returns false if the change is not to be made: the key
// is out of scope, or the row can't be read.
func (tx *Tx) Open(def brook.AnyCollection, ordinal int, op brook.Op, key []byte) (
	w brook.RowChange, ok bool,
) {
	tx.buf = key // it may have grown
	if !tx.inScope(key) {
		return w, false
	}
	c := tx.rows[tx.layout.Rows[ordinal]].cellAt(key)
	if op == brook.OpMerge || len(tx.layout.Index[ordinal]) > 0 {
		if err := tx.load(c); err != nil {
			return w, false // load noted the fault
		}
	}
	fresh := c.saved != tx.savepoint
	if fresh {
		c.saved = tx.savepoint
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

// Write puts a changed value into the overlay, in the form that a store would keep.
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
		c.spare = w.Value // the copy that the merge changed
	}
	c.value, c.known, c.dirty = value, true, true
	if tx.layout.Collections[w.Ordinal].History {
		tx.check(&w, tx.remember(c))
	}
}

// Mismatch fails the current set because the key field of a value is not the key that the value is
// stored at.
func (tx *Tx) Mismatch(w brook.RowChange, key any) {
	if s, ok := key.(string); ok {
		key = strconv.Quote(s)
	}
	tx.check(&w, fmt.Errorf("the value's key field is %+v", key))
}

// check fails the current set if err is not nil, and reports whether it is nil.
func (tx *Tx) check(w *brook.RowChange, err error) bool {
	if err != nil && tx.failed == nil {
		tx.failed = fmt.Errorf("brook: %s of %s at key %s: %w",
			w.Op, w.Collection.Info().Name, w.Collection.KeyText(w.Row.(*cell).key), err)
	}
	return err == nil
}

// load makes the value of a cell known, with a read of the store if necessary.
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
