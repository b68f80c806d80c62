package txn_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Rows that were read ahead answer for the store until the batch ends, and are shared: nobody
// changes them.
func TestPrefetched(t *testing.T) {
	f := newFixture(t)
	two := 2
	f.store.put(countRows, "a", &two)
	if f.tx.Fetched() != nil {
		t.Error("there is something read ahead")
	}
	if _, ok := f.tx.Fetched().Find(countRows, encoded("a")); ok {
		t.Error("nil holds a row")
	}
	f.tx.Prefetch()
	ahead := 1
	f.tx.Fetched().Add(countRows, encoded("a"), brook.Value{Data: &ahead})
	f.tx.Fetched().Add(countRows, encoded("gone"), brook.Value{})
	f.begin()
	v, err := f.tx.Get(countRows, encoded("a"))
	if err != nil || v.Data != &ahead || !v.Shared {
		t.Errorf("a is %+v, %v", v, err)
	}
	if _, err := f.tx.Get(countRows, encoded("gone")); err != brook.ErrNotFound {
		t.Errorf("gone: %v", err)
	}
	f.counts().Apply(brook.Merge("a", func(n *int) { *n += 10 }))
	if v, _ := f.tx.Peek(countRows, encoded("a")); ahead != 1 || *v.(*int) != 11 {
		t.Errorf("after a merge the row read ahead is %d", ahead)
	}
	if f.store.gets != 0 || f.tx.Fetched().Missed != 0 {
		t.Errorf("%d reads, %d of them missed", f.store.gets, f.tx.Fetched().Missed)
	}
	if _, err := f.tx.Get(countRows, encoded("b")); err != brook.ErrNotFound {
		t.Error(err)
	}
	if f.store.gets != 1 || f.tx.Fetched().Missed != 1 {
		t.Errorf("%d reads, %d of them missed", f.store.gets, f.tx.Fetched().Missed)
	}
	f.tx.Reset()
	f.begin()
	if v, err := f.tx.Get(countRows, encoded("a")); err != nil || v.Data != &two {
		t.Errorf("of the next batch a is %+v, %v", v, err)
	}
}

func TestFound(t *testing.T) {
	if _, err := txn.Found(brook.Value{Version: 3}); err != brook.ErrNotFound {
		t.Error(err)
	}
	want := brook.Value{Data: 1, Version: 3}
	if v, err := txn.Found(want); err != nil || v != want {
		t.Error(v, err)
	}
}
