package overlay

import (
	"bytes"
	"slices"
	"unsafe"
)

// keptCells is how many cells of a table are kept for later batches: what a huge event
// needed is freed.
const keptCells = 8192

// table holds the rows of one table that a transaction touched.
type table struct {
	cells  map[string]*Cell // the keys are the bytes of cell.key
	list   []*Cell          // in the order of their first touch
	sorted []*Cell          // in key order, maintained once scans is set
	scans  bool             // the table was scanned
	slot   int              // of the table
	free   []*Cell          // of earlier batches, for new keys
}

// at returns the cell of a key, a new one if there is none.
func (t *table) at(key []byte) *Cell {
	if c := t.cells[string(key)]; c != nil {
		return c
	}
	c := t.newCell()
	c.key = append(c.key, key...)
	if t.cells == nil {
		t.cells = map[string]*Cell{}
	}
	t.cells[unsafe.String(unsafe.SliceData(c.key), len(c.key))] = c
	t.list = append(t.list, c)
	if t.scans {
		i, _ := slices.BinarySearchFunc(t.sorted, key, compareCell)
		t.sorted = slices.Insert(t.sorted, i, c)
	}
	return c
}

// newCell returns an empty cell, one of an earlier batch if there is any.
func (t *table) newCell() *Cell {
	n := len(t.free)
	if n == 0 {
		return &Cell{slot: t.slot}
	}
	c := t.free[n-1]
	t.free = t.free[:n-1]
	clear(c.history)
	c.key, c.saved, c.contents = c.key[:0], 0, contents{history: c.history[:0]}
	return c
}

// between returns the cells with from <= key < to, in key order; a nil to means to the end. The
// slice is valid until the next cell is made.
func (t *table) between(from, to []byte) []*Cell {
	if !t.scans {
		t.scans = true
		t.sorted = append(t.sorted, t.list...)
		slices.SortFunc(t.sorted, func(a, b *Cell) int { return bytes.Compare(a.key, b.key) })
	}
	start, _ := slices.BinarySearchFunc(t.sorted, from, compareCell)
	end := len(t.sorted)
	if to != nil {
		end, _ = slices.BinarySearchFunc(t.sorted, to, compareCell)
	}
	return t.sorted[start:max(start, end)]
}

// reset empties the table, and keeps its cells for the next batch.
func (t *table) reset() {
	clear(t.cells)
	for _, c := range t.list {
		c.value = nil // it belongs to the store now
	}
	if len(t.list)+len(t.free) > keptCells {
		t.cells, t.list, t.sorted, t.free = nil, nil, nil, nil
		return
	}
	t.free = append(t.free, t.list...)
	clear(t.list)
	clear(t.sorted)
	t.list, t.sorted = t.list[:0], t.sorted[:0]
}
