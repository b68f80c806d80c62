package redisstore_test

import (
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A dropped table leaves no key behind, nor does a removed row.
func TestNothingIsLeft(t *testing.T) {
	c := client(t)
	s := open(t, c, apart(t))
	a, b := tableOf(t, s, brook.TableSpec{Name: "app/a"}), tableOf(t, s,
		brook.TableSpec{Name: "app/a:b"})
	var writes []brook.Write
	for i := range 2500 {
		key := fmt.Sprint(i, "\x00{}*")
		writes = append(writes, put(a, key, "x", &brook.HistoryEntry{Type: "x"}),
			put(b, key, "x", &brook.HistoryEntry{Type: "x"}))
	}
	commit(t, s, writes...)
	left := func() int {
		t.Helper()
		keys, err := c.Keys(t.Context(), s.Tags()[0]+"*").Result() // tests may
		if err != nil {
			t.Fatal(err)
		}
		return len(keys)
	}
	if got, want := left(), 2+2*(2+2500); got != want {
		t.Errorf("%d keys, want %d", got, want)
	}
	if err := s.Drop(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got, want := left(), 2+2+2500; got != want {
		t.Errorf("%d keys after a drop, want %d", got, want)
	}
	for i := range writes {
		writes[i].Op, writes[i].Value, writes[i].History = brook.Remove, nil, nil
	}
	commit(t, s, writes...)
	if got := left(); got != 2 {
		t.Errorf("%d keys after all rows were removed, want the view's own 2", got)
	}
}
