package engine_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// reports collects what rebuilds came to.
type reports struct {
	mu  sync.Mutex
	all []brook.RebuildReport
}

func (r *reports) hook(report brook.RebuildReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, report)
}

func (r *reports) last(t *testing.T, n int) brook.RebuildReport {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) != n {
		t.Fatalf("%d reports, want %d", len(r.all), n)
	}
	return r.all[n-1]
}

// A rebuild in which events no longer decode keeps the live views, says in error, hook and log what
// failed, and is promoted by who accepts that (rules 18, 26).
func TestRebuildThatFailsMoreIsRefused(t *testing.T) {
	var refuse atomic.Bool
	var all reports
	var out bytes.Buffer
	c := config(memdriver.New(), newStore())
	c.Envelope = closedEnvelope{on: &refuse}
	c.Hooks.Rebuilt = all.hook
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	h := open(t, c, &ledger.Audit{})
	h.opened("a", "b")
	h.wait(h.move("a", 1, ""))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	refuse.Store(true)
	err := h.Rebuild(t.Context())
	var refused *brook.RebuildRefusedError
	if !errors.Is(err, brook.ErrRebuildRefused) || !errors.As(err, &refused) ||
		errors.Is(err, brook.ErrDeadLettersFull) {
		t.Fatalf("Rebuild: %v", err)
	}
	for _, want := range []string{"2 × account.opened (decode: refused)", "ledger/0/0",
		"AcceptLetters"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not speak of %q", err, want)
		}
	}
	for _, want := range []string{"level=WARN", "level=ERROR", "account.opened",
		"rebuild is refused"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log does not speak of %q:\n%s", want, &out)
		}
	}
	if r := all.last(t, 1); r.Promoted || r.Letters != 3 ||
		len(r.Failures) != 1 && len(r.Failures) != 2 || len(r.First) == 0 ||
		r.First[0].Position != (brook.Position{Topic: "ledger"}) ||
		r.First[0].Stage != brook.StageDecode {
		t.Errorf("report %+v", r)
	}
	h.balance("a", 1, 1)
	if l := h.letters(); len(l) != 0 {
		t.Errorf("the live views have letters: %v", l)
	}
	if err := h.Rebuild(t.Context(), brook.AcceptLetters()); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Views.Accounts.Len(); n != 0 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
	if r := all.last(t, 2); !r.Promoted || r.Letters != 3 {
		t.Errorf("report %+v", r)
	}
	for _, l := range h.letters() {
		if !l.Silent {
			t.Errorf("what was acted on is not silent: %v", l)
		}
	}
}

// A refused rebuild of stale views is not tried again before the next start, and the live views go
// on under the new code.
func TestLiveViewsGoOnAfterARefusedRebuild(t *testing.T) {
	d, s := memdriver.New(), newStore()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("a")
	h.wait(h.move("a", 1, "fail"))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.App.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, s, foreignCode)
	var all reports
	refused := make(chan struct{}, 10)
	c := config(d, s)
	c.Hooks.Rebuilt = func(r brook.RebuildReport) { all.hook(r); refused <- struct{}{} }
	var b breaker
	h = open(t, c, &ledger.Audit{Do: b.do}) // with a bug
	<-refused
	h.wait(h.move("a", 2, ""))
	h.balance("a", 3, 2)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.CatchUp(t.Context()); err != nil { // the same process
		t.Fatal(err)
	}
	all.last(t, 1)
	if err := h.App.Close(); err != nil {
		t.Fatal(err)
	}
	app := newLedger(t, c, &ledger.Audit{Do: b.do})
	if err := app.CatchUp(t.Context()); !errors.Is(err, brook.ErrRebuildRefused) { // tells it once it has caught up
		t.Errorf("CatchUp: %v", err)
	}
	if n, err := app.Views.Lines.Len(); n != 2 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	all.last(t, 2)
	app = newLedger(t, c, &ledger.Audit{}) // mended
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := all.last(t, 3); !r.Promoted {
		t.Errorf("report %+v", r)
	}
}

// Config.MaxDeadLetters holds for a rebuild: more letters end it (rule 18).
func TestTooManyLettersEndARebuild(t *testing.T) {
	var b breaker
	b.set(true)
	c := config(memdriver.New(), newStore())
	c.MaxDeadLetters, c.BatchSize = 3, 2
	h := open(t, c, &ledger.Audit{Do: b.do})
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		h.opened(id)
		h.wait(h.move(id, 1, "fail"))
	}
	b.set(false)
	err := h.Rebuild(h.ctx, brook.AcceptLetters())
	if !errors.Is(err, brook.ErrRebuildRefused) || !errors.Is(err, brook.ErrDeadLettersFull) ||
		strings.Contains(err.Error(), "AcceptLetters") {
		t.Errorf("Rebuild: %v", err)
	}
	if l := h.letters(); len(l) != 0 {
		t.Errorf("letters: %v", l)
	}
	h.balance("e", 1, 1)
}

// Events of a type that the live views were made from, and the code does not know, are counted and
// told.
func TestRebuildTellsOfEventsThatItPassedOver(t *testing.T) {
	d, s := memdriver.New(), newStore()
	var all reports
	c := config(d, s)
	c.Hooks.Rebuilt = all.hook
	h := open(t, c, &ledger.Audit{})
	h.opened("a")
	for i := range 3 {
		at(t, d, min_(i), "a", "account.closed.before", `{}`)
		at(t, d, min_(i), "a", "never.ours", `{}`)
	}
	h.opened("b")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.App.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, s, func(state map[string]any) { // an event was renamed
		made := state["Made"].(map[string]any)["accounts"].(map[string]any)
		events := made["Events"].([]any)
		made["Events"] = append(events,
			map[string]any{"Event": "account.closed.before", "Topic": "ledger",
				"Handlers": []any{"Books.Closed"}})
	})
	app := newLedger(t, c, &ledger.Audit{})
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := all.last(t, 1); len(r.Passed) != 1 || r.Passed["account.closed.before"] != 3 ||
		!r.Promoted {
		t.Errorf("report %+v", r)
	}
}

// One failed operation of store or driver makes a rebuild wait, not end (rule 26).
func TestFailuresMakeARebuildWait(t *testing.T) {
	var bug atomic.Bool
	bug.Store(true)
	for n, struck := 1, true; struck; n++ {
		d, s := memdriver.New(), newStore()
		h := open(t, config(d, s), faulty(&bug))
		h.opened("a", "b")
		h.fails(h.move("a", 1, "emit"))
		h.wait(h.move("b", 2, ""))
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		if err := h.App.Close(); err != nil {
			t.Fatal(err)
		}
		armed := &lateFault{}
		fault := storetest.NewFault(storetest.Fail, n)
		armed.Store, armed.faulty = s, storetest.Faulty(s, fault)
		app := newLedger(t, config(d, armed), faulty(&bug))
		armed.on.Store(true)
		if err := app.Rebuild(t.Context()); err != nil {
			t.Fatalf("operation %d: %v", n, err)
		}
		armed.on.Store(false)
		if l := letters(t, app); len(l) != 1 || l[0].Silent {
			t.Fatalf("operation %d: letters %+v", n, l)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		struck = fault.Struck()
	}
}

// lateFault is a store that fails once it is on.
type lateFault struct {
	brook.Store
	faulty brook.Store
	on     atomic.Bool
}

func (s *lateFault) now() brook.Store {
	if s.on.Load() {
		return s.faulty
	}
	return s.Store
}

func (s *lateFault) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	return s.now().Table(ctx, spec)
}
func (s *lateFault) Latest() brook.Reader { return lateReader{s} }
func (s *lateFault) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	return s.now().Snapshot(ctx)
}
func (s *lateFault) Commit(ctx context.Context, b *brook.Batch) error {
	return s.now().Commit(ctx, b)
}
func (s *lateFault) Drop(ctx context.Context, t brook.Table) error {
	return s.now().(brook.Dropper).Drop(ctx, t)
}

type lateReader struct{ s *lateFault }

func (r lateReader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	return r.s.now().Latest().Get(ctx, t, key)
}

func (r lateReader) Scan(ctx context.Context,
	t brook.Table, from, to []byte) iter.Seq2[brook.Row, error] {
	return r.s.now().Latest().Scan(ctx, t, from, to)
}

func (r lateReader) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return r.s.now().Latest().History(ctx, t, key)
}

// Retention that overtakes a rebuild's reader does not end it where loss is accepted, and is told
// as such where not (rule 26).
func TestRetentionOvertakesARebuild(t *testing.T) {
	for _, goOn := range []bool{true, false} {
		d, s := memdriver.New(), newStore()
		c := config(d, s)
		if goOn {
			c.OnRetention = brook.GoOn
		}
		var trim atomic.Bool
		var once sync.Once
		audit := &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			if trim.Load() {
				once.Do(func() {
					if err := d.Trim("ledger", 0, 4900); err != nil {
						t.Error(err)
					}
				})
			}
			return nil
		}}
		app := newLedger(t, c, audit)
		_, err := app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
			yield(brook.Emit(ledger.Opened{Account: "a"}))
			for i := 1; i < 5000; i++ {
				if !yield(brook.Emit(ledger.Moved{Account: "a", Cents: 1, Order: "quiet"})) {
					return
				}
			}
		})
		if err == nil {
			err = app.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		trim.Store(true)
		err = app.Rebuild(t.Context())
		a, gerr := app.Views.Accounts.Get("a")
		if gerr != nil {
			t.Fatal(gerr)
		}
		switch {
		case goOn && (err != nil || a.Moves >= 4999 || a.Moves < 100):
			t.Errorf("going on: %v, with %d moves", err, a.Moves)
		case !goOn && (!errors.Is(err, brook.ErrRetention) || a.Moves != 4999):
			t.Errorf("not going on: %v, with %d moves", err, a.Moves)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Over a shared store a promotion gets its turn, however often others commit; and these go on (rule
// 26).
func TestPromotionGetsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := log(t, 1, []brook.Outgoing{brook.Emit(ledger.Opened{Account: "a"})}), newShared()
		h := &heeded{shared: s}
		app := newLedger(t, config(d, h), &ledger.Audit{})
		defer app.Close()
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := another(t, d, s)
		synctest.Wait() // nobody waits for a lock, which would stop the clock
		commits := 0
		h.before = func(b *brook.Batch) {
			if !writesState(b) || commits > 100 {
				return
			}
			// Another process commits whenever this one is about to write the state.
			commits++
			if _, err := other.Publish.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: 1}); err != nil {
				t.Error(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := other.CatchUp(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
		if err := app.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if commits > 20 {
			t.Errorf("it took %d commits of the other process", commits)
		}
		h.before = nil
		if err := other.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, app := range []*ledger.App{app, other} {
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if a, err := app.Views.Accounts.Get("a"); a.Moves != commits || err != nil {
				t.Errorf("%d moves, %v; want %d", a.Moves, err, commits)
			}
		}
	})
}

// Who asked the others to rest, and died, holds them up once, for a while.
func TestDeadPromotionsHoldNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := log(t, 1, []brook.Outgoing{brook.Emit(ledger.Opened{Account: "a"})}), newShared()
		app := another(t, d, s)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		alter(t, s, func(state map[string]any) { state["Promoting"] = map[string]any{"Generation": 7, "ID": "dead"} })
		for i := range 3 {
			started := time.Now()
			if _, err := app.Publish.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: 1}); err != nil {
				t.Fatal(err)
			}
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(started); took > 4*time.Second || i > 0 && took > time.Second {
				t.Errorf("time %d took %s", i, took)
			}
		}
	})
}

// Close ends a rebuild, and the next open removes what is left of it, in the background.
func TestCloseCancelsARebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newStore()
		var hang atomic.Bool
		entered := make(chan struct{})
		var once sync.Once
		h := open(t, config(d, s),
			&ledger.Audit{Do: func(ctx context.Context, _ brook.Event[ledger.Moved]) error {
				if hang.Load() {
					once.Do(func() { close(entered) })
					<-ctx.Done()
				}
				return nil
			}})
		h.opened("a")
		h.wait(h.move("a", 1, ""))
		hang.Store(true)
		ended := make(chan error, 1)
		go func() { ended <- h.Rebuild(context.Background()) }()
		<-entered
		if err := h.App.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, brook.ErrClosed) {
			t.Errorf("Rebuild: %v", err)
		}
		app := newLedger(t, config(d, s), &ledger.Audit{})
		defer app.Close()
		synctest.Wait()
		wantNothingLeft(t, s, "2")
		if a, err := app.Views.Accounts.Get("a"); a.Moves != 1 || err != nil {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
