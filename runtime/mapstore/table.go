package mapstore

import brook "github.com/brookgen/brookgen/runtime"

// A table is what Store.Table gives.
type table struct {
	store    *Store
	contents chain[content] // a new version when the table is dropped
	counts   chain[int]     // of rows
	keep     *limits        // the writer's, as all below
	rows     int
	counted  bool // is in Store.counted
	waiting  bool // is in Store.waiting
}

// content is the rows of a table and their indexes. Both indexes hold every entry that somebody
// can see, and others.
type content struct {
	hash hashIndex
	tree tree
}

func newTable(s *Store, seq uint64) *table {
	t := &table{store: s, keep: newLimits(nil)}
	t.reset(seq)
	return t
}

// reset empties the table from the commit seq on.
func (t *table) reset(seq uint64) {
	c := &version[content]{seq: seq}
	c.val.hash.init()
	c.val.tree.init()
	t.contents.push(c)
	t.counts.push(&version[int]{seq: seq})
	t.rows = 0
}

// find gives the entry of the key in what the table holds now, or nil.
func (t *table) find(key []byte) *entry {
	return t.contents.head.Load().val.hash.find(t.store.hash(key), key)
}

// apply makes the new version of a row, and gives the row's entry; nil where there is nothing to do.
func (t *table) apply(seq uint64, c *content, w *brook.Write) *entry {
	hash := t.store.hash(w.Key)
	e := c.hash.find(hash, w.Key)
	var old *row
	if e != nil {
		if v := e.rows.head.Load(); !v.val.gone {
			old = &v.val
		}
	}
	if w.Op == brook.Remove {
		if old == nil {
			return nil
		}
		e.rows.push(&version[row]{seq: seq, val: row{gone: true}})
		t.count(-1)
		return e
	}
	v := &version[row]{seq: seq, val: row{value: w.Value}}
	if old != nil && !w.Clear {
		v.val.history = old.history
	}
	if len(w.History) > 0 {
		v.val.history = v.val.history.extend(w.History, t.keep)
	}
	if e != nil {
		e.rows.push(v)
	} else {
		e = newEntry(w.Key)
		e.rows.push(v)
		t.store.edit(c)
		c.hash.insert(hash, e, t.store.hash)
		c.tree.insert(e)
	}
	if old == nil {
		t.count(1)
	}
	return e
}

func (t *table) count(n int) {
	t.rows += n
	if !t.counted {
		t.counted = true
		t.store.counted = append(t.store.counted, t)
	}
}
