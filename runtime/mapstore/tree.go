package mapstore

import "sync/atomic"

// A tree is a copy-on-write B-tree over the cells of a table, with those of gone rows. The writer
// edits and publishes it; readers continue in the root that they loaded.
type tree struct {
	root    atomic.Pointer[node]
	next    *node  // the writer's: the root being edited
	edit    uint64 // the writer's: the number of the edit
	editing bool   // the writer's: next is not published yet
}

func (t *tree) init() {
	t.next = &node{}
	t.publish()
}

// publish ends an edit.
func (t *tree) publish() {
	t.root.Store(t.next)
	t.edit++
	t.editing = false
}

// insert adds a cell whose key is not in the tree.
func (t *tree) insert(c *cell) {
	t.next = t.next.own(t.edit)
	if right, middle := t.insertAt(t.next, nil, nil, c); right != nil {
		top := &node{edit: t.edit, n: 2, children: new([width]*node)}
		top.children[0], top.children[1] = t.next, right
		top.cells[1] = middle
		top.bound(nil, nil)
		t.next = top
	}
}

// insertAt adds c to a node of this edit. If the node had to be split, it returns the right
// half and its bound.
func (t *tree) insertAt(x *node, from, to, c *cell) (*node, *cell) {
	if x.children == nil {
		i := x.lowest(0, c.key())
		if int(x.n) < width {
			x.put(i, c, nil)
			return nil, nil
		}
		right, middle := x.split(splitPoint(i, to), from, to)
		if i <= int(x.n) {
			x.put(i, c, nil)
		} else {
			right.put(i-int(x.n), c, nil)
		}
		return right, middle
	}
	i := x.child(c.key())
	childFrom, childTo := x.bounds(i, from, to)
	x.children[i] = x.children[i].own(t.edit)
	child, bound := t.insertAt(x.children[i], childFrom, childTo, c)
	if child == nil {
		return nil, nil
	}
	i++
	if int(x.n) < width {
		x.put(i, bound, child)
		return nil, nil
	}
	right, middle := x.split(splitPoint(i, to), from, to)
	if i <= int(x.n) {
		x.put(i, bound, child)
	} else {
		right.put(i-int(x.n), bound, child)
	}
	return right, middle
}

// splitPoint returns where to split a full node for an insert at i: in the middle, except that keys
// which arrive in order leave full nodes behind.
func splitPoint(i int, to *cell) int {
	if i == width && to == nil {
		return width - 1
	}
	return width / 2
}

// bounds returns the bounds of the child i of a node.
func (x *node) bounds(i int, from, to *cell) (*cell, *cell) {
	if i > 0 {
		from = x.cells[i]
	}
	if i+1 < int(x.n) {
		to = x.cells[i+1]
	}
	return from, to
}

// remove removes a cell.
func (t *tree) remove(c *cell) {
	t.next = t.next.own(t.edit)
	t.removeAt(t.next, nil, nil, c)
	if t.next.children != nil && t.next.n == 1 {
		t.next = t.next.children[0]
	}
}

func (t *tree) removeAt(x *node, from, to, c *cell) {
	if x.children == nil {
		if i := x.lowest(0, c.key()); i < int(x.n) && x.cells[i] == c {
			x.cut(i)
		}
		return
	}
	i := x.child(c.key())
	childFrom, childTo := x.bounds(i, from, to)
	child := x.children[i].own(t.edit)
	x.children[i] = child
	t.removeAt(child, childFrom, childTo, c)
	if child.n < width/4 && x.n > 1 {
		t.balance(x, min(i, int(x.n)-2), from, to)
	}
}

// balance merges the children i and i+1 of x into one node, or into two of equal size if
// one would be too full.
func (t *tree) balance(x *node, i int, from, to *cell) {
	a, b := x.children[i], x.children[i+1]
	from, _ = x.bounds(i, from, to)
	_, to = x.bounds(i+1, from, to)
	var cells [2 * width]*cell
	n := copy(cells[:], a.cells[:a.n])
	n += copy(cells[n:], b.cells[:b.n])
	var children [2 * width]*node
	if a.children != nil {
		cells[a.n] = x.cells[i+1] // an inner node's first cell was not used until now
		copy(children[copy(children[:], a.children[:a.n]):], b.children[:b.n])
	}
	part := func(lo, hi int, from, to *cell) *node {
		p := &node{edit: t.edit, n: int32(hi - lo)}
		copy(p.cells[:], cells[lo:hi])
		if a.children != nil {
			p.children = new([width]*node)
			copy(p.children[:], children[lo:hi])
		}
		p.bound(from, to)
		return p
	}
	if n <= width*3/4 {
		x.children[i] = part(0, n, from, to)
		x.cut(i + 1)
		return
	}
	middle := cells[n/2]
	x.children[i], x.children[i+1] = part(0, n/2, from, middle), part(n/2, n, middle, to)
	x.cells[i+1], x.prefixes[i+1] = middle, prefixOf(middle.key(), x.shared)
}
