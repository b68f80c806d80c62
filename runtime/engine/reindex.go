package engine

import (
	"bytes"
	"fmt"

	"github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// claim is a wish of a row to hold a unique value.
type claim struct {
	collection, index int
	row, value        []byte
}

// indexed brings the indexes of the rows that the set wrote up to date, and checks the unique ones
// once all old entries are gone, so that rows may swap values.
func (tx *Tx) indexed() error {
	var claims []claim
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
			def, info := tx.def.Collections[c.collection], tx.lay.Collections[c.collection]
			return fmt.Errorf("%w: %s %s has the same %s as %s, which was first",
				brook.ErrUnique, info.Name, def.KeyText(c.row), info.Indexes[c.index].Field, def.KeyText(holder))
		}
		tx.put(slot, entryKey(c.value, c.row), present)
	}
	return nil
}

// reindex replaces the index entries of one row, leaving the claims to unique values for later.
func (tx *Tx) reindex(claims []claim, ord int, row []byte, old, value any) []claim {
	def, was, is := tx.def.Collections[ord], &tx.was, &tx.is
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
				tx.put(slot, entryKey(v, row), nil)
			}
		}
		for v := range is.All {
			switch {
			case was.Contains(v):
			case index.Unique:
				claims = append(claims, claim{ord, x, row, bytes.Clone(v)})
			default:
				tx.put(slot, entryKey(v, row), present)
			}
		}
	}
	return claims
}

// entryKey gives the key of the index entry that leads from value to row.
func entryKey(value, row []byte) []byte { return append(bytes.Clone(value), row...) }

// present is the value of an index entry.
var present any = []byte{}

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
