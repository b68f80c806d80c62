package txn

import (
	"bytes"
	"slices"
	"unsafe"
)

// keptCells is how many cells of a table an overlay keeps for later batches: what a huge event
// needed is freed.
const keptCells = 8192

// overlay holds the rows of one table that a transaction touched.
type overlay struct {
	cells  map[string]*cell // the keys are the bytes of cell.key
	list   []*cell          // in the order of their first touch
	sorted []*cell          // in key order, maintained once scans is set
	scans  bool             // the table was scanned
	slot   int              // of the table
	free   []*cell          // of earlier batches, for new keys
}

// find returns the cell of a key, nil if there is none.
func (o *overlay) find(key []byte) *cell { return o.cells[string(key)] }

// cellAt returns the cell of a key, a new one if there is none.
func (o *overlay) cellAt(key []byte) *cell {
	if c := o.cells[string(key)]; c != nil {
		return c
	}
	c := o.newCell()
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

// newCell returns an empty cell, one of an earlier batch if there is any.
func (o *overlay) newCell() *cell {
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

// between returns the cells with from <= key < to, in key order; a nil to means to the end. The
// slice is valid until the next cell is made.
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

// reset empties the overlay, and keeps its cells for the next batch.
func (o *overlay) reset() {
	clear(o.cells)
	for _, c := range o.list {
		c.value = nil // it belongs to the store now
	}
	if len(o.list)+len(o.free) > keptCells {
		o.cells, o.list, o.sorted, o.free = nil, nil, nil, nil
		return
	}
	o.free = append(o.free, o.list...)
	clear(o.list)
	clear(o.sorted)
	o.list, o.sorted = o.list[:0], o.sorted[:0]
}
