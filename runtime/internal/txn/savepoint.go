package txn

// undo restores a cell to what it was before a change.
type undo struct {
	cell *cell
	was  contents
}

// Savepoint begins a handler set: Rollback returns to this point.
func (tx *Tx) Savepoint() {
	tx.savepoint++
	tx.mark = len(tx.undo)
	tx.failed = nil
}

// Rollback undoes all changes since the last savepoint.
func (tx *Tx) Rollback() { tx.undoTo(tx.mark) }

// Revert undoes all changes of the event.
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

// Accept ends an event whose changes stay. Values that an earlier event of the batch stored, and
// that this one replaced, become spare.
func (tx *Tx) Accept() {
	for i := range tx.undo {
		u := &tx.undo[i]
		if _, entry := u.was.value.([]byte); entry {
			continue // an index entry: all share one value
		}
		if u.was.dirty && u.was.value != nil && u.was.value != u.cell.value {
			u.cell.spare = u.was.value
		}
	}
	clear(tx.undo)
	tx.undo, tx.mark = tx.undo[:0], 0
}
