package mapstore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// keyShapes are shapes of keys: spread out, in order, of long shared beginnings, and short
// ones full of zeros.
var keyShapes = map[string]func(r *rand.Rand, i int) []byte{
	"spread":  func(r *rand.Rand, _ int) []byte { return fmt.Appendf(nil, "%016x", r.Uint64()) },
	"ordered": func(_ *rand.Rand, i int) []byte { return fmt.Appendf(nil, "%08d", i) },
	"shared": func(r *rand.Rand, _ int) []byte {
		return fmt.Appendf(nil, "a-long-beginning/%06d/and-end", r.IntN(50000))
	},
	"short": func(r *rand.Rand, _ int) []byte {
		key := make([]byte, r.IntN(14))
		for i := range key {
			key[i] = []byte{0, 0, 1, 0xff}[r.IntN(4)]
		}
		return key
	},
}

func TestTree(t *testing.T) {
	for name, shape := range keyShapes {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var tr tree
			tr.init()
			model := map[string]*cell{}
			var order []string
			for i := range 20000 {
				key := shape(r, i)
				if model[string(key)] == nil {
					e := newCell(key)
					model[string(key)] = e
					order = append(order, string(key))
					tr.insert(e)
				}
				if i%3000 == 2999 {
					checkTree(t, &tr, model)
				}
			}
			tr.publish()
			before, wanted := tr.root.Load(), len(model)
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			for i, key := range order {
				tr.remove(model[key])
				delete(model, key)
				if i%3000 == 2999 || len(order)-i < 5 {
					checkTree(t, &tr, model)
				}
			}
			if got := len(cellsOf(before, nil)); got != wanted {
				t.Errorf("an edit changed what was published: %d entries, want %d", got, wanted)
			}
		})
	}
}

func newCell(key []byte) *cell {
	c := &cell{}
	v := newRow(1, key, nil)
	v.val.cell = c
	c.rows.push(v)
	return c
}

func removeFrom(t *testing.T, x *hashIndex, hash uint64, c *cell) {
	t.Helper()
	at, v := x.slot(hash, c.key())
	if v != newest(c) {
		t.Fatalf("%q is not in the index", c.key())
	}
	at.remove()
}

func newest(c *cell) *version[row] {
	if c == nil {
		return nil
	}
	return c.rows.head.Load()
}

func cellsOf(root *node, from []byte) (all []*cell) {
	var c cursor
	for leaf, i := c.seek(root, from); leaf != nil; leaf, i = c.next(), 0 {
		all = append(all, leaf.cells[i:leaf.n]...)
	}
	return all
}

func checkTree(t *testing.T, tr *tree, model map[string]*cell) {
	t.Helper()
	var keys []string
	for key := range model {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	got := cellsOf(tr.next, nil)
	if len(got) != len(keys) {
		t.Fatalf("%d entries, want %d", len(got), len(keys))
	}
	for i, e := range got {
		if string(e.key()) != keys[i] || e != model[keys[i]] {
			t.Fatalf("entry %d is %q, want %q", i, e.key(), keys[i])
		}
	}
	for i := 0; i < len(keys); i += 1 + len(keys)/20 {
		for _, from := range [][]byte{[]byte(keys[i]), append([]byte(keys[i]), 0),
			bytes.TrimSuffix([]byte(keys[i]), []byte(keys[i])[max(0, len(keys[i])-1):])} {
			want, _ := slices.BinarySearch(keys, string(from))
			if rest := cellsOf(tr.next, from); len(rest) != len(keys)-want {
				t.Fatalf("from %q: %d entries, want %d", from, len(rest), len(keys)-want)
			}
		}
	}
	checkNode(t, tr.next, true)
}

func checkNode(t *testing.T, x *node, root bool) int {
	t.Helper()
	if !root && x.n < width/4 && x.children == nil && x.n != 1 {
		t.Logf("a node of %d", x.n)
	}
	if x.children == nil {
		return 1
	}
	depth := checkNode(t, x.children[0], false)
	for i := 1; i < int(x.n); i++ {
		if d := checkNode(t, x.children[i], false); d != depth {
			t.Fatalf("leaves at depths %d and %d", depth, d)
		}
	}
	return depth + 1
}

func TestHashIndex(t *testing.T) {
	s := New()
	for name, shape := range keyShapes {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			var x hashIndex
			x.init()
			model := map[string]*cell{}
			var keys []string
			check := func() {
				t.Helper()
				for _, key := range keys {
					if got := x.find(s.hash([]byte(key)), []byte(key)); got != newest(model[key]) {
						t.Fatalf("%q: %p, want %p", key, got, model[key])
					}
				}
			}
			for i := range 30000 {
				key := shape(r, i)
				if model[string(key)] == nil {
					model[string(key)] = newCell(key)
					keys = append(keys, string(key))
					x.insert(s.hash(key), newest(model[string(key)]), s.hash)
				} else if r.IntN(2) == 0 {
					removeFrom(t, &x, s.hash(key), model[string(key)])
					model[string(key)] = nil
					keys = slices.DeleteFunc(keys, func(k string) bool { return k == string(key) })
				}
			}
			check()
			for i, key := range keys {
				if i%3 > 0 {
					removeFrom(t, &x, s.hash([]byte(key)), model[key])
					model[key] = nil
				}
			}
			check()
			for round := range 10 { // removing and adding again does not fill it up
				for i := range 3000 {
					key := fmt.Appendf(nil, "%d/%d", round, i)
					e := newCell(key)
					x.insert(s.hash(key), newest(e), s.hash)
					removeFrom(t, &x, s.hash(key), e)
				}
			}
			check()
		})
	}
}
