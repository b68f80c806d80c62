package overlay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// The tables of the tests.
const rows, others = 0, 1

func ptr(n int) *int { return &n }

// set changes a row as Open and Write of a transaction do.
func set(o *Overlay, k string, value *int) *Cell {
	c := o.At(rows, []byte(k))
	o.Save(c)
	c.Set(value)
	return c
}

// text returns the cells with from <= key < to as key=value; - is a row that is removed, ? one that
// is not known.
func text(o *Overlay, from, to string) string {
	var all []string
	var end []byte
	if to != "" {
		end = []byte(to)
	}
	for _, c := range o.Between(rows, []byte(from), end) {
		v := "?"
		if n, ok := c.Value().(*int); ok {
			v = fmt.Sprint(*n)
		} else if c.Known() {
			v = "-"
		}
		all = append(all, string(c.Key())+"="+v)
	}
	return strings.Join(all, " ")
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// There is one cell for each key of a table, wherever the key's bytes are.
func TestCells(t *testing.T) {
	o := New(2)
	k := []byte("a")
	want(t, "before it is touched", o.Find(rows, k), nil)
	c := o.At(rows, k)
	k[0] = 'b'
	want(t, "the key is the cell's own", o.Find(rows, []byte("a")), c)
	want(t, "again", o.At(rows, []byte("a")), c)
	want(t, "of another table", o.Find(others, []byte("a")), nil)
	want(t, "slot", o.At(others, []byte("a")).Slot(), others)
	if _, known := o.Peek(rows, []byte("a")); known {
		t.Error("a new cell is known")
	}
	c.Learn(nil)
	if v, known := o.Peek(rows, []byte("a")); !known || v != nil {
		t.Errorf("that there is no row: %v, %t", v, known)
	}
	want(t, "writes of what was learned", len(o.Writes(nil, []brook.Table{0, 1})), 0)
}

// A range has its cells in key order, also those that are made after the first scan.
func TestBetween(t *testing.T) {
	o := New(1)
	for _, k := range []string{"c", "a", "e"} {
		set(&o, k, ptr(1))
	}
	want(t, "all", text(&o, "", ""), "a=1 c=1 e=1")
	set(&o, "d", ptr(2))
	set(&o, "b", ptr(2))
	o.At(rows, []byte("bb"))
	want(t, "part", text(&o, "b", "d"), "b=2 bb=? c=1")
	want(t, "from the end", text(&o, "f", ""), "")
	want(t, "nothing", text(&o, "d", "b"), "")
	o.Reset()
	want(t, "after a reset", text(&o, "", ""), "")
	set(&o, "x", ptr(3))
	want(t, "of the next batch", text(&o, "", ""), "x=3")
}

// A rollback undoes the set, a revert the event; what an earlier event changed stays.
func TestSavepoints(t *testing.T) {
	o := New(1)
	o.Begin()
	o.Savepoint()
	set(&o, "a", ptr(1))
	o.Accept()

	o.Begin()
	o.Savepoint()
	c := set(&o, "a", ptr(2))
	set(&o, "b", ptr(2))
	want(t, "saved twice", o.Save(c), false)
	want(t, "changes of the set", len(o.Changes()), 2)
	want(t, "before", *o.Changes()[0].Before().(*int), 1)
	o.Savepoint()
	want(t, "changes of the next", len(o.Changes()), 0)
	want(t, "saved in the next", o.Save(c), true)
	c.Delete()
	o.Put(rows, []byte("c"), nil)
	o.Put(rows, []byte("c"), ptr(3))
	want(t, "changed", text(&o, "", ""), "a=- b=2 c=3")
	o.Rollback()
	want(t, "rolled back", text(&o, "", ""), "a=2 b=2 c=?")
	want(t, "saved after a rollback", o.Save(c), true)
	c.Set(ptr(9))
	o.Revert()
	want(t, "reverted", text(&o, "", ""), "a=1 b=? c=?")
	want(t, "changes", len(o.Changes()), 0)
	o.Begin()
	o.Savepoint()
	set(&o, "a", ptr(4))
	o.Accept()
	o.Revert()
	want(t, "accepted", text(&o, "", ""), "a=4 b=? c=?")
}

// A value is spare once no cell, undo log or store refers to it: an earlier event of the batch made
// it and a later one replaced it.
func TestSpare(t *testing.T) {
	o := New(1)
	stored, first, second := ptr(0), ptr(1), ptr(2)
	c := o.At(rows, []byte("a"))
	c.Learn(stored)
	o.Savepoint()
	set(&o, "a", first)
	o.Accept()
	want(t, "of the store", c.TakeSpare(), nil)
	o.Savepoint()
	set(&o, "a", second)
	o.Accept()
	want(t, "of an earlier event", c.TakeSpare(), any(first))
	want(t, "taken twice", c.TakeSpare(), nil)
	o.Savepoint()
	set(&o, "a", second)
	o.Accept()
	want(t, "that is the value still", c.TakeSpare(), nil)
	present := []byte{}
	o.Put(rows, []byte("entry"), present)
	o.Accept()
	o.Put(rows, []byte("entry"), nil)
	o.Accept()
	want(t, "of an index", o.Find(rows, []byte("entry")).TakeSpare(), nil)
	c.KeepSpare(first)
	want(t, "kept", c.TakeSpare(), any(first))
}

// Writes come in the order of the first touch, with what becomes of the histories.
func TestWrites(t *testing.T) {
	o := New(2)
	e, later := &brook.HistoryEntry{}, &brook.HistoryEntry{}
	o.Savepoint()
	c := set(&o, "b", ptr(1))
	c.Record(e)
	want(t, "recorded", c.Recorded(e), true)
	want(t, "another is recorded", c.Recorded(later), false)
	o.At(rows, []byte("read"))
	set(&o, "a", ptr(2)).Delete()
	o.Remove(rows, brook.Row{Key: []byte("c"), Value: brook.Value{Data: ptr(3)}})
	d := set(&o, "d", ptr(4))
	d.Record(e)
	d.Delete()
	want(t, "cleared", d.Cleared() && !c.Cleared(), true)
	d.Set(ptr(5))
	d.Record(later)

	writes := func() string {
		var all []string
		for _, w := range o.Writes(nil, []brook.Table{"rows", "others"}) {
			s := fmt.Sprint(w.Table, " ", string(w.Key))
			if w.Op == brook.Remove {
				s += " removed"
			} else {
				s += fmt.Sprint("=", *w.Value.(*int))
			}
			if w.Clear {
				s += " cleared"
			}
			if len(w.History) > 0 {
				s += fmt.Sprint(" +", len(w.History))
			}
			all = append(all, s)
		}
		return strings.Join(all, ", ")
	}
	want(t, "writes", writes(),
		"rows b=1 +1, rows a removed, rows c removed, rows d=5 cleared +1")
	var changed []string
	for k, v := range o.Changed(rows) {
		changed = append(changed, fmt.Sprint(string(k), v != nil))
	}
	if !slices.Equal(changed, []string{"btrue", "afalse", "cfalse", "dtrue"}) {
		t.Errorf("changed: %q", changed)
	}
	o.SetHistories(rows, []*brook.HistoryEntry{e, later})
	want(t, "with other histories", writes(),
		"rows b=1 cleared +2, rows a removed, rows c removed, rows d=5 cleared +2")
	o.Rollback()
	want(t, "after a rollback", writes(), "")
}

// Cells are used again by later batches, without anything of their former rows; those of a huge
// batch are freed.
func TestReset(t *testing.T) {
	o := New(1)
	o.Savepoint()
	c := set(&o, "a", ptr(1))
	c.Record(&brook.HistoryEntry{})
	o.Accept()
	o.Reset()
	again := o.At(rows, []byte("b"))
	want(t, "used again", again, c)
	want(t, "key", string(again.Key()), "b")
	want(t, "known", again.Known() || again.Cleared() || again.Recorded(nil) == false, false)
	want(t, "saved", o.Save(again), true)
	again.Set(ptr(2))
	want(t, "history", len(o.Writes(nil, []brook.Table{0})[0].History), 0)
	for n := range keptCells + 1 {
		o.At(rows, []byte(fmt.Sprint(n)))
	}
	o.Reset()
	want(t, "kept of a huge batch", len(o.tables[rows].free), 0)
}
