package txn

import (
	"bytes"
	"slices"
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
)

// overlay holds the rows of one table that a transaction touched.
type overlay struct {
	cells  map[string]*cell
	list   []*cell // in the order of their first touch
	sorted []*cell // in key order, kept once the table was scanned
	scans  bool
	slot   int
	free   []*cell // of earlier batches
}

// cell is one row of an overlay.
type cell struct {
	slot  int // of the table
	key   []byte
	saved uint64 // the savepoint for which an undo exists
	spare any    // a value of this batch that was replaced, to be used again
	contents
}

// contents is what becomes of a row.
type contents struct {
	value   any // nil: no value
	history []*brook.HistoryEntry
	entry   *brook.HistoryEntry // the last that was appended, so that an event comes once
	known   bool                // value counts; else the store's does
	dirty   bool                // to be written
	clear   bool                // the history before this batch goes
}

// undo restores a cell.
type undo struct {
	cell *cell
	was  contents
}

func (o *overlay) find(key []byte) *cell { return o.cells[string(key)] }

// at gives the cell of key, making it where there is none.
func (o *overlay) at(key []byte) *cell {
	if c := o.cells[string(key)]; c != nil {
		return c
	}
	c := o.cell()
	c.key = append(c.key, key...)
	if o.cells == nil {
		o.cells = map[string]*cell{}
	}
	o.cells[unsafe.String(unsafe.SliceData(c.key), len(c.key))] = c
	o.list = append(o.list, c)
	if o.scans {
		i, _ := slices.BinarySearchFunc(o.sorted, key, compareCell)
		o.sorted = slices.Insert(o.sorted, i, c)
	}
	return c
}

// cell gives an empty cell.
func (o *overlay) cell() *cell {
	n := len(o.free)
	if n == 0 {
		return &cell{slot: o.slot}
	}
	c := o.free[n-1]
	o.free = o.free[:n-1]
	clear(c.history)
	c.key, c.saved, c.contents = c.key[:0], 0, contents{history: c.history[:0]}
	return c
}

func compareCell(c *cell, key []byte) int { return bytes.Compare(c.key, key) }

// between gives the cells with from <= key < to, in key order.
func (o *overlay) between(from, to []byte) []*cell {
	if !o.scans {
		o.scans = true
		o.sorted = append(o.sorted, o.list...)
		slices.SortFunc(o.sorted, func(a, b *cell) int { return bytes.Compare(a.key, b.key) })
	}
	start, _ := slices.BinarySearchFunc(o.sorted, from, compareCell)
	end := len(o.sorted)
	if to != nil {
		end, _ = slices.BinarySearchFunc(o.sorted, to, compareCell)
	}
	return o.sorted[start:max(start, end)]
}

func (o *overlay) reset() {
	clear(o.cells)
	for _, c := range o.list {
		c.value = nil // it is the store's now
	}
	if len(o.list)+len(o.free) > 8192 { // a huge event does not keep its room
		o.cells, o.list, o.sorted, o.free = nil, nil, nil, nil
		return
	}
	o.free = append(o.free, o.list...)
	clear(o.list)
	clear(o.sorted)
	o.list, o.sorted = o.list[:0], o.sorted[:0]
}

func (c *cell) yield(yield func(brook.Row, error) bool) bool {
	if !c.known || c.value == nil {
		return true
	}
	return yield(brook.Row{Key: c.key, Value: brook.Value{Data: c.value, Shared: true}}, nil)
}

// remember adds the event that runs to the history of c, unless it is there.
func (tx *Tx) remember(c *cell) error {
	if tx.past == nil {
		return nil
	}
	if tx.entry == nil {
		tx.entry = tx.past.HistoryEntry()
	}
	e := tx.entry
	if c.entry == e {
		return nil
	}
	if tx.again && !c.clear {
		for old, err := range tx.reader.History(tx.ctx, tx.tables[c.slot], c.key) {
			if err != nil {
				return tx.note(err)
			}
			if old.Position == e.Position {
				return nil
			}
		}
	}
	c.entry = e
	c.history = append(c.history, e)
	return nil
}

// settle ends an event whose changes stay: values of this batch that it replaced may be used again.
func (tx *Tx) Accept() {
	for i := range tx.undo {
		u := &tx.undo[i]
		if _, raw := u.was.value.([]byte); raw {
			continue // an index entry
		}
		if u.was.dirty && u.was.value != nil && u.was.value != u.cell.value {
			u.cell.spare = u.was.value
		}
	}
	clear(tx.undo)
	tx.undo, tx.mark = tx.undo[:0], 0
}
