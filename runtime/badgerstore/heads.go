package badgerstore

// heads is a bounded cache of the heads used last, by key. Only the committer uses it.
type heads struct {
	young, old map[string]*head
	limit      int // largest length of each map
}

// cachedHeads is how many heads are kept, each about 150 bytes and its key.
const cachedHeads = 64 << 10

func newHeads(limit int) *heads {
	return &heads{young: map[string]*head{}, limit: limit / 2}
}

func (c *heads) get(key []byte) *head {
	if h := c.young[string(key)]; h != nil {
		return h
	}
	h := c.old[string(key)]
	if h != nil {
		c.put(key, h)
	}
	return h
}

// put stores a head. A nil head removes it.
func (c *heads) put(key []byte, h *head) {
	if h == nil {
		delete(c.young, string(key))
		delete(c.old, string(key))
		return
	}
	if _, there := c.young[string(key)]; !there && len(c.young) >= c.limit {
		c.young, c.old = map[string]*head{}, c.young
	}
	c.young[string(key)] = h
}
