package repeats_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
	"github.com/brookgen/brookgen/runtime/key"
)

// named is an event of an author with the ID of that number.
func named(n int) *brook.Message { return &brook.Message{Author: "me", ID: fmt.Sprint(n)} }

// hash is the stored form of that event.
func hash(n int) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "me\x00%d", n))
	return sum[:16]
}

// block is the key of a block.
func block(n int64) string { return string(key.AppendInt(id.AppendKey(nil), n)) }

// foldAll folds the events from one number to another, and commits after every so many.
func (s *store) foldAll(t *testing.T, f *repeats.Filter, from, to, every int) {
	t.Helper()
	for n := from; n < to; n++ {
		if repeat, err := s.fold(f, named(n)); repeat || err != nil {
			t.Fatalf("event %d is a repeat: %t, %v", n, repeat, err)
		}
		if (n-from+1)%every == 0 {
			s.commit(f)
		}
	}
	s.commit(f)
}

// checkWindow checks which events are repeats.
func (s *store) checkWindow(t *testing.T, f *repeats.Filter, oldest, next int) {
	t.Helper()
	for n := max(0, oldest-3); n < next+3; n++ {
		repeat, err := f.Repeated(t.Context(), s, folded, windows, named(n), true)
		if want := oldest <= n && n < next; repeat != want || err != nil {
			t.Errorf("event %d is a repeat: %t, %v; want %t", n, repeat, err, want)
		}
	}
}

// The window knows the last so many events, also after a restart, however they were committed.
func TestWindow(t *testing.T) {
	for _, size := range []int{1, 5, 255, 256, 257, 600} {
		for _, every := range []int{1, 7, 256, 1000} {
			s, f := newStore(), repeats.NewFilter(id, size)
			s.foldAll(t, f, 0, 700, every)
			s.checkWindow(t, f, 700-size, 700)
			f = repeats.NewFilter(id, size)
			s.checkWindow(t, f, 700-size, 700)
			s.foldAll(t, f, 700, 1100, every)
			s.checkWindow(t, f, 1100-size, 1100)
			if n, most := len(s.rows[windows]), size/256+3; n > most {
				t.Errorf("size %d, every %d: %d blocks are stored, want %d at most", size, every, n,
					most)
			}
		}
	}
}

// Authors have IDs of their own, and events without an ID are no repeats.
func TestWindowNames(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 10)
	for i, step := range []struct {
		author, id string
		repeat     bool
	}{
		{"a", "1", false}, {"b", "1", false}, {"a", "1", true}, {"b", "1", true},
		{"a", "", false}, {"a", "", false}, {"a1", "", false}, {"", "a1", false},
	} {
		repeat, err := s.fold(f, &brook.Message{Author: step.author, ID: step.id})
		if repeat != step.repeat || err != nil {
			t.Errorf("step %d: a repeat: %t, %v; want %t", i, repeat, err, step.repeat)
		}
	}
}

// An event that is not to be remembered is none of the window's, and one that was put back is new.
func TestWindowForgets(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 10)
	if _, err := f.Repeated(t.Context(), s, folded, windows, named(1), true); err != nil {
		t.Fatal(err)
	}
	f.Accept(named(1), false)
	s.foldAll(t, f, 1, 2, 1)
	if _, err := s.fold(f, named(2)); err != nil {
		t.Fatal(err)
	}
	f.Reset()
	s.checkWindow(t, f, 1, 2)
}

// Without Config.DropRepeats nothing is remembered, read or written.
func TestNoWindow(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 0)
	for range 2 {
		if repeat, err := s.fold(f, named(1)); repeat || err != nil {
			t.Errorf("a repeat: %t, %v", repeat, err)
		}
	}
	if w := s.commit(f); len(w) != 0 {
		t.Errorf("wrote %v", w)
	}
}

// Blocks are stored as documented: 256 hashes each, in order, and of one that is too old its
// number.
func TestStoredBlocks(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 300)
	s.foldAll(t, f, 0, 258, 258)
	var first, second []byte
	for n := range 256 {
		first = append(first, hash(n)...)
	}
	second = append(append(second, hash(256)...), hash(257)...)
	if len(s.rows[windows]) != 2 || !bytes.Equal(s.rows[windows][block(0)], first) ||
		!bytes.Equal(s.rows[windows][block(1)], second) {
		t.Errorf("stored %x, want two blocks, of 256 and 2 hashes", s.rows[windows])
	}
	// Only the block that has a new event is written again.
	if _, err := s.fold(f, named(258)); err != nil {
		t.Fatal(err)
	}
	if w := s.commit(f); len(w) != 1 || string(w[0].Key) != block(1) {
		t.Errorf("wrote %d blocks, want the last one", len(w))
	}
	// A window of 2 writes a block of which the first events are too old.
	s, f = newStore(), repeats.NewFilter(id, 2)
	s.foldAll(t, f, 0, 4, 4)
	want := slices.Concat(
		binary.BigEndian.AppendUint64(nil, 0), make([]byte, 8),
		binary.BigEndian.AppendUint64(nil, 1), make([]byte, 8), hash(2), hash(3))
	if got := s.rows[windows][block(0)]; !bytes.Equal(got, want) {
		t.Errorf("stored %x, want %x", got, want)
	}
}

// A window that was made smaller loses its old blocks, 16 with each commit.
func TestSmallerWindow(t *testing.T) {
	s := newStore()
	s.foldAll(t, repeats.NewFilter(id, 256*40), 0, 256*40, 256*40)
	f := repeats.NewFilter(id, 256)
	for i, want := range []int{40 + 1 - 16, 40 + 1 - 32, 2} {
		if _, err := s.fold(f, named(256*40+i)); err != nil {
			t.Fatal(err)
		}
		if s.commit(f); len(s.rows[windows]) != want {
			t.Errorf("commit %d leaves %d blocks, want %d", i, len(s.rows[windows]), want)
		}
	}
	s.checkWindow(t, repeats.NewFilter(id, 256), 256*39+3, 256*40+3)
}

// Events before a gap between blocks are too old.
func TestWindowGap(t *testing.T) {
	s := newStore()
	s.rows[windows][block(1)] = bytes.Repeat(hash(2), 256)
	s.rows[windows][block(4)] = slices.Concat(hash(0), hash(1))
	s.checkWindow(t, repeats.NewFilter(id, 1000), 0, 2)
}

// An event that came again after it was too old, and whose first place a larger window reads too,
// is known until its second place is too old.
func TestLargerWindow(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 256)
	s.foldAll(t, f, 0, 300, 256)
	s.foldAll(t, f, 0, 1, 1)
	f = repeats.NewFilter(id, 400)
	s.foldAll(t, f, 1000, 1100, 1)
	if repeat, err := s.fold(f, named(0)); !repeat || err != nil {
		t.Errorf("a repeat: %t, %v: it is forgotten with its first place", repeat, err)
	}
}

// A batch of more than the window removes no blocks that were never stored.
func TestLargeBatch(t *testing.T) {
	s, f := newStore(), repeats.NewFilter(id, 10)
	for n := range 2600 {
		if _, err := s.fold(f, named(n)); err != nil {
			t.Fatal(err)
		}
	}
	if w := s.commit(f); len(w) > 2 {
		t.Errorf("%d writes, want a block and a removal at most", len(w))
	}
}

// Damaged blocks end Run.
func TestDamagedWindow(t *testing.T) {
	for name, row := range map[string]struct {
		key   string
		value []byte
	}{
		"half a hash":     {block(0), make([]byte, 24)},
		"too many hashes": {block(0), make([]byte, 257*16)},
		"a longer key":    {block(0) + "x", make([]byte, 16)},
		"a shorter key":   {block(0)[:len(block(0))-1], make([]byte, 16)},
	} {
		s := newStore()
		s.rows[windows][row.key] = row.value
		_, err := s.fold(repeats.NewFilter(id, 10), named(1))
		if !errors.Is(err, brook.ErrPermanent) || !errors.Is(err, key.ErrCorrupt) {
			t.Errorf("%s: %v, want one that wraps ErrPermanent and ErrCorrupt", name, err)
		}
	}
	s, f := newStore(), repeats.NewFilter(id, 10)
	s.err = errors.New("away")
	if _, err := s.fold(f, named(1)); !errors.Is(err, s.err) {
		t.Errorf("%v, want the store's error", err)
	}
	s.err = nil
	s.foldAll(t, f, 1, 2, 1)
}
