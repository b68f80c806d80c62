package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func TestConfigurationIsChecked(t *testing.T) {
	_, err := ledger.NewApp(brook.Config{OnFailure: "explode", BatchSize: -1}, ledger.Books{},
		&ledger.Audit{})
	if !errors.Is(err, brook.ErrConfig) {
		t.Fatal(err)
	}
	for _, want := range []string{"Author", "Driver", "Store", "explode", "BatchSize"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not speak of %s", err, want)
		}
	}
}

func TestRunTwice(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a")
	if err := h.App.Run(h.ctx); !errors.Is(err, brook.ErrRunning) {
		t.Errorf("second Run: %v", err)
	}
	if err := h.stop(); err != nil {
		t.Errorf("first Run: %v", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a")
	waiting := make(chan error, 1)
	go func() { waiting <- h.WaitFor(h.ctx, brook.Position{Topic: "ledger", Offset: 100}) }()
	if err := h.App.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, brook.ErrClosed) {
		t.Errorf("WaitFor: %v", err)
	}
	if _, err := h.Publish.Opened(h.ctx, ledger.Opened{}); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
	if err := h.App.Run(h.ctx); !errors.Is(err, brook.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
	if a, err := h.Views.Accounts.Get("a"); err != nil || a.ID != "a" {
		t.Errorf("views after Close: %v, %v", a, err)
	}
}

func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h := open(t, config(memdriver.New(), newNear()),
		&ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
			close(entered)
			<-leave
			return ctx.Err()
		}})
	h.opened("a")
	pos, err := h.move("a", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- h.stop() }()
	close(leave)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if err := h.WaitFor(h.ctx, pos); err != nil {
		t.Fatal(err)
	}
	h.note("a", "+1 makes 1")
}

func TestShutdownHasALimit(t *testing.T) {
	entered := make(chan struct{})
	c := config(memdriver.New(), newNear())
	c.ShutdownTimeout = time.Millisecond
	h := open(t, c, &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
		close(entered)
		<-ctx.Done()
		return nil // even so the event has no outcome
	}})
	h.opened("a")
	if _, err := h.move("a", 1, ""); err != nil {
		t.Fatal(err)
	}
	<-entered
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	h.balance("a", 0, 0)
}

func TestAppGoesOnWhereItWas(t *testing.T) {
	d, s := memdriver.New(), newNear()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("a")
	h.wait(h.move("a", 1, "emit"))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	ran := 0
	h = open(t, config(d, s), &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error { ran++; return nil }})
	h.wait(h.move("a", 2, "quiet"))
	h.wait(brook.Position{Topic: "ledger", Offset: 3}, nil) // the emission may come before the move, or after
	h.balance("a", 3, 2)
	h.note("a", "noted: +1 makes 1")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if ran != 1 {
		t.Errorf("%d events were handled after the restart", ran)
	}
}

func TestAnotherLog(t *testing.T) {
	s := newStore()
	h := open(t, config(memdriver.New(), s), &ledger.Audit{})
	h.opened("a")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	d := memdriver.New()
	app, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.Run(t.Context()); !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("Run over another log: %v", err)
	}
}

func TestRetention(t *testing.T) {
	d, s := memdriver.New(), newStore()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("a", "b")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"c", "d", "e"} {
		if _, err := h.Publish.Opened(h.ctx, ledger.Opened{Account: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Trim("ledger", 0, 4); err != nil {
		t.Fatal(err)
	}
	app, err := ledger.NewApp(config(d, s), ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Run(t.Context()); !errors.Is(err, brook.ErrRetention) ||
		!strings.Contains(err.Error(), "2 records are missing") {
		t.Errorf("Run past retention: %v", err)
	}
	if err := app.Rebuild(t.Context()); !errors.Is(err, brook.ErrRetention) {
		t.Errorf("Rebuild with loss: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	c := config(d, s)
	c.OnRetention = brook.GoOn
	h = open(t, c, &ledger.Audit{})
	h.caughtUp()
	if n, err := h.Views.Accounts.Len(); n != 3 || err != nil {
		t.Errorf("%d accounts, %v; want a, b and e", n, err)
	}
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Views.Accounts.Len(); n != 1 || err != nil {
		t.Errorf("%d accounts after a rebuild with loss, %v; want e alone", n, err)
	}
}

func TestRebuild(t *testing.T) {
	var b breaker
	var effects atomic.Int32
	h := start(t, &ledger.Audit{Do: b.do, Effect: func(brook.Event[ledger.Moved]) brook.Effect {
		return func(context.Context) error { effects.Add(1); return nil }
	}})
	h.opened("a", "b")
	pos := h.wait(h.move("a", 1, "emit"))
	pos.Offset++
	h.wait(pos, nil) // what it emitted
	h.fails(h.move("b", 2, "fail"))
	if err := h.Process.Moved(h.ctx, ledger.Moved{Account: "a", Cents: 1000}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	changes := h.Views.Accounts.Changes(ctx)
	if err := h.Rebuild(h.ctx); err != nil {
		t.Fatal(err)
	}
	h.balance("a", 1, 1) // what Process applied is forgotten
	h.balance("b", 2, 1)
	h.note("a", "noted: +1 makes 1")
	if l := h.letters(); len(l) != 1 || l[0].Set != "Audit" {
		t.Errorf("letters: %v", l)
	}
	for u, err := range changes {
		if err != nil || !u.Missed {
			t.Errorf("a watcher of rebuilt views got %+v, %v", u, err)
		}
		break
	}
	h.fails(h.move("b", 3, "")) // it still waits
	b.set(true)
	if n, err := h.Redrive(h.ctx, nil); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	h.wait(h.move("b", 4, ""))
	h.note("b", "+2 makes 5", "+3 makes 5", "+4 makes 9")
	if a, err := h.Views.Accounts.ByEmail("b@example.org"), error(nil); err != nil ||
		len(slices.Collect(values(t, a))) != 1 {
		t.Error("the index was not rebuilt")
	}
	partitions, err := h.driver.Partitions(h.ctx, "ledger")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if partitions[0].End != 7 {
		t.Errorf("the log has %d records: the rebuild emitted", partitions[0].End)
	}
	if n := effects.Load(); n != 5 {
		t.Errorf("%d effects ran, want those of 2 moves, one Process and two redriven", n)
	}
}

func values[V any](t *testing.T, seq func(func(V, error) bool)) func(func(V) bool) {
	return func(yield func(V) bool) {
		for v, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			if !yield(v) {
				return
			}
		}
	}
}

func TestReadersSeeNoHalfBuiltView(t *testing.T) {
	h := open(t, config(memdriver.New(memdriver.Partitions(2)), newStore()), &ledger.Audit{})
	const accounts = 50
	for i := range accounts {
		h.opened(fmt.Sprint(i))
	}
	done := make(chan struct{})
	errs := make(chan error, 1)
	go func() {
		defer close(errs)
		for {
			select {
			case <-done:
				return
			default:
			}
			if n, err := h.Views.Accounts.Len(); n != accounts || err != nil {
				errs <- fmt.Errorf("Len is %d, %v", n, err)
				return
			}
			values, err := brook.Values(h.Views.Accounts.All())
			if len(values) != accounts || err != nil {
				errs <- fmt.Errorf("%d values, %v", len(values), err)
				return
			}
			if _, err := h.Views.Accounts.Get("17"); err != nil {
				errs <- err
				return
			}
			if events, err := h.Views.Accounts.Events("17"); len(events) != 1 || err != nil {
				errs <- fmt.Errorf("%d events, %v", len(events), err)
				return
			}
		}
	}()
	for range 30 {
		if err := h.Rebuild(h.ctx); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	if err := <-errs; err != nil {
		t.Error(err)
	}
}

func TestWatch(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a", "b")
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	seen := 0
	for u, err := range h.Views.Accounts.Watch(ctx, "a") {
		if err != nil {
			t.Fatal(err)
		}
		switch seen++; {
		case seen == 1 && u.Present && u.Value.Balance == 0:
			h.wait(h.move("b", 7, ""))
			h.wait(h.move("a", 5, ""))
		case seen == 2 && u.Present && u.Value.Balance == 5:
			h.wait(h.Publish.Closed(h.ctx, ledger.Closed{Account: "a"}))
		case seen == 3 && !u.Present && u.Key == "a":
			cancel()
		default:
			t.Fatalf("update %d is %+v", seen, u)
		}
	}
	if seen != 3 {
		t.Errorf("%d updates", seen)
	}
}

func TestSlowWatcherIsToldOfGaps(t *testing.T) {
	h := start(t, &ledger.Audit{})
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	changes := h.Views.Accounts.Changes(ctx)
	var events []brook.Outgoing
	for i := range 3000 {
		events = append(events, brook.Emit(ledger.Opened{Account: fmt.Sprint(i)}))
	}
	h.publishAll(events...)
	h.caughtUp()
	missed, n := false, 0
	for u, err := range changes {
		if err != nil {
			t.Fatal(err)
		}
		missed = missed || u.Missed
		if n++; n == 1000 {
			break
		}
	}
	if !missed {
		t.Error("nothing was missed")
	}
}

func TestSnapshotStaysAtOneInstant(t *testing.T) {
	h := start(t, &ledger.Audit{})
	h.opened("a")
	err := h.Views.Snapshot(h.ctx, func(v ledger.Views) error {
		h.wait(h.move("a", 1, ""))
		if a, err := v.Accounts.Get("a"); err != nil || a.Balance != 0 {
			t.Errorf("the snapshot moved: %+v, %v", a, err)
		}
		if n, err := v.Notes.Len(); n != 0 || err != nil {
			t.Errorf("the snapshot has %d notes, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.balance("a", 1, 1)
}

func TestReadersOwnWhatTheyGet(t *testing.T) {
	h := start(t, &ledger.Audit{})
	tags := []string{"x", "y"}
	if err := h.Process.Opened(h.ctx, ledger.Opened{Account: "a", Tags: tags}); err != nil {
		t.Fatal(err)
	}
	tags[0] = "changed"
	a := brook.Must(h.Views.Accounts.Get("a"))
	a.Tags[1] = "changed"
	for e, err := range h.Views.Accounts.All() {
		if err != nil {
			t.Fatal(err)
		}
		e.Value.Tags[0] = "changed"
	}
	if a := brook.Must(h.Views.Accounts.Get("a")); !slices.Equal(a.Tags, []string{"x", "y"}) {
		t.Errorf("tags are %q", a.Tags)
	}
}

func TestLogSpeaksToPeople(t *testing.T) {
	var out bytes.Buffer
	c := config(memdriver.New(), newStore())
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	h := open(t, c, &ledger.Audit{})
	h.fails(h.move("nobody", 1, ""))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"brook: running", "partitions=1", "brook: dead letter",
		"position=ledger/0/0", "set=Books"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &out)
		}
	}
}

func TestLogTellsWhereAHandlerPanicked(t *testing.T) {
	var out bytes.Buffer
	c := config(memdriver.New(), newStore())
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	var b breaker
	h := open(t, c, &ledger.Audit{Do: b.do})
	h.opened("a")
	h.fails(h.move("a", 1, "panic"))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if log := out.String(); !strings.Contains(log, `error="panic: broken"`) ||
		!strings.Contains(log, "(*breaker).do") {
		t.Errorf("the log lacks the panic, or its stack:\n%s", log)
	}
}

// down is a driver that can't be read from so many times.
type down struct {
	brook.Driver
	left atomic.Int64
}

func (d *down) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	if d.left.Add(-1) >= 0 {
		return nil, errBroken
	}
	return d.Driver.Open(ctx, from)
}

func TestLogIsNotFilledByWhatStaysDown(t *testing.T) {
	const failures = 70
	d := &down{Driver: memdriver.New()}
	d.left.Store(failures)
	var out bytes.Buffer
	var told atomic.Int64
	c := config(d, newStore())
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	c.Retry = brook.Retry{Min: time.Microsecond, Max: time.Microsecond}
	c.Hooks.Failure = func(brook.Failure) { told.Add(1) }
	h := open(t, c, &ledger.Audit{})
	h.opened("a")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if told.Load() != failures {
		t.Errorf("the hook was told of %d failures", told.Load())
	}
	log := out.String()
	if n := strings.Count(log, "brook: read failed"); n != 7 {
		t.Errorf("%d lines, not those of the tries 1, 2, 4, 8, 16, 32 and 64:\n%s", n, log)
	}
	if !strings.Contains(log,
		fmt.Sprintf("brook: read works again\" app=%s failures=%d", c.Author, failures)) {
		t.Errorf("the log does not say that the log can be read again:\n%s", log)
	}
}

func TestLogTellsWhatRunWaitsFor(t *testing.T) {
	var out bytes.Buffer
	c := config(memdriver.New(), newStore())
	c.ShutdownTimeout = time.Millisecond
	c.Log = slog.New(slog.NewTextHandler(&out, nil))
	entered := make(chan struct{})
	h := open(t, c, &ledger.Audit{Do: func(ctx context.Context, _ brook.Event[ledger.Moved]) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	}})
	h.opened("a")
	if _, err := h.move("a", 1, ""); err != nil {
		t.Fatal(err)
	}
	<-entered
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if log := out.String(); !strings.Contains(log, "brook: shutdown takes long") {
		t.Errorf("the log does not say why Run does not return:\n%s", log)
	}
}

func TestLetterWithoutType(t *testing.T) {
	l := brook.DeadLetter{Position: brook.Position{Topic: "ledger", Offset: 3},
		Stage: brook.StageDecode, Error: "what is this", Attempts: 1}
	if got, want := l.String(), "ledger/0/3: decode: what is this (attempts: 1)"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
