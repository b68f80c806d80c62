package txn

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/overlay"
)

// KeyBuffer returns the empty buffer that the key of the next change is to be appended to.
func (tx *Tx) KeyBuffer() []byte { return tx.buf[:0] }

// Open prepares a change of the row at a key, which was appended to KeyBuffer. The value of a merge
// or a modify is a copy that its function may change. Open returns false if the change is not to be
// made: the key is out of scope, the row can't be read, or there is none to modify. That there is a
// row already makes an insert no less a change until Write: its value is to be judged all the same.
func (tx *Tx) Open(def *brook.Collection, ordinal int, op brook.Op, key []byte) (
	w brook.RowChange, ok bool,
) {
	tx.buf = key // it may have grown
	if !tx.Scope.Holds(key) {
		return w, false
	}
	c := tx.Overlay.At(tx.layout.Rows[ordinal], key)
	if depends(op) || len(tx.layout.Index[ordinal]) > 0 {
		if err := tx.load(c); err != nil {
			return w, false // load noted the fault
		}
	}
	w = brook.RowChange{Collection: def, Ordinal: ordinal, Op: op, Row: c}
	if idle(op, c) {
		return w, op == brook.OpInsert
	}
	fresh := tx.Overlay.Save(c)
	if op != brook.OpMerge && op != brook.OpModify {
		return w, true
	}
	var err error
	if w.Value = c.Value(); w.Value != nil && fresh {
		w.Value, err = def.Copied(w.Value, c.TakeSpare())
	}
	return w, tx.check(&w, err)
}

// depends reports whether what a change does depends on the row.
func depends(op brook.Op) bool {
	return op == brook.OpMerge || op == brook.OpModify || op == brook.OpInsert
}

// idle reports whether a change of a row that is known does nothing.
func idle(op brook.Op, c *overlay.Cell) bool {
	return op == brook.OpModify && c.Value() == nil || op == brook.OpInsert && c.Value() != nil
}

// Write puts a changed value into the overlay, in the form that a store would keep. An insert of a
// row that is there it leaves out.
func (tx *Tx) Write(w brook.RowChange) {
	c := w.Row.(*overlay.Cell)
	switch {
	case w.Op == brook.OpDelete:
		c.Delete()
		return
	case idle(w.Op, c):
		return
	}
	value, err := w.Collection.Stored(w.Value)
	if !tx.check(&w, err) {
		return
	}
	if value != w.Value && (w.Op == brook.OpMerge || w.Op == brook.OpModify) {
		c.KeepSpare(w.Value) // the copy that the function changed
	}
	c.Set(value)
	if tx.layout.Collections[w.Ordinal].History {
		tx.check(&w, tx.recorder.record(c, &tx.Base))
	}
}

// Mismatch fails the current set because the key field of a value is not the key that the value is
// stored at. key is that of the field, encoded.
func (tx *Tx) Mismatch(w brook.RowChange, key []byte) {
	tx.check(&w, fmt.Errorf("the value's key field is %s", w.Collection.KeyText(key)))
}

// check fails the current set if err is not nil, and reports whether it is nil.
func (tx *Tx) check(w *brook.RowChange, err error) bool {
	if err != nil && tx.Failure() == nil {
		tx.Fail(fmt.Errorf("brook: %s of %s at key %s: %w", w.Op, w.Collection.Info().Name,
			w.Collection.KeyText(w.Row.(*overlay.Cell).Key()), err))
	}
	return err == nil
}

// load makes the value of a cell known, with a read of the store if necessary.
func (tx *Tx) load(c *overlay.Cell) error {
	if c.Known() {
		return nil
	}
	v, err := tx.Base.get(c.Slot(), c.Key())
	switch {
	case err == brook.ErrNotFound:
		c.Learn(nil)
	case err != nil:
		return err
	default:
		c.Learn(v.Data)
	}
	return nil
}
