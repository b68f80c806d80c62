package txn

import (
	"bytes"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// claim is a wish of a row to hold a unique value.
type uniqueClaim struct {
	collection, index int
	row, value        []byte
}

// indexed brings the indexes of the rows that the set wrote up to date, and checks the unique ones
// once all old entries are gone, so that rows may swap values.
func (tx *Tx) Release() error {
	var claims []uniqueClaim
	wrote := tx.undo[tx.mark:]
	for ord, info := range tx.lay.Collections {
		if len(info.Indexes) == 0 {
			continue
		}
		for i := range wrote {
			if c := wrote[i].cell; c.slot == tx.lay.Rows[ord] {
				claims = tx.reindex(claims, ord, c.key, wrote[i].was.value, c.value)
			}
		}
	}
	for _, c := range claims {
		slot := tx.lay.Index[c.collection][c.index]
		if !tx.Complete(slot) {
			return brook.ErrNotReady
		}
		holder, err := tx.holder(slot, c.value, c.row)
		if err != nil {
			return err
		}
		if holder != nil {
			def, info := tx.defs[c.collection], tx.lay.Collections[c.collection]
			return fmt.Errorf("%w: %s %s has the same %s as %s, which was first",
				brook.ErrUnique, info.Name, def.KeyText(c.row), info.Indexes[c.index].Field, def.KeyText(holder))
		}
		tx.put(slot, EntryKey(c.value, c.row), Present)
	}
	return nil
}

// reindex replaces the index entries of one row, leaving the claims to unique values for later.
func (tx *Tx) reindex(claims []uniqueClaim, ord int, row []byte, old, value any) []uniqueClaim {
	def, was, is := tx.defs[ord], &tx.was, &tx.is
	for x, index := range tx.lay.Collections[ord].Indexes {
		was.Reset()
		is.Reset()
		if old != nil {
			def.Entries(x, old, was)
		}
		if value != nil {
			def.Entries(x, value, is)
		}
		if was.Equal(is) {
			continue
		}
		slot := tx.lay.Index[ord][x]
		for v := range was.All {
			if !is.Contains(v) {
				tx.put(slot, EntryKey(v, row), nil)
			}
		}
		for v := range is.All {
			switch {
			case was.Contains(v):
			case index.Unique:
				claims = append(claims, uniqueClaim{ord, x, row, bytes.Clone(v)})
			default:
				tx.put(slot, EntryKey(v, row), Present)
			}
		}
	}
	return claims
}

// put writes a row of a table that only the runtime writes; a nil value removes it.
func (tx *Tx) put(slot int, key []byte, value any) {
	c := tx.rows[slot].at(key)
	tx.undo = append(tx.undo, undo{c, c.contents})
	c.value, c.known, c.dirty = value, true, true
}

// holder gives the row other than row that an index entry with that prefix points to.
func (tx *Tx) holder(slot int, prefix, row []byte) ([]byte, error) {
	prefixed := tx.prefix
	tx.prefix = nil
	defer func() { tx.prefix = prefixed }()
	for entry, err := range tx.Scan(slot, prefix, key.Successor(prefix)) {
		if err != nil {
			return nil, err
		}
		if other := entry.Key[len(prefix):]; !bytes.Equal(other, row) {
			return bytes.Clone(other), nil
		}
	}
	return nil, nil
}

// EntryKey gives the key of the index entry that leads from value to row.
func EntryKey(value, row []byte) []byte { return append(bytes.Clone(value), row...) }

// Present is the value of an index entry.
var Present any = []byte{}
