package txn_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// Changes are written once they are made, in the order of the first touch of each row.
func TestWrites(t *testing.T) {
	f := newFixture(t)
	f.store.put(countRows, "old", new(int))
	f.begin()
	f.counts().Apply(brook.Create("b", 1), brook.Create("a", 2), brook.Delete[int]("old"),
		brook.Merge("b", func(n *int) { *n += 10 }), brook.Change[string, int]{})
	f.release()
	f.tx.Accept()
	want := []string{"3 b", "3 a", "3 old removed"}
	if got := wrote(f.tx); !slices.Equal(got, want) {
		t.Errorf("writes are %q, want %q", got, want)
	}
	changed := map[string]any{}
	for k, v := range f.tx.Changed(countRows) {
		if v != nil {
			v = *v.(*int)
		}
		changed[string(k)] = v
	}
	values := map[string]any{"b\x00\x01": 11, "a\x00\x01": 2, "old\x00\x01": nil}
	if !maps.Equal(changed, values) {
		t.Errorf("changed are %v, want %v", changed, values)
	}
	for range f.tx.Changed(countRows) {
		break // that it ends is what is tested
	}
	f.store.commit(t, f.tx)
	if got := wrote(f.tx); got != nil {
		t.Errorf("writes after a commit are %q", got)
	}
	if n := f.store.rows[countRows][string(encoded("b"))].Data; *n.(*int) != 11 {
		t.Errorf("b is %v", n)
	}
}

// Peek knows what the transaction changed or loaded, and never asks the store.
func TestPeek(t *testing.T) {
	f := newFixture(t)
	f.store.put(countRows, "stored", new(int))
	f.begin()
	f.counts().Apply(brook.Create("made", 7), brook.Delete[int]("gone"))
	gets := f.store.gets
	for k, want := range map[string]string{
		"made": "7 true", "gone": "<nil> true", "stored": "<nil> false", "other": "<nil> false",
	} {
		v, known := f.tx.Peek(countRows, encoded(k))
		if n, ok := v.(*int); ok {
			v = *n
		}
		if got := fmt.Sprint(v, known); got != want {
			t.Errorf("%s is %s, want %s", k, got, want)
		}
	}
	if f.store.gets != gets {
		t.Error("it asked the store")
	}
}

// A row that is removed as it was read loses its index entries, and comes back with a rollback.
func TestRemove(t *testing.T) {
	f := newFixture(t)
	f.event(item{ID: "1", Email: "a", Tags: []string{"x", "y"}},
		item{ID: "2", Email: "b", Tags: []string{"x"}})
	f.store.commit(t, f.tx)
	f.begin()
	for row, err := range f.store.Scan(t.Context(), itemRows, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		f.tx.Remove(itemRows, row)
		break
	}
	f.release()
	f.want("2:0/b/x")
	f.wantEntries(itemsByEmail, "b>2")
	f.wantEntries(itemsByTag, "x>2")
	want := []string{"0 1 removed", "1 a>1 removed", "2 x>1 removed", "2 y>1 removed"}
	if got := wrote(f.tx); !slices.Equal(got, want) {
		t.Errorf("writes are %q, want %q", got, want)
	}
	f.tx.Revert()
	f.want("1:0/a/x+y", "2:0/b/x")
	f.wantEntries(itemsByEmail, "a>1", "b>2")
}

// A huge batch, and one after it, are like any other.
func TestResetAfterManyRows(t *testing.T) {
	f := newFixture(t)
	for range 2 {
		f.begin()
		if n, err := f.tx.Count(countRows); err != nil {
			t.Fatal(n, err)
		}
		for i := range 9000 {
			f.counts().Apply(brook.Create(fmt.Sprint(i), i))
		}
		f.release()
		f.tx.Accept()
		if n, err := f.tx.Count(countRows); n != 9000 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		if n := len(wrote(f.tx)); n != 9000 {
			t.Errorf("%d writes", n)
		}
		f.store.commit(t, f.tx)
		if n, err := f.tx.Count(countRows); n != 9000 || err != nil {
			t.Errorf("%d rows after the commit, %v", n, err)
		}
	}
}
