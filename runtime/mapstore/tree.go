package mapstore

import "sync/atomic"

// A tree is a copy-on-write B-tree over the entries of a table, superseded and gone rows
// included. The writer edits and publishes it; who has loaded a root reads on in it.
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

// insert adds an entry whose key is not there.
func (t *tree) insert(e *entry) {
	t.next = t.next.own(t.edit)
	if right, middle := t.insertAt(t.next, nil, nil, e); right != nil {
		top := &node{edit: t.edit, n: 2, children: new([width]*node)}
		top.children[0], top.children[1] = t.next, right
		top.entries[1] = middle
		top.bound(nil, nil)
		t.next = top
	}
}

// insertAt adds e to a node of this edit. Where it had to be split, it gives the right half and its bound.
func (t *tree) insertAt(x *node, from, to, e *entry) (*node, *entry) {
	if x.children == nil {
		i := x.lowest(0, e.key)
		if int(x.n) < width {
			x.put(i, e, nil)
			return nil, nil
		}
		right, middle := x.split(splitPoint(i, to), from, to)
		if i <= int(x.n) {
			x.put(i, e, nil)
		} else {
			right.put(i-int(x.n), e, nil)
		}
		return right, middle
	}
	i := x.child(e.key)
	childFrom, childTo := x.bounds(i, from, to)
	x.children[i] = x.children[i].own(t.edit)
	child, bound := t.insertAt(x.children[i], childFrom, childTo, e)
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

// splitPoint says where to split a full node that gets something at i: in the middle, but
// keys that come in order leave full nodes behind.
func splitPoint(i int, to *entry) int {
	if i == width && to == nil {
		return width - 1
	}
	return width / 2
}

// bounds gives the bounds of the child i of a node.
func (x *node) bounds(i int, from, to *entry) (*entry, *entry) {
	if i > 0 {
		from = x.entries[i]
	}
	if i+1 < int(x.n) {
		to = x.entries[i+1]
	}
	return from, to
}

// remove takes out an entry.
func (t *tree) remove(e *entry) {
	t.next = t.next.own(t.edit)
	t.removeAt(t.next, nil, nil, e)
	if t.next.children != nil && t.next.n == 1 {
		t.next = t.next.children[0]
	}
}

func (t *tree) removeAt(x *node, from, to, e *entry) {
	if x.children == nil {
		if i := x.lowest(0, e.key); i < int(x.n) && x.entries[i] == e {
			x.cut(i)
		}
		return
	}
	i := x.child(e.key)
	childFrom, childTo := x.bounds(i, from, to)
	child := x.children[i].own(t.edit)
	x.children[i] = child
	t.removeAt(child, childFrom, childTo, e)
	if child.n < width/4 && x.n > 1 {
		t.balance(x, min(i, int(x.n)-2), from, to)
	}
}

// balance makes one node of the children i and i+1 of x, or two equal ones where that would be too full.
func (t *tree) balance(x *node, i int, from, to *entry) {
	a, b := x.children[i], x.children[i+1]
	from, _ = x.bounds(i, from, to)
	_, to = x.bounds(i+1, from, to)
	var entries [2 * width]*entry
	n := copy(entries[:], a.entries[:a.n])
	n += copy(entries[n:], b.entries[:b.n])
	var children [2 * width]*node
	if a.children != nil {
		entries[a.n] = x.entries[i+1] // nobody looked at an inner node's first one until now
		copy(children[copy(children[:], a.children[:a.n]):], b.children[:b.n])
	}
	part := func(lo, hi int, from, to *entry) *node {
		p := &node{edit: t.edit, n: int32(hi - lo)}
		copy(p.entries[:], entries[lo:hi])
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
	middle := entries[n/2]
	x.children[i], x.children[i+1] = part(0, n/2, from, middle), part(n/2, n, middle, to)
	x.entries[i+1], x.prefixes[i+1] = middle, prefixOf(middle.key, x.shared)
}
