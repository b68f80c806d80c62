package timers

import (
	"iter"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

const dueSlot = 3

var a, b = partition.ID{Topic: "a"}, partition.ID{Topic: "b"}

func at(n int64) time.Time { return time.Unix(n, 0).UTC() }

// changed returns what a commit wrote: entries of timers that it set, and of others that it
// removed.
func changed(set, removed []*Row) func(int) iter.Seq2[[]byte, any] {
	return func(slot int) iter.Seq2[[]byte, any] {
		return func(yield func([]byte, any) bool) {
			if slot != dueSlot {
				panic("another table is asked for")
			}
			for _, r := range set {
				if !yield(r.EntryKey(nil, RowKey(nil, "t", nil)), []byte{}) {
					return
				}
			}
			for _, r := range removed {
				if !yield(r.EntryKey(nil, RowKey(nil, "t", nil)), nil) {
					return
				}
			}
		}
	}
}

func row(id partition.ID, due int64) *Row {
	return &Row{Due: at(due), Position: brook.Position{Topic: id.Topic}}
}

func woken(h *Heads) bool {
	select {
	case <-h.Wake():
		return true
	default:
		return false
	}
}

func want(t *testing.T, h *Heads, first map[partition.ID]time.Time) {
	t.Helper()
	got := h.All()
	if len(got) != len(first) {
		t.Fatalf("heads are %v, want %v", got, first)
	}
	for id, due := range first {
		if !got[id].Equal(due) {
			t.Errorf("the head of %s is %s, want %s", id, got[id], due)
		}
	}
}

// Commits move heads forward, and wake who waits if they do.
func TestHeads(t *testing.T) {
	h := NewHeads(dueSlot)
	if unknown, mark := h.Unknown(); !unknown {
		t.Error("new heads are known")
	} else {
		h.Learn(map[partition.ID]time.Time{a: at(5)}, mark)
	}
	if unknown, _ := h.Unknown(); unknown {
		t.Error("what was learned is not known")
	}
	h.Committed(changed([]*Row{row(a, 7)}, nil))
	if woken(h) {
		t.Error("a later timer wakes")
	}
	h.Committed(changed([]*Row{row(a, 3), row(b, 9)}, []*Row{row(b, 1)}))
	if !woken(h) {
		t.Error("an earlier timer does not wake")
	}
	want(t, h, map[partition.ID]time.Time{a: at(3), b: at(9)})
	h.Committed(changed([]*Row{{Due: at(1), Published: true}}, []*Row{row(a, 3)}))
	if woken(h) {
		t.Error("what is published, or removed, wakes")
	}
	want(t, h, map[partition.ID]time.Time{a: at(3), b: at(9)})
	h.Begin(a)
	h.Committed(changed([]*Row{row(a, 6)}, nil))
	h.Set(a, at(4))
	want(t, h, map[partition.ID]time.Time{a: at(4), b: at(9)})
}

// While somebody waits for views to move on, every commit wakes.
func TestAwait(t *testing.T) {
	h := NewHeads(dueSlot)
	h.Await(true)
	h.Committed(changed(nil, nil))
	if !woken(h) {
		t.Error("a commit does not wake")
	}
	h.Await(false)
	h.Committed(changed(nil, nil))
	if woken(h) {
		t.Error("a commit wakes")
	}
}

// What is committed while the store is asked is not lost, nor is what makes the answer old.
func TestLearnBesideCommits(t *testing.T) {
	h := NewHeads(dueSlot)
	_, mark := h.Unknown()
	h.Committed(changed([]*Row{row(a, 2), row(b, 8)}, nil))
	h.Forget()
	h.Learn(map[partition.ID]time.Time{a: at(4), b: at(5)}, mark)
	want(t, h, map[partition.ID]time.Time{a: at(2), b: at(5)})
	if unknown, _ := h.Unknown(); !unknown {
		t.Error("an answer from before counts as one")
	}
	if !woken(h) {
		t.Error("nobody is to look")
	}
}

// An app without timers has no heads.
func TestNoHeads(t *testing.T) {
	var h *Heads
	h.Committed(nil)
	h.Forget()
	h.Rouse()
}
