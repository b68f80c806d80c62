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
