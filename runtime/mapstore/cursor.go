package mapstore

import "bytes"

// maxDepth is more levels than a tree can have whose nodes are a quarter full.
const maxDepth = 16

// A cursor walks the leaves of a tree in order.
type cursor struct {
	path  [maxDepth]step
	depth int
}

type step struct {
	node *node
	at   int
}

// seek returns the leaf for the key, and the index in it where that key and higher ones begin.
func (c *cursor) seek(root *node, key []byte) (*node, int) {
	x := root
	for x.children != nil {
		i := x.child(key)
		c.path[c.depth] = step{x, i}
		c.depth++
		x = x.children[i]
	}
	return x, x.lowest(0, key)
}

// next returns the next leaf, nil at the end.
func (c *cursor) next() *node {
	for c.depth > 0 {
		s := &c.path[c.depth-1]
		if s.at++; s.at == int(s.node.n) {
			c.depth--
			continue
		}
		x := s.node.children[s.at]
		for x.children != nil {
			c.path[c.depth] = step{x, 0}
			c.depth++
			x = x.children[0]
		}
		return x
	}
	return nil
}

// begin returns the first leaf of a scan, and where in it the scan begins: with down the index
// behind that.
func (c *cursor) begin(root *node, from, to []byte, down bool) (*node, int) {
	if down {
		return c.last(root, to)
	}
	return c.seek(root, from)
}

// advance returns the next leaf of a scan, nil at its end, and where in it the scan goes on.
func (c *cursor) advance(down bool) (*node, int) {
	if !down {
		return c.next(), 0
	}
	x := c.previous()
	if x == nil {
		return nil, 0
	}
	return x, int(x.n)
}

// last returns the leaf for the keys below a key, nil for all, and the index in it before which
// they end.
func (c *cursor) last(root *node, below []byte) (*node, int) {
	if below != nil {
		return c.seek(root, below)
	}
	x := c.rightmost(root)
	return x, int(x.n)
}

// rightmost goes down to the last leaf under a node.
func (c *cursor) rightmost(x *node) *node {
	for x.children != nil {
		i := int(x.n) - 1
		c.path[c.depth] = step{x, i}
		c.depth++
		x = x.children[i]
	}
	return x
}

// previous returns the leaf before, nil at the beginning.
func (c *cursor) previous() *node {
	for c.depth > 0 {
		s := &c.path[c.depth-1]
		if s.at--; s.at < 0 {
			c.depth--
			continue
		}
		return c.rightmost(s.node.children[s.at])
	}
	return nil
}

// A page is the contents of a leaf at some instant.
type page struct {
	n    int
	rows [width]*version[row]
}

// fill takes the rows of a leaf from index i, up to the key to, and reports whether it reached that
// key. It loads many rows in one go, so that the waits for memory overlap.
func (p *page) fill(x *node, i int, to []byte, seq uint64) (end bool) {
	p.n = 0
	for ; i < int(x.n); i++ {
		v := x.cells[i].rows.head.Load()
		if to != nil && bytes.Compare(v.val.key, to) >= 0 {
			return true
		}
		if v = v.at(seq); v != nil && !v.val.gone() {
			p.rows[p.n] = v
			p.n++
		}
	}
	return false
}

// fillDown takes the rows of a leaf before index i, from the last one down to the key from, and
// reports whether it reached that key.
func (p *page) fillDown(x *node, i int, from []byte, seq uint64) (end bool) {
	p.n = 0
	for i--; i >= 0; i-- {
		v := x.cells[i].rows.head.Load()
		if bytes.Compare(v.val.key, from) < 0 {
			return true
		}
		if v = v.at(seq); v != nil && !v.val.gone() {
			p.rows[p.n] = v
			p.n++
		}
	}
	return false
}
