package txn

import (
	"bytes"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// Present is the value of every index entry.
var Present any = []byte{}

// EntryKey returns the key of the index entry that leads from an indexed value to a row.
func EntryKey(value, row []byte) []byte { return append(bytes.Clone(value), row...) }

// claim is the request of a row for a unique value of an index.
type claim struct {
	ordinal, index int
	row, value     []byte
}

// Release brings the indexes up to date with the rows that the current set wrote. Unique values are
// claimed once all old entries are removed, so that rows may swap theirs. It returns
// brook.ErrUnique if another row has a value that is claimed.
func (tx *Tx) Release() error {
	var claims []claim
	wrote := tx.undo[tx.mark:]
	for ordinal, info := range tx.layout.Collections {
		if len(info.Indexes) == 0 {
			continue
		}
		for i := range wrote {
			if c := wrote[i].cell; c.slot == tx.layout.Rows[ordinal] {
				claims = tx.reindex(claims, ordinal, c.key, wrote[i].was.value, c.value)
			}
		}
	}
	for _, c := range claims {
		if err := tx.grant(c); err != nil {
			return err
		}
	}
	return nil
}

// reindex replaces the index entries of one row. It appends the unique values that the row needs to
// claims instead of writing their entries.
func (tx *Tx) reindex(claims []claim, ordinal int, row []byte, old, value any) []claim {
	def, before, after := tx.collections[ordinal], &tx.before, &tx.after
	for x, index := range tx.layout.Collections[ordinal].Indexes {
		before.Reset()
		after.Reset()
		if old != nil {
			def.Entries(x, old, before)
		}
		if value != nil {
			def.Entries(x, value, after)
		}
		if before.Equal(after) {
			continue
		}
		slot := tx.layout.Index[ordinal][x]
		for v := range before.All {
			if !after.Contains(v) {
				tx.writeEntry(slot, EntryKey(v, row), nil)
			}
		}
		for v := range after.All {
			switch {
			case before.Contains(v):
			case index.Unique:
				claims = append(claims, claim{ordinal, x, row, bytes.Clone(v)})
			default:
				tx.writeEntry(slot, EntryKey(v, row), Present)
			}
		}
	}
	return claims
}

// grant writes the index entry that a claim asks for, or returns brook.ErrUnique if another row has
// the value.
func (tx *Tx) grant(c claim) error {
	slot := tx.layout.Index[c.ordinal][c.index]
	if !tx.Complete(slot) {
		return brook.ErrNotReady
	}
	holder, err := tx.holder(slot, c.value, c.row)
	if err != nil {
		return err
	}
	if holder != nil {
		def, info := tx.collections[c.ordinal], tx.layout.Collections[c.ordinal]
		return fmt.Errorf("%w: %s %s has the same %s as %s, which was first",
			brook.ErrUnique, info.Name, def.KeyText(c.row), info.Indexes[c.index].Field, def.KeyText(holder))
	}
	tx.writeEntry(slot, EntryKey(c.value, c.row), Present)
	return nil
}

// holder returns the key of the row other than row that has a unique value, nil if there is none.
func (tx *Tx) holder(slot int, value, row []byte) ([]byte, error) {
	scope := tx.scope
	tx.scope = nil
	defer func() { tx.scope = scope }()
	for entry, err := range tx.Scan(slot, value, key.Successor(value)) {
		if err != nil {
			return nil, err
		}
		if other := entry.Key[len(value):]; !bytes.Equal(other, row) {
			return bytes.Clone(other), nil
		}
	}
	return nil, nil
}

// writeEntry writes an index entry; a nil value removes it.
func (tx *Tx) writeEntry(slot int, key []byte, value any) {
	c := tx.rows[slot].cellAt(key)
	tx.undo = append(tx.undo, undo{c, c.contents})
	c.value, c.known, c.dirty = value, true, true
}
