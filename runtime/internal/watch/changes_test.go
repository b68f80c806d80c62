package watch_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// reader is a watcher of all rows, with what it must see.
type reader struct {
	brook.Watcher
	rows map[string]int // changed and not taken: the number of the change, which is the value
}

// take compares what the watcher takes with what changed. It reports whether it missed some.
func (r *reader) take(t *testing.T) bool {
	t.Helper()
	rows, missed, closed := r.Take()
	if closed {
		t.Fatal("the hub is not closed")
	}
	if len(rows) != min(len(r.rows), 1024) || missed != (len(r.rows) > 1024) {
		t.Errorf("took %d rows of %d, missed: %t", len(rows), len(r.rows), missed)
	}
	newest := slices.Sorted(maps.Values(r.rows))
	newest = newest[max(0, len(newest)-1024):]
	for i, row := range rows {
		number := row.Value.(int)
		if r.rows[string(row.Key)] != number {
			t.Fatalf("row %s is %d, want %d", row.Key, number, r.rows[string(row.Key)])
		}
		if number != newest[i] {
			t.Fatalf("change %d is at the place of %d", number, newest[i])
		}
	}
	clear(r.rows)
	return missed
}

// Watchers of all rows see the latest change of each row, in order, however long they wait, and
// hear that they missed some only if they hold up more than 1,024. Those that miss see the newest.
func TestChangesOfAllRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, keys := range []int{10, 1000, 3000, 20_000} {
		h := watch.NewHub()
		var readers []*reader
		number, missed := 0, false
		for range 400 {
			switch rnd.IntN(12) {
			case 0:
				readers = append(readers, &reader{h.Subscribe(t.Context(), 0, nil), map[string]int{}})
			case 1:
				if len(readers) > 3 {
					i := rnd.IntN(len(readers))
					readers[i].Close()
					readers = slices.Delete(readers, i, i+1)
				}
			case 2, 3:
				if len(readers) > 0 {
					missed = readers[rnd.IntN(len(readers))].take(t) || missed
				}
			default:
				changed := map[string]bool{}
				for range rnd.IntN(500) {
					changed[fmt.Sprint(rnd.IntN(keys))] = true
				}
				var writes []write
				for _, key := range slices.Collect(maps.Keys(changed)) {
					number++
					writes = append(writes, write{0, key, number})
					for _, r := range readers {
						r.rows[key] = number
					}
				}
				commit(h, writes...)
			}
		}
		for _, r := range readers {
			missed = r.take(t) || missed
			want(t, r, "")
		}
		if want := keys > 1024; missed != want {
			t.Errorf("of %d keys some are missed: %t", keys, missed)
		}
		h.Close()
	}
}

// A watcher that falls behind misses the oldest rows, not the newest, and goes on with what
// follows.
func TestMissed(t *testing.T) {
	h := watch.NewHub()
	defer h.Close()
	all, one := h.Subscribe(t.Context(), 0, nil), h.Subscribe(t.Context(), 0, []byte("0"))
	const n = 10_000
	for i := range n {
		commit(h, write{0, fmt.Sprint(i), i})
	}
	rows, missed, _ := all.Take()
	if !missed || len(rows) != 1024 || rows[0].Value != n-1024 || rows[1023].Value != n-1 {
		t.Errorf("%d rows, missed: %v", len(rows), missed)
	}
	want(t, one, "0=0")
	commit(h, write{0, "x", 1})
	want(t, all, "x=1") // it goes on

	for i := range n { // one row, again and again: nothing is missed
		commit(h, write{0, "a", i}, write{0, "b", nil})
	}
	want(t, all, fmt.Sprintf("a=%d, b=<nil>", n-1))
}

// What one watcher was given stays as it is while others are given more.
func TestTakenRowsStay(t *testing.T) {
	h := watch.NewHub()
	defer h.Close()
	w := h.Subscribe(t.Context(), 0, nil)
	commit(h, write{0, "a", 1}, write{0, "b", 2})
	rows, _, _ := w.Take()
	for i := range 10_000 {
		commit(h, write{0, fmt.Sprint(i), i})
	}
	if len(rows) != 2 || string(rows[0].Key) != "a" || rows[0].Value != 1 ||
		string(rows[1].Key) != "b" || rows[1].Value != 2 {
		t.Errorf("taken rows became %v", rows)
	}
}
