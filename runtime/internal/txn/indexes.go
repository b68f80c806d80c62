package txn

import (
	"bytes"
	"fmt"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/overlay"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

// Present is the value of every index entry.
var Present any = []byte{}

// EntryKey returns the key of the index entry that leads from an indexed value to a row.
func EntryKey(value, row []byte) []byte { return append(bytes.Clone(value), row...) }

// indexes brings the indexes of a package up to date with its rows.
type indexes struct {
	collections   []*brook.Collection // by ordinal
	layout        *schema.Layout
	before, after brook.Entries // scratch of update: the index entries of a row
}

// reservation is the request of a row for a unique value of an index.
type reservation struct {
	ordinal, index int
	row, value     []byte
}

// updateAll replaces the index entries of all rows that the current set changed in the overlay. It
// returns the unique values that the rows need: their entries are yet to be put, once all old
// entries are removed.
func (x *indexes) updateAll(o *overlay.Overlay) (needed []reservation) {
	changes := o.Changes()
	for ordinal, info := range x.layout.Collections {
		if len(info.Indexes) == 0 {
			continue
		}
		for i := range changes {
			if c := changes[i].Cell; c.Slot() == x.layout.Rows[ordinal] {
				needed = x.update(o, needed, ordinal, c.Key(), changes[i].Before(), c.Value())
			}
		}
	}
	return needed
}

// update replaces the index entries of one row. It appends the unique values that the row needs
// to needed instead of putting their entries.
func (x *indexes) update(
	o *overlay.Overlay, needed []reservation, ordinal int, row []byte, old, value any,
) []reservation {
	def, before, after := x.collections[ordinal], &x.before, &x.after
	for n, index := range x.layout.Collections[ordinal].Indexes {
		before.Reset()
		after.Reset()
		if old != nil {
			def.Entries(n, old, before)
		}
		if value != nil {
			def.Entries(n, value, after)
		}
		if before.Equal(after) {
			continue
		}
		slot := x.layout.Index[ordinal][n]
		for v := range before.All {
			if !after.Contains(v) {
				o.Put(slot, EntryKey(v, row), nil)
			}
		}
		for v := range after.All {
			switch {
			case before.Contains(v):
			case index.Unique:
				needed = append(needed, reservation{ordinal, n, row, bytes.Clone(v)})
			default:
				o.Put(slot, EntryKey(v, row), Present)
			}
		}
	}
	return needed
}

// grant puts the entry that a reservation asks for.
func (x *indexes) grant(o *overlay.Overlay, r *reservation) {
	o.Put(x.slot(r), EntryKey(r.value, r.row), Present)
}

// slot returns the slot of the index that a reservation is for.
func (x *indexes) slot(r *reservation) int { return x.layout.Index[r.ordinal][r.index] }

// refuse returns the error for a reservation whose value another row has.
func (x *indexes) refuse(r *reservation, holder []byte) error {
	def, info := x.collections[r.ordinal], x.layout.Collections[r.ordinal]
	return fmt.Errorf("%w: %s %s has the same %s as %s, which was first", brook.ErrUnique,
		info.Name, def.KeyText(r.row), info.Indexes[r.index].Field, def.KeyText(holder))
}

// span returns the range of the entries of the value that is reserved.
func (r *reservation) span() (from, to []byte) { return r.value, key.Successor(r.value) }

// holder returns the key of another row that has the value that is reserved, nil if there is none.
// entries are those of the reservation's span.
func (r *reservation) holder(entries iter.Seq2[brook.Row, error]) ([]byte, error) {
	for entry, err := range entries {
		if err != nil {
			return nil, err
		}
		if other := entry.Key[len(r.value):]; !bytes.Equal(other, r.row) {
			return bytes.Clone(other), nil
		}
	}
	return nil, nil
}
