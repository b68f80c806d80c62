package mapstore

import (
	"maps"

	brook "github.com/brookgen/brookgen/runtime"
)

// handle is a table with the limits that it was asked for with: several apps may have it, each with
// its own. Handles of one table with the same limits and codec are the same.
type handle struct {
	*table
	keep  *limits
	codec *codec // nil: values are bytes, or there are no snapshots
}

// table is a table of the store.
type table struct {
	store    *Store
	contents chain[content] // a new version when the table is dropped
	counts   chain[int]     // number of rows
	handles  []*handle      // the writer's, like all fields below
	codecs   []*codec       // that the table was asked for with
	rows     int
	counted  bool // the table is in Store.counted
	waiting  bool // the table is in Store.waiting
}

// content is the rows of a table with their two indexes. Both hold every row that somebody
// can see, and others.
type content struct {
	hash hashIndex
	tree tree
}

func newTable(s *Store, seq uint64) *table {
	t := &table{store: s}
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

// find returns the newest version of the row of that key in the table's present content, or nil.
func (t *table) find(key []byte) *version[row] {
	return t.contents.head.Load().val.hash.find(t.store.hash(key), key)
}

// handle returns the handle with those limits and that codec.
func (t *table) handle(keep map[string]int, by *codec) *handle {
	limits := newLimits(keep)
	for _, h := range t.handles {
		if !maps.Equal(h.keep.perType, limits.perType) {
			continue
		}
		if h.codec == by {
			return h
		}
		limits = h.keep
	}
	h := &handle{t, limits, by}
	t.handles = append(t.handles, h)
	return h
}

// apply makes the new version of a row, and returns it, nil if nothing changes.
func (t *handle) apply(seq uint64, c *content, w *brook.Write) *version[row] {
	hash := t.store.hash(w.Key)
	at, old := c.hash.slot(hash, w.Key)
	there := old != nil && !old.val.gone()
	if w.Op == brook.Remove && !there {
		return nil
	}
	v := newRow(seq, w.Key, old)
	switch {
	case w.Op == brook.Remove:
		v.val.value = gone{}
		t.count(-1)
	default:
		v.val.value = w.Value
		if there && !w.Clear {
			v.val.history = old.val.history
		}
		if len(w.History) > 0 {
			v.val.history = v.val.history.extend(w.History, t.keep)
		}
		if !there {
			t.count(1)
		}
	}
	if old != nil {
		v.val.cell = old.val.cell
		v.val.cell.rows.push(v)
		at.replace(v)
		return v
	}
	v.val.cell = &cell{}
	v.val.cell.rows.push(v)
	t.store.edit(c)
	c.hash.insert(hash, v, t.store.hash)
	c.tree.insert(v.val.cell)
	return v
}

func (t *table) count(n int) {
	t.rows += n
	if !t.counted {
		t.counted = true
		t.store.counted = append(t.store.counted, t)
	}
}
