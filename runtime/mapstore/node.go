package mapstore

import (
	"bytes"
	"encoding/binary"
)

// width is the most cells of a node: with it a node fills an allocation of 480 bytes.
const width = 28

// A node of the tree that orders the keys. A leaf holds cells. An inner node holds children, and
// with each a cell whose key is at most the child's keys and above all earlier ones; the first of
// these cells is not used. Nodes are immutable once the edit that made them is over.
//
// All keys of a node lie between two bounds, so they share the bytes that the bounds share; the
// prefixes are the 8 bytes after those.
type node struct {
	edit     uint64
	n        int32
	shared   int32
	prefixes [width]uint64
	cells    [width]*cell
	children *[width]*node // nil: a leaf
}

func prefixOf(key []byte, shared int32) uint64 {
	if len(key) <= int(shared) {
		return 0
	}
	key = key[shared:]
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var p uint64
	for i, b := range key {
		p |= uint64(b) << (56 - 8*i)
	}
	return p
}

// lowest returns the first i >= from whose key is at least the given one.
func (x *node) lowest(from int, key []byte) int {
	p := prefixOf(key, x.shared)
	lo, hi := from, int(x.n)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if x.less(mid, p, key) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (x *node) less(i int, prefix uint64, key []byte) bool {
	if q := x.prefixes[i]; q != prefix {
		return q < prefix
	}
	return bytes.Compare(x.cells[i].key(), key) < 0
}

// child returns the index of the child that the key belongs to.
func (x *node) child(key []byte) int {
	i := x.lowest(1, key)
	if i < int(x.n) && x.prefixes[i] == prefixOf(key, x.shared) &&
		bytes.Equal(x.cells[i].key(), key) {
		return i
	}
	return i - 1
}

// bound computes the prefixes anew for a node between two bounds, nil for none.
func (x *node) bound(from, to *cell) {
	x.shared = 0
	if from != nil && to != nil {
		a, b := from.key(), to.key()
		for int(x.shared) < min(len(a), len(b)) && a[x.shared] == b[x.shared] {
			x.shared++
		}
	}
	first := int32(0)
	if x.children != nil {
		first = 1
	}
	for i := first; i < x.n; i++ {
		x.prefixes[i] = prefixOf(x.cells[i].key(), x.shared)
	}
}

// own returns x if this edit made it, otherwise a copy.
func (x *node) own(edit uint64) *node {
	if x.edit == edit {
		return x
	}
	c := *x
	c.edit = edit
	if x.children != nil {
		children := *x.children
		c.children = &children
	}
	return &c
}

// put inserts a cell at i, and in an inner node its child.
func (x *node) put(i int, c *cell, child *node) {
	n := int(x.n)
	copy(x.prefixes[i+1:n+1], x.prefixes[i:n])
	copy(x.cells[i+1:n+1], x.cells[i:n])
	x.prefixes[i], x.cells[i] = prefixOf(c.key(), x.shared), c
	if x.children != nil {
		copy(x.children[i+1:n+1], x.children[i:n])
		x.children[i] = child
	}
	x.n++
}

// cut removes the cell at i.
func (x *node) cut(i int) {
	n := int(x.n)
	copy(x.prefixes[i:], x.prefixes[i+1:n])
	copy(x.cells[i:], x.cells[i+1:n])
	x.cells[n-1] = nil
	if x.children != nil {
		copy(x.children[i:], x.children[i+1:n])
		x.children[n-1] = nil
	}
	x.n--
}

// split moves the cells from i on to a new node, and returns it with its lowest cell.
func (x *node) split(i int, from, to *cell) (*node, *cell) {
	right := &node{edit: x.edit, n: x.n - int32(i)}
	copy(right.cells[:], x.cells[i:x.n])
	clear(x.cells[i:x.n])
	if x.children != nil {
		right.children = new([width]*node)
		copy(right.children[:], x.children[i:x.n])
		clear(x.children[i:x.n])
	}
	x.n = int32(i)
	middle := right.cells[0]
	x.bound(from, middle)
	right.bound(middle, to)
	return right, middle
}
