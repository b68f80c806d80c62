package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A letter of an event that was acted on before a rebuild emits nothing, however often it is tried.
func TestSilentLetterStaysSilentWhenItFailsAgain(t *testing.T) {
	var b breaker
	b.set(true)
	h := start(t, &ledger.Audit{Do: b.do})
	h.opened("a")
	at := h.wait(h.move("a", 1, "fail")) // acted on
	b.set(false)
	if err := h.Rebuild(h.ctx, brook.AcceptLetters()); err != nil {
		t.Fatal(err)
	}
	for try := 1; try <= 3; try++ {
		if l := h.letters(); len(l) != 1 || l[0].Position != at || !l[0].Silent ||
			l[0].Attempts != try {
			t.Fatalf("letters: %+v", l)
		}
		if n, err := h.Redrive(h.ctx, nil); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	}
}

// closedEnvelope is an envelope that opens nothing while it is on.
type closedEnvelope struct {
	brook.CloudEvents
	on *atomic.Bool
}

var errRefused = errors.New("refused")

func (e closedEnvelope) Open(r *brook.Record, m *brook.Message) error {
	if err := e.CloudEvents.Open(r, m); err != nil {
		return err
	}
	if e.on.Load() {
		return errRefused
	}
	return nil
}

// A letter of one set whose record can't be decoded any more stays that set's: the others took the
// event before, and don't get it again.
func TestLetterThatNoLongerDecodesStaysItsSets(t *testing.T) {
	var b breaker
	var refuse atomic.Bool
	c := config(memdriver.New(), newStore())
	c.Envelope = closedEnvelope{on: &refuse}
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.opened("a")
	at := h.fails(h.move("a", 7, "fail")) // Books took it
	refuse.Store(true)
	if n, err := h.Redrive(h.ctx, nil); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if l := h.letters(); len(l) != 1 || l[0].Position != at || l[0].Stage != brook.StageDecode ||
		l[0].Set != "Audit" || string(l[0].Key) != "a" || l[0].Attempts != 2 {
		t.Fatalf("letters: %+v", l)
	}
	refuse.Store(false)
	b.set(true)
	if n, err := h.Redrive(h.ctx, nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.balance("a", 7, 1)
	h.note("a", "+7 makes 7")
}

// between is a shared store as one process sees it: others do something between two of its reads.
type between struct {
	*shared
	reads atomic.Int32 // after which others do
	do    func()
}

func (s *between) Latest() brook.Reader { return betweenReader{s.shared.Latest(), s} }

type betweenReader struct {
	brook.Reader
	s *between
}

func (r betweenReader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	v, err := r.Reader.Get(ctx, t, key)
	if r.s.do != nil && r.s.reads.Add(-1) == 0 {
		r.s.do()
	}
	return v, err
}

// Rule 19: of two processes that redrive or drop one letter one does, whatever read of the one the
// other comes after.
func TestLetterIsRedrivenByOneProcess(t *testing.T) {
	drop := func(app *ledger.App) (int, error) { return app.Drop(t.Context(), nil) }
	redrive := func(app *ledger.App) (int, error) { return app.Redrive(t.Context(), nil) }
	for name, c := range map[string]struct {
		first, second func(*ledger.App) (int, error)
	}{
		"redriven twice": {redrive, redrive}, "dropped, then redriven": {drop, redrive},
		"redriven, then dropped": {redrive, drop}, "dropped twice": {drop, drop},
	} {
		came := true
		for reads := int32(1); came; reads++ {
			fail := errors.New("not yet")
			d, s := memdriver.New(), newShared()
			audit := func() *ledger.Audit {
				return &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error { return fail }}
			}
			one := newLedger(t, config(d, s), audit())
			other := &between{shared: s}
			two := newLedger(t, config(d, other), audit())
			if _, err := one.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
				t.Fatal(err)
			}
			if _, err := one.Publish.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: 5}); err != nil {
				t.Fatal(err)
			}
			if err := one.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			fail, came = nil, false
			other.reads.Store(reads)
			n := 0
			other.do = func() {
				var err error
				if n, err = c.first(one); err != nil {
					t.Error(err)
				}
				came = true
			}
			m, err := c.second(two)
			if err != nil || came && n+m != 1 {
				t.Errorf("%s, after %d reads: %d and %d, %v", name, reads, n, m, err)
			}
			want := ledger.Note{"+5 makes 5"}
			if came && n == 1 && strings.HasPrefix(name, "dropped") ||
				!came && strings.HasSuffix(name, "dropped") ||
				came && m == 1 && strings.HasSuffix(name, "dropped") || name == "dropped twice" {
				want = nil
			}
			if note, err := one.Views.Notes.Get("a"); err != nil &&
				!errors.Is(err, brook.ErrNotFound) || !slices.Equal(note, want) {
				t.Errorf("%s, after %d reads: %v, %v, want %v", name, reads, note, err, want)
			}
			one.Close()
			two.Close()
		}
	}
}
