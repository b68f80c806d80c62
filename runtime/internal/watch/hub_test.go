package watch_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// write is a row that a commit writes.
type write struct {
	slot  int
	key   string
	value any // nil: it is deleted
}

// commit publishes writes, and returns the slots that were asked for, in order. The bytes of the
// keys are used again, as those of a transaction are.
func commit(h *watch.Hub, writes ...write) (asked []int) {
	var buf []byte
	h.Publish(func(slot int) iter.Seq2[[]byte, any] {
		asked = append(asked, slot)
		return func(yield func([]byte, any) bool) {
			for _, w := range writes {
				buf = append(buf[:0], w.key...)
				if w.slot == slot && !yield(buf, w.value) {
					return
				}
			}
		}
	})
	slices.Sort(asked)
	return asked
}

// taken returns what a watcher takes as text.
func taken(w brook.Watcher) string {
	rows, missed, closed := w.Take()
	var all []string
	for _, row := range rows {
		text := fmt.Sprintf("%s=%v", row.Key, row.Value)
		if row.Stale {
			text += " stale"
		}
		all = append(all, text)
	}
	if missed {
		all = append(all, "missed")
	}
	if closed {
		all = append(all, "closed")
	}
	return strings.Join(all, ", ")
}

func want(t *testing.T, w brook.Watcher, want string) {
	t.Helper()
	if got := taken(w); got != want {
		t.Errorf("taken is %q, want %q", got, want)
	}
}

// ready reports whether Wait returns at once.
func ready(w brook.Watcher) bool {
	ready := make(chan bool, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { ready <- w.Wait(ctx) }()
	synctest.Wait()
	cancel()
	return <-ready
}

// Watchers of a table see all of its rows, those of a key that row, and none another table's.
func TestPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.NewHub()
		defer h.Close()
		all := h.Subscribe(t.Context(), 1, nil)
		a := h.Subscribe(t.Context(), 1, []byte("a"))
		alsoA := h.Subscribe(t.Context(), 1, []byte("a"))
		empty := h.Subscribe(t.Context(), 1, []byte{})
		other := h.Subscribe(t.Context(), 2, nil)
		if all.Key() != nil || string(a.Key()) != "a" {
			t.Errorf("keys are %q and %q", all.Key(), a.Key())
		}
		if ready(all) {
			t.Error("there is something before any commit")
		}
		asked := commit(h, write{1, "a", 1}, write{1, "b", nil}, write{3, "a", 3})
		if !slices.Equal(asked, []int{1, 2}) {
			t.Errorf("asked for the changes of tables %v", asked)
		}
		if !ready(all) || !ready(a) || ready(empty) || ready(other) {
			t.Error("the wrong watchers wake")
		}
		want(t, all, "a=1, b=<nil>")
		want(t, a, "a=1")
		want(t, alsoA, "a=1")
		want(t, empty, "")
		want(t, other, "")
		want(t, all, "") // it is taken
		commit(h, write{1, "", 2})
		want(t, empty, "=2")
		want(t, a, "")
	})
}

// Of several changes of a row the latest counts. Rows come in the order of their latest changes.
func TestLatestWins(t *testing.T) {
	h := watch.NewHub()
	defer h.Close()
	w := h.Subscribe(t.Context(), 0, nil)
	commit(h, write{0, "a", 1}, write{0, "b", 2})
	commit(h, write{0, "a", 3})
	want(t, w, "b=2, a=3")
	h.Announce(0, []byte("a"))
	h.Announce(7, []byte("a")) // nobody watches
	commit(h, write{0, "b", nil})
	want(t, w, "a=<nil> stale, b=<nil>")
	h.Announce(0, []byte("a"))
	commit(h, write{0, "a", 5}) // known again
	want(t, w, "a=5")
}

// A gap drops what was not taken: nobody knows what of it holds.
func TestGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.NewHub()
		defer h.Close()
		all, one := h.Subscribe(t.Context(), 0, nil), h.Subscribe(t.Context(), 1, []byte("a"))
		commit(h, write{0, "a", 1})
		h.Gap()
		if !ready(all) || !ready(one) {
			t.Error("a gap wakes not all")
		}
		commit(h, write{0, "a", 2}) // behind the gap
		want(t, all, "a=2, missed")
		want(t, one, "missed")
		want(t, one, "")
	})
}

// If the store announces changes, commits of this process are not published besides.
func TestRemote(t *testing.T) {
	h := watch.NewHub()
	defer h.Close()
	h.Remote = true
	w := h.Subscribe(t.Context(), 0, nil)
	if asked := commit(h, write{0, "a", 1}); asked != nil {
		t.Errorf("asked for the changes of tables %v", asked)
	}
	want(t, w, "")
	h.Announce(0, []byte("a"))
	want(t, w, "a=<nil> stale")
}

// A commit costs nothing if nobody watches, or nobody does any more.
func TestPublishToNobody(t *testing.T) {
	h := watch.NewHub()
	defer h.Close()
	for range 2 {
		if asked := commit(h, write{0, "a", 1}); asked != nil {
			t.Errorf("asked for the changes of tables %v", asked)
		}
		all, one := h.Subscribe(t.Context(), 0, nil), h.Subscribe(t.Context(), 0, []byte("a"))
		all.Close()
		one.Close()
	}
}

// Whoever is closed, or whose context ends, gets nothing any more; the others of its row do.
func TestWatchingEnds(t *testing.T) {
	for name, end := range map[string]func(w brook.Watcher, cancel func()){
		"Close":   func(w brook.Watcher, _ func()) { w.Close(); w.Close() },
		"context": func(_ brook.Watcher, cancel func()) { cancel(); synctest.Wait() },
	} {
		for _, key := range [][]byte{nil, []byte("a")} {
			synctest.Test(t, func(t *testing.T) {
				h := watch.NewHub()
				defer h.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w, other := h.Subscribe(ctx, 0, key), h.Subscribe(t.Context(), 0, key)
				commit(h, write{0, "a", 1})
				end(w, cancel)
				commit(h, write{0, "a", 2})
				if got := taken(w); got != "" {
					t.Errorf("%s of %q: taken is %q", name, key, got)
				}
				want(t, other, "a=2")
				if name == "context" && w.Wait(ctx) {
					t.Error("a wait under an ended context is for something")
				}
				other.Close()
				if asked := commit(h); asked != nil {
					t.Errorf("%s of %q: somebody watches", name, key)
				}
			})
		}
	}
}

// A hub that is closed ends all watching, and what is subscribed to later.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := watch.NewHub()
		ctx, cancel := context.WithCancel(t.Context())
		all, one := h.Subscribe(ctx, 0, nil), h.Subscribe(ctx, 0, []byte("a"))
		commit(h, write{0, "a", 1})
		h.Close()
		h.Close()
		commit(h, write{0, "a", 2})
		h.Gap()
		late := h.Subscribe(ctx, 0, nil)
		if !ready(all) || !ready(one) || !ready(late) {
			t.Error("it wakes not all")
		}
		want(t, all, "a=1, closed")
		want(t, one, "a=1, closed")
		want(t, late, "closed")
		want(t, late, "closed") // for good
		all.Close()
		late.Close()
		cancel()
	})
}
