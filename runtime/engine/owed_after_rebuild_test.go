package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"time"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/lending"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// The way of every bug: it makes dead letters, the mended code is deployed, the views are rebuilt,
// and every order is completed, once (rule 26).
func TestWhatALetterNeverDidHappensAfterTheFix(t *testing.T) {
	d, s := memdriver.New(), newStore()
	apptest.Unacted(t, d, s, nil, nil)
}

// It does so whatever operation of store or driver fails, or is the last before a crash.
func TestWhatALetterNeverDidHappensWhateverFails(t *testing.T) {
	for _, kind := range []storetest.FaultKind{storetest.Fail, storetest.CrashBefore,
		storetest.CrashAfter} {
		step := 3
		if testing.Short() || race.Enabled {
			step = 17
		}
		for n, struck := 1, true; struck; n += step {
			d, s := memdriver.New(), newStore()
			fault := storetest.NewFault(kind, n)
			apptest.Unacted(t, d, s, fault, func() (brook.Driver, brook.Store) {
				return drivertest.Faulty(d, fault), storetest.Faulty(s, fault)
			})
			if struck = fault.Struck(); t.Failed() {
				t.Fatalf("fault kind %d at operation %d", kind, n)
			}
		}
	}
}

// noted counts what was emitted, by account.
func noted(t *testing.T, d *memdriver.Driver) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, r := range apptest.Log(t, d) {
		if slices.ContainsFunc(r.Headers, func(h brook.Header) bool {
			return h.Key == "ce_type" && string(h.Value) == ledger.NotedType
		}) {
			n[string(r.Key)]++
		}
	}
	return n
}

// faulty fails the moves that are to emit for as long as it is on.
func faulty(on *atomic.Bool) *ledger.Audit {
	return &ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
		if on.Load() && e.Data.Order == "emit" {
			return errBroken
		}
		return nil
	}}
}

// What is redriven or dropped while a rebuild goes on is decided at its promotion: it is emitted
// once or never, and no letter comes back (rule 26).
func TestLettersThatAreDealtWithDuringARebuild(t *testing.T) {
	for _, c := range []struct {
		name  string
		early bool // the bug is gone before the rebuild comes to the event
		drop  bool
		want  int
	}{{"redriven", true, false, 1}, {"redriven, and failed in the rebuild", false, false, 1},
		{"dropped", true, true, 0}, {"dropped, and failed in the rebuild", false, true, 0}} {
		t.Run(c.name, func(t *testing.T) {
			d, s := memdriver.New(), newSpy(newStore())
			var bug atomic.Bool
			bug.Store(true)
			h := open(t, config(d, s), faulty(&bug))
			h.opened("a")
			h.fails(h.move("a", 1, "emit"))
			h.fails(h.move("a", 2, "emit")) // which waits
			bug.Store(!c.early)
			var once sync.Once
			s.onCommit(func(ctx context.Context, b *brook.Batch, do func() error) error {
				err := do()
				for _, w := range b.Writes {
					if strings.Contains(s.name(w.Table), "/2/positions") {
						once.Do(func() {
							bug.Store(false)
							deal := h.Redrive
							if c.drop {
								deal = h.Drop
							}
							if n, err := deal(h.ctx, nil); n != 2 || err != nil {
								t.Errorf("dealt with %d, %v", n, err)
							}
						})
					}
				}
				return err
			})
			if err := h.Rebuild(h.ctx); err != nil {
				t.Fatal(err)
			}
			if l := h.letters(); len(l) != 0 {
				t.Errorf("letters came back: %v", l)
			}
			h.wait(h.move("a", 3, "emit"))
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
			if err := h.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, want := noted(t, d)["a"], 2*c.want+1; got != want {
				t.Errorf("%d emissions, want %d", got, want)
			}
		})
	}
}

// What was dropped stays dropped, until the log has it no more (rule 26).
func TestDroppedLettersStayDropped(t *testing.T) {
	d, s := memdriver.New(), newStore()
	var bug atomic.Bool
	bug.Store(true)
	c := config(d, s)
	c.OnRetention = brook.GoOn
	h := open(t, c, faulty(&bug))
	h.opened("a")
	h.fails(h.move("a", 1, "emit"))
	if n, err := h.Drop(h.ctx, nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.fails(h.move("a", 2, "emit"))
	rebuild := func(on bool) {
		t.Helper()
		bug.Store(on)
		if err := h.Rebuild(t.Context(), brook.AcceptLetters()); err != nil {
			t.Fatal(err)
		}
		l := slices.DeleteFunc(h.letters(),
			func(l brook.DeadLetter) bool { return l.Attempts == 0 })
		if on && len(l) > 1 || !on && len(l) > 0 {
			t.Errorf("letters, with the bug %t: %v", on, l)
		}
	}
	rebuild(true)
	rebuild(false)
	h.balance("a", 3, 2) // Books took both
	watching, cancel := context.WithCancel(t.Context())
	defer cancel()
	for u, err := range h.Views.Notes.Watch(watching, "a") { // Run takes over what the letter owed, and folds it
		if err != nil {
			t.Fatal(err)
		}
		if u.Present {
			break
		}
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := noted(t, d)["a"]; got != 1 {
		t.Errorf("%d emissions, want that of the letter that was not dropped", got)
	}
	rebuild(true)
	bug.Store(false)
	live := func() string { return fmt.Sprint(4, "/dropped") }
	if rows := rawRows(t, s, live()); len(rows) != 1 {
		t.Fatalf("kept of what was dropped: %v", rows)
	}
	if err := d.Trim("ledger", 0, 2); err != nil {
		t.Fatal(err)
	}
	bug.Store(true)
	if _, err := h.move("a", 4, "emit"); err != nil {
		t.Fatal(err)
	}
	if err := h.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Drop(t.Context(), nil); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	for k := range rawRows(t, s, live()) {
		if strings.Contains(k, "\x00\x00\x00\x01\x00") {
			t.Errorf("what the log no longer has is kept: %q", k)
		}
	}
	if rows := rawRows(t, s, live()); len(rows) == 0 {
		t.Error("nothing is kept of what was dropped last")
	}
}

// A store that does not answer decides nothing: a letter is not silent because of it.
func TestFailingReadsMakeNoLetterSilent(t *testing.T) {
	s := newStore()
	var bug, fails atomic.Bool
	bug.Store(true)
	flaky := storetest.Faulty(&flakyLetters{Store: s, on: &fails},
		storetest.NewFault(storetest.Fail, 0))
	d := memdriver.New()
	h := open(t, config(d, flaky), faulty(&bug))
	h.opened("a")
	h.fails(h.move("a", 1, "emit"))
	fails.Store(true)
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	fails.Store(false)
	if l := h.letters(); len(l) != 1 || l[0].Silent {
		t.Fatalf("letters: %+v", l)
	}
	bug.Store(false)
	if n, err := h.Redrive(h.ctx, nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := noted(t, d)["a"]; got != 1 {
		t.Errorf("%d emissions, want 1", got)
	}
}

// flakyLetters is a store of which, once it is on, every other scan and get fails.
type flakyLetters struct {
	brook.Store
	on *atomic.Bool
	n  atomic.Int64
}

func (s *flakyLetters) Drop(ctx context.Context, t brook.Table) error {
	return s.Store.(brook.Dropper).Drop(ctx, t)
}

func (s *flakyLetters) Latest() brook.Reader { return flakyReader{s.Store.Latest(), s} }

type flakyReader struct {
	brook.Reader
	s *flakyLetters
}

var errFlaky = errors.New("no answer")

func (r flakyReader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	if r.s.on.Load() && r.s.n.Add(1)%2 == 0 {
		return brook.Value{}, errFlaky
	}
	return r.Reader.Get(ctx, t, key)
}

// blind can write events of a type that it can't read.
type blind struct{ brook.CloudEvents }

func (b blind) Open(r *brook.Record, m *brook.Message) error {
	if t, _ := r.Header("ce_type"); string(t) == ledger.NotedType {
		return errors.New("written for others only")
	}
	return b.CloudEvents.Open(r, m)
}

// One emission that a rebuild owes and whose record can't be opened (the envelope is another one
// now, or writes only) becomes a letter and holds up no others.
func TestOwedEmissionThatCantBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.Envelope = blind{}
		var b breaker
		app := newLedger(t, c,
			&ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
				if e.Data.Cents == 7 {
					return b.do(ctx, brook.Event[ledger.Moved]{Data: ledger.Moved{Order: "fail"}})
				}
				return nil
			}})
		defer app.Close()
		at(t, c.Driver, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"a","cents":7,"order":"emit"}`)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(letters(t, app)); n != 1 {
			t.Fatalf("%d letters", n)
		}
		b.set(true)
		if err := app.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		at(t, c.Driver, min_(0), "b", ledger.OpenedType, `{"account":"b"}`)
		at(t, c.Driver, min_(0), "b", ledger.MovedType, `{"account":"b","cents":1,"order":"emit"}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := app.CatchUp(ctx); err != nil {
			t.Errorf("nothing is published any more: %v", err)
		}
		l := slices.DeleteFunc(letters(t, app), func(l brook.DeadLetter) bool {
			return l.Stage == brook.StageDecode // of what was emitted for b
		})
		if len(l) != 1 || l[0].Stage != brook.StageEmit ||
			!strings.Contains(l[0].Error, "written for others only") {
			t.Errorf("letters: %+v", l)
		}
		if n := len(published(t, c.Driver.(lending.Driver).Driver, "ledger")); n != 4+1 {
			t.Errorf("%d records, want the four and what was emitted for b", n)
		}
	})
}
