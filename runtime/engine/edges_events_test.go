package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// spy is a store whose operations can be intercepted.
type spy struct {
	brook.Store
	mu      sync.Mutex
	commit  func(ctx context.Context, b *brook.Batch, do func() error) error
	scan    func(t brook.Table)
	scanErr func() error
	durable bool
	names   map[brook.Table]string
}

func newSpy(s brook.Store) *spy { return &spy{Store: s, names: map[brook.Table]string{}} }

func (s *spy) Durable() bool { return s.durable }
func (s *spy) Holds() *brook.Holds {
	if h, ok := s.Store.(brook.Holder); ok {
		return h.Holds()
	}
	return nil
}
func (s *spy) Drop(ctx context.Context, t brook.Table) error {
	return s.Store.(brook.Dropper).Drop(ctx, t)
}
func (s *spy) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	t, err := s.Store.Table(ctx, spec)
	s.mu.Lock()
	s.names[t] = spec.Name
	s.mu.Unlock()
	return t, err
}
func (s *spy) name(t brook.Table) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[t]
}
func (s *spy) onCommit(f func(ctx context.Context, b *brook.Batch, do func() error) error) {
	s.mu.Lock()
	s.commit = f
	s.mu.Unlock()
}
func (s *spy) onScan(f func(t brook.Table)) {
	s.mu.Lock()
	s.scan = f
	s.mu.Unlock()
}
func (s *spy) Commit(ctx context.Context, b *brook.Batch) error {
	s.mu.Lock()
	f := s.commit
	s.mu.Unlock()
	do := func() error { return s.Store.Commit(ctx, b) }
	if f != nil {
		return f(ctx, b, do)
	}
	return do()
}
func (s *spy) Latest() brook.Reader { return spyReader{s.Store.Latest(), s} }

type spyReader struct {
	brook.Reader
	s *spy
}

func (r spyReader) Scan(ctx context.Context,
	t brook.Table, from, to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		r.s.mu.Lock()
		f, e := r.s.scan, r.s.scanErr
		r.s.mu.Unlock()
		if f != nil {
			f(t)
		}
		if e != nil {
			if err := e(); err != nil {
				yield(brook.Row{}, err)
				return
			}
		}
		for row, err := range r.Reader.Scan(ctx, t, from, to) {
			if !yield(row, err) {
				return
			}
		}
	}
}

func newLedger(t *testing.T, c brook.Config, a *ledger.Audit) *ledger.App {
	t.Helper()
	app, err := ledger.NewApp(c, ledger.Books{}, a)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func letters(t *testing.T, app *ledger.App) (all []brook.DeadLetter) {
	t.Helper()
	for l, err := range app.DeadLetters() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// at publishes a record with a time.
func at(t *testing.T, d brook.Driver, when time.Time, key, typ, data string,
	headers ...brook.Header) brook.Position {
	t.Helper()
	r := brook.Record{Topic: "ledger", Key: []byte(key), Time: when}
	m := brook.Message{ID: fmt.Sprint(when.UnixNano(), key), Type: typ, Author: "x", Time: when,
		Data: []byte(data), Headers: headers}
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		t.Fatal(err)
	}
	p, err := d.Publish(context.Background(), []brook.Record{r})
	if err != nil {
		t.Fatal(err)
	}
	return p[0]
}

var base = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func min_(n int) time.Time { return base.Add(time.Duration(n) * time.Minute) }

// two accounts in different partitions of 2.
// within fails where f takes longer.
func within(t *testing.T, d time.Duration, what string, f func()) bool {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
		return true
	case <-time.After(d):
		t.Errorf("STUCK: %s took longer than %s", what, d)
		return false
	}
}

func TestRedriveOfColdStartIsTakenForARepeat(t *testing.T) {
	d := memdriver.New()
	run := func(fail string, redrive bool) *ledger.App {
		var b breaker
		app := newLedger(t, config(d, newStore()),
			&ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
				if e.Data.Cents == 1 && fail == "1" || e.Data.Cents == 2 && fail == "2" {
					b.mu.Lock()
					defer b.mu.Unlock()
					if !b.off {
						return errBroken
					}
				}
				return nil
			}})
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.set(true)
		if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		return app
	}
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(1), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
	app := run("1", true)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	// The process starts anew: the map store has forgotten.
	at(t, d, min_(2), "a", ledger.MovedType, `{"account":"a","cents":2,"order":"emit"}`)
	app = run("2", true)
	defer app.Close()
	notes, _ := app.Views.Notes.Get("a")
	if len(notes) != 2 {
		t.Errorf("notes are %q: the redriven emission was dropped as a repeat", notes)
	}
}

func TestRedrivenEmissionsAfterReopen(t *testing.T) {
	d := &refusing{Driver: memdriver.New()}
	s := newSpy(newStore())
	s.durable = true
	var b breaker
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	at(t, d, min_(0), "b", ledger.OpenedType, `{"account":"b"}`)
	mk := func() *ledger.App {
		return newLedger(t, config(d, s),
			&ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
				b.mu.Lock()
				defer b.mu.Unlock()
				if !b.off {
					return errBroken
				}
				return nil
			}})
	}
	p1 := at(t, d, min_(1), "a", ledger.MovedType, `{"account":"a","cents":1,"order":"emit"}`)
	p2 := at(t, d, min_(2), "b", ledger.MovedType, `{"account":"b","cents":1,"order":"emit"}`)
	app := mk()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.set(true)
	for _, p := range []brook.Position{p2, p1} { // the later one first, as an operator may choose
		if n, err := app.Redrive(t.Context(),
			func(l brook.DeadLetter) bool { return l.Position == p }); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	app.Close() // before anything was published
	app = mk()
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	na, _ := app.Views.Notes.Get("a")
	nb, _ := app.Views.Notes.Get("b")
	if len(na) != 1 || len(nb) != 1 {
		t.Errorf("notes %q and %q: an emission was lost", na, nb)
	}
}

func TestStopWithCanceled(t *testing.T) {
	c := config(memdriver.New(), newStore())
	c.OnFailure = brook.Stop
	app := newLedger(t, c,
		&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			return fmt.Errorf("lookup: %w", context.Canceled)
		}})
	defer app.Close()
	app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"})
	app.Publish.Moved(t.Context(), ledger.Moved{Account: "a"})
	if err := app.Run(t.Context()); err == nil {
		t.Errorf("Run gave nil although its context lives and an event failed under Stop")
	}
}

func TestHooksUnderTheQuiesceLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		var app *ledger.App
		done := make(chan struct{})
		c.Hooks.Unknown = func(brook.Position, string) {
			app.Process.Opened(context.Background(), ledger.Opened{Account: "x"})
			close(done)
		}
		app = newLedger(t, c, &ledger.Audit{})
		at(t, c.Driver, min_(0), "a", "not.ours", `1`)
		defer app.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go app.Run(ctx)
		within(t, time.Minute, "Process in Hooks.Unknown", func() { <-done })
	})
}

func TestFailureHookThatRedrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.MaxDeadLetters = 1
		c.BatchSize = 1
		var app *ledger.App
		done := make(chan struct{})
		var once sync.Once
		c.Hooks.Failure = func(f brook.Failure) {
			if errors.Is(f.Err, brook.ErrDeadLettersFull) {
				app.Drop(context.Background(), nil)
				once.Do(func() { close(done) })
			}
		}
		app = newLedger(t, c, &ledger.Audit{})
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"nobody"}`)
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"nobody"}`)
		at(t, c.Driver, min_(0), "a", ledger.MovedType, `{"account":"nobody"}`)
		defer app.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go app.Run(ctx)
		within(t, time.Minute, "Drop in Hooks.Failure(ErrDeadLettersFull)", func() { <-done })
	})
}

func TestRebuildBetweenResumeAndLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newStore()
		var b breaker
		audit := &ledger.Audit{Do: b.do}
		h := open(t, config(d, s), audit)
		h.opened("a")
		h.fails(h.move("a", 1, "fail"))
		h.stop()
		if err := h.App.Close(); err != nil {
			t.Fatal(err)
		}
		c := config(d, s)
		var app *ledger.App
		// It stands for a rebuild of stale views that is quicker than Run's start.
		c.Hooks.Mode = func(brook.Mode) {
			if err := app.Rebuild(context.Background()); err != nil {
				t.Error(err)
			}
		}
		app = newLedger(t, c, audit)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go app.Run(ctx)
		defer app.Close()
		p, _ := app.Publish.Opened(ctx, ledger.Opened{Account: "z"})
		app.WaitFor(ctx, p)
		b.set(true)
		if n, err := app.Redrive(ctx, nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if l := letters(t, app); len(l) != 0 {
			t.Fatal(l)
		}
		p, err := app.Publish.Moved(ctx, ledger.Moved{Account: "a", Cents: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := app.WaitFor(ctx, p); err != nil {
			t.Errorf("no letters, yet: %v", err)
		}
	})
}

// dying gives a permanent error at its second read.
type nilErr struct{ msg string }

func (e *nilErr) Error() string { return e.msg }

func TestTypedNilErrorCrashes(t *testing.T) {
	app := newLedger(t, config(memdriver.New(), newStore()),
		&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			var e *nilErr
			return e // the classic
		}})
	defer app.Close()
	app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"})
	app.Publish.Moved(t.Context(), ledger.Moved{Account: "a"})
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("the process would die: %v", p)
		}
	}()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestYearPanics(t *testing.T) {
	d := memdriver.New()
	app := newLedger(t, config(d, newStore()), &ledger.Audit{})
	defer app.Close()
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	// A producer that gives microseconds where milliseconds belong, and no ce_time.
	r := brook.Record{Topic: "ledger", Key: []byte("a"),
		Time:  time.UnixMilli(time.Now().UnixMicro()),
		Value: []byte(`{"account":"a","cents":1,"order":"emit"}`),
		Headers: []brook.Header{{Key: "ce_specversion", Value: []byte("1.0")},
			{Key: "ce_type", Value: []byte(ledger.MovedType)}}}
	d.Publish(t.Context(), []brook.Record{r})
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("the process would die: %v", p)
		}
	}()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestYearLetter(t *testing.T) {
	d := memdriver.New()
	var b breaker
	app := newLedger(t, config(d, newStore()), &ledger.Audit{Do: b.do})
	defer app.Close()
	at(t, d, min_(0), "a", ledger.OpenedType, `{"account":"a"}`)
	r := brook.Record{Topic: "ledger", Key: []byte("a"),
		Time:  time.UnixMilli(time.Now().UnixMicro()),
		Value: []byte(`{"account":"a","cents":1,"order":"fail"}`),
		Headers: []brook.Header{{Key: "ce_specversion", Value: []byte("1.0")},
			{Key: "ce_type", Value: []byte(ledger.MovedType)}}}
	d.Publish(t.Context(), []brook.Record{r})
	if err := app.CatchUp(t.Context()); err != nil {
		t.Error(err)
	}
	b.set(true)
	if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
		t.Errorf("redriven %d, %v; %v", n, err, letters(t, app))
	}
}

// rekeyed gives all records the key "a", as a topic does whose number of partitions was raised, or
// whose producers partition each in its own way.
type rekeyed struct{ *memdriver.Driver }
type rekeyedReader struct{ brook.PartitionReader }

func (d *rekeyed) Open(ctx context.Context, p brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, p)
	return rekeyedReader{r}, err
}
func (r rekeyedReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	c, err := r.PartitionReader.Read(ctx, max)
	c.Records = slices.Clone(c.Records)
	for i := range c.Records {
		c.Records[i].Key = []byte("a")
	}
	return c, err
}

func TestOneKeyInTwoPartitions(t *testing.T) {
	d := &rekeyed{memdriver.New(memdriver.Partitions(2))}
	c := config(d, newStore())
	c.BatchSize = 3
	ka, kb := "", ""
	for i := 0; ka == "" || kb == ""; i++ {
		k := fmt.Sprint("k", i)
		if p := at(t, d, min_(0), k, ledger.OpenedType, `{"account":"a"}`); p.Partition == 0 {
			ka = k
		} else {
			kb = k
		}
	}
	h := open(t, c, &ledger.Audit{})
	h.driver = d.Driver
	h.caughtUp()
	for range 2000 {
		at(t, d, min_(1), ka, ledger.MovedType, `{"account":"a","cents":1,"order":"quiet"}`)
		at(t, d, min_(1), kb, ledger.MovedType, `{"account":"a","cents":1,"order":"quiet"}`)
	}
	h.caughtUp()
	h.balance("a", 4000, 4000)
}
