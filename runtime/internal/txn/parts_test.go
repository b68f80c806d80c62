package txn

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/overlay"
)

// The parts of a transaction, each alone. What they are together is tested through Tx.

// A scope marks what is outside of it, and keeps the mark until it is set back.
func TestScopeAlone(t *testing.T) {
	s := &Scope{}
	if !s.Holds([]byte("x")) || !s.HoldsRange(nil, nil) || s.Confined() || s.CrossKey() {
		t.Error("the zero scope does not hold everything")
	}
	s.Confine([]byte("b"))
	for _, c := range []struct {
		from, to string
		holds    bool
	}{{"b", "c", true}, {"b1", "b2", true}, {"b", "c\x00", false}, {"a", "b", false}, {"b", "", false}} {
		s.SetCrossKey(false)
		to := []byte(c.to)
		if c.to == "" {
			to = nil
		}
		if holds := s.HoldsRange([]byte(c.from), to); holds != c.holds || s.CrossKey() == holds {
			t.Errorf("%q to %q: holds %t, cross-key %t", c.from, c.to, holds, s.CrossKey())
		}
	}
	s.SetCrossKey(false)
	if !s.Holds([]byte("b1")) || s.CrossKey() || s.Holds([]byte("a")) || !s.CrossKey() {
		t.Error("a key outside the scope is not told from one inside")
	}
	if s.Holds([]byte("b")); !s.CrossKey() {
		t.Error("the mark is gone")
	}
}

// A loan is for one set, and for its merge functions after it.
func TestLoanAlone(t *testing.T) {
	l := &Loan{}
	l.Next()
	first := l.Lend()
	use := func(when string, lent uint64, possible bool) {
		t.Helper()
		err := l.Enter(lent)
		if err == nil {
			l.Leave()
		}
		if (err == nil) != possible {
			t.Errorf("%s: %v", when, err)
		}
	}
	use("lent", first, true)
	l.Returned()
	use("returned", first, false)
	l.Relend()
	use("lent again", first, true)
	l.Next()
	l.Returned()
	l.Relend()
	use("of the set before", first, false)
	use("of a set that was lent nothing", l.set, false)
	if second := l.Lend(); second == first {
		t.Error("two sets have one number")
	}
}

// Faults tell what is the store's from what is the set's.
func TestFaultsAlone(t *testing.T) {
	down, gone := errors.New("down"), errors.New("gone")
	unreadable := fmt.Errorf("%w: 1970", brook.ErrUnreadable)
	f := &Faults{}
	if err := f.note(fmt.Errorf("no: %w", brook.ErrNotFound)); err != brook.ErrNotFound {
		t.Errorf("a row that is not there: %v", err)
	}
	if f.note(nil) != nil || f.StoreFault() != nil || f.Failure() != nil {
		t.Error("nothing went wrong")
	}
	f.Fail(gone)
	if err := f.note(unreadable); err != unreadable || f.Failure() != unreadable {
		t.Errorf("a row that can't be read: %v, and %v", err, f.Failure())
	}
	_ = f.note(fmt.Errorf("%w: 1971", brook.ErrUnreadable))
	if f.Failure() != unreadable || f.StoreFault() != nil {
		t.Errorf("the first unreadable row does not count: %v, %v", f.Failure(), f.StoreFault())
	}
	_, _ = f.note(down), f.note(gone)
	if f.StoreFault() != down {
		t.Errorf("the first fault does not count: %v", f.StoreFault())
	}
}

// A row is checked once for each version in which it was read.
func TestReadSetAlone(t *testing.T) {
	r := NewReadSet()
	k := []byte("a")
	r.Add("t", 0, k, 3)
	r.Add("t", 0, k, 3)
	r.Add("u", 1, k, 3)
	r.Add("t", 0, k, 4)
	k[0] = 'b'
	var got []string
	for _, c := range r.Checks() {
		got = append(got, fmt.Sprint(c.Table, string(c.Key), c.Version))
	}
	if s := strings.Join(got, " "); s != "ta3 ua3 ta4" || r.Scanned() {
		t.Errorf("checks %q, scanned %t", s, r.Scanned())
	}
	if r.Scan(); !r.Scanned() {
		t.Error("a scan is not noted")
	}
	checks := r.Checks()
	r.reset()
	r.Add("t", 0, k, 9)
	if len(checks) != 3 || string(checks[0].Key) != "a" || len(r.Checks()) != 1 || r.Scanned() {
		t.Errorf("after a reset: %v, %v", checks, r.Checks())
	}
}

// written is an event that is recorded.
type written struct{ made int }

func (w *written) HistoryEntry() *brook.HistoryEntry {
	w.made++
	return &brook.HistoryEntry{Position: brook.Position{Topic: "t", Offset: 7}}
}

// past is a reader of histories alone.
type past struct {
	brook.Reader
	entries []*brook.HistoryEntry
	asked   int
	err     error
}

func (p *past) History(
	context.Context, brook.Table, []byte,
) iter.Seq2[*brook.HistoryEntry, error] {
	p.asked++
	return func(yield func(*brook.HistoryEntry, error) bool) {
		if p.err != nil {
			yield(nil, p.err)
			return
		}
		for _, e := range p.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// An event is appended once to each row, and if it was a dead letter, only where it is not yet.
func TestRecorderAlone(t *testing.T) {
	o := overlay.New(1)
	names := []brook.Table{"t"}
	entries := func() (n int) {
		for _, w := range o.Writes(nil, names) {
			n += len(w.History)
		}
		return n
	}
	change := func(key string) *overlay.Cell {
		c := o.At(0, []byte(key))
		c.Set(1)
		return c
	}
	p := &past{}
	b := &Base{reader: p, tables: names}
	r := &recorder{}
	if err := r.record(change("a"), b); err != nil || entries() != 0 {
		t.Errorf("an event that is not kept: %v, %d entries", err, entries())
	}
	w := &written{}
	r.Record(w)
	for range 2 {
		_, _ = r.record(change("a"), b), r.record(change("b"), b)
	}
	if w.made != 1 || entries() != 2 || p.asked != 0 {
		t.Errorf("made %d times, %d entries, asked %d times", w.made, entries(), p.asked)
	}

	r = &recorder{redriven: true, event: w}
	p.entries = []*brook.HistoryEntry{{}, w.HistoryEntry()}
	if err := r.record(change("c"), b); err != nil || entries() != 2 {
		t.Errorf("a row that has it: %v, %d entries", err, entries())
	}
	cleared := change("d")
	cleared.Delete()
	cleared.Set(1)
	if err := r.record(cleared, b); err != nil || entries() != 3 || p.asked != 1 {
		t.Errorf("a row made anew: %v, %d entries, asked %d times", err, entries(), p.asked)
	}
	p.err = errors.New("down")
	if err := r.record(change("e"), b); err != p.err || b.StoreFault() != p.err || entries() != 3 {
		t.Errorf("no answer: %v, fault %v, %d entries", err, b.StoreFault(), entries())
	}
}

// A reservation is held by another row that has the very value.
func TestHolder(t *testing.T) {
	rows := func(keys ...string) iter.Seq2[brook.Row, error] {
		return func(yield func(brook.Row, error) bool) {
			for _, k := range keys {
				if !yield(brook.Row{Key: []byte(k)}, nil) {
					return
				}
			}
		}
	}
	c := &reservation{value: []byte("v"), row: []byte("1")}
	if from, to := c.span(); string(from) != "v" || string(to) != "w" {
		t.Errorf("span %q to %q", from, to)
	}
	for keys, want := range map[string]string{"": "", "v1": "", "v1 v2": "2", "v0 v1": "0"} {
		if got, err := c.holder(rows(strings.Fields(keys)...)); string(got) != want || err != nil {
			t.Errorf("%q is held by %q, %v, want %q", keys, got, err, want)
		}
	}
	down := errors.New("down")
	_, err := c.holder(func(yield func(brook.Row, error) bool) { yield(brook.Row{}, down) })
	if err != down {
		t.Errorf("no answer: %v", err)
	}
}
