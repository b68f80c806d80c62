package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// pause pauses an app.
func pause(t *testing.T, app interface{ Pause(context.Context) error }) {
	t.Helper()
	if err := app.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// records of a topic that a log holds.
func length(t *testing.T, d brook.Driver, topic string) (n int64) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		n += p.End - p.Start
	}
	return n
}

// A paused app folds nothing and publishes nothing, however long; reads and the deadline of WaitFor
// go on. Resumed, it does what it did not.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		app := serve(t, config(d, newStore()), &ledger.Audit{})
		moves(t, app, "a", true, 1)
		time.Sleep(time.Minute)
		pause(t, app)
		pause(t, app)
		is(t, app.Status(), brook.StatePaused, 0, "")
		pos := must(t)(app.Publish.Moved(t.Context(),
			ledger.Moved{Account: "a", Cents: 1, Order: "emit"}))
		end := length(t, d, "ledger")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := app.WaitFor(ctx, pos)
		if !errors.Is(err, context.DeadlineExceeded) ||
			!strings.Contains(err.Error(), "the app is paused since 2000-01-01T00:01:") {
			t.Errorf("WaitFor: %v", err)
		}
		time.Sleep(time.Hour)
		s := app.Status()
		is(t, s, brook.StatePaused, time.Hour+time.Second, "")
		if s.Lag() != 1 || s.Behind() != time.Hour+time.Second {
			t.Errorf("%+v", s.Partitions)
		}
		if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 1 {
			t.Errorf("%+v, %v", a, err)
		}
		app.Resume()
		app.Resume()
		if err := app.WaitFor(t.Context(), pos); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		is(t, app.Status(), brook.StateLive, 0, "")
		if n := length(t, d, "ledger"); n != end+1 {
			t.Errorf("the log holds %d records, and had %d before an emission", n, end)
		}
	})
}

// An app may be paused before Run, and Run then waits; so does CatchUp.
func TestPauseBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := closed(t, config(memdriver.New(), newStore()), &ledger.Audit{})
		moves(t, app, "a", true, 1)
		pause(t, app)
		is(t, app.Status(), brook.StatePaused, 0, "")
		for name, run := range map[string]func(context.Context) error{
			"Run": app.Run, "CatchUp": app.CatchUp,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := run(ctx)
			cancel()
			if name == "CatchUp" != errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := app.Views.Accounts.Get("a"); !errors.Is(err, brook.ErrNotFound) {
				t.Errorf("%s folded while it was paused: %v", name, err)
			}
		}
		done := make(chan error, 1)
		go func() { done <- app.CatchUp(t.Context()) }()
		time.Sleep(time.Minute)
		app.Resume()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 1 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// Pause waits for the handler that is under way. If its context ends before, the app goes on, and
// the error says what it waited for.
func TestPauseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled atomic.Int64
		app := serve(t, config(memdriver.New(), newNear()), &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error {
				time.Sleep(10 * time.Second)
				handled.Add(1)
				return nil
			},
		})
		moves(t, app, "a", true, 3)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := app.Pause(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Pause: %v", err)
		}
		if s := app.Status(); s.State == brook.StatePaused {
			t.Errorf("%+v", s)
		}
		time.Sleep(10 * time.Second) // the second one is under way
		began := time.Now()
		pause(t, app)
		if took := time.Since(began); took != 8*time.Second || handled.Load() != 2 {
			t.Errorf("it took %s, and %d are handled", took, handled.Load())
		}
		time.Sleep(time.Hour)
		if handled.Load() != 2 || app.Status().Lag() != 1 {
			t.Errorf("%d are handled, lag %d", handled.Load(), app.Status().Lag())
		}
		app.Resume()
		time.Sleep(11 * time.Second)
		if handled.Load() != 3 {
			t.Errorf("%d are handled", handled.Load())
		}
	})
}

// What is tried again, because the store or a handler fails, is paused between two tries.
func TestPauseBetweenTries(t *testing.T) {
	for _, op := range []fault.Op{fault.Commit, fault.Get, fault.Read} {
		synctest.Test(t, func(t *testing.T) {
			app, f := troubling(t, fault.Refuse, op)
			moves(t, app, "a", true, 0)
			synctest.Wait()
			f.Begin()
			moves(t, app, "a", false, 1)
			time.Sleep(10 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if err := app.Pause(ctx); err != nil {
				t.Fatalf("%s: %v", op, err)
			}
			is(t, app.Status(), brook.StatePaused, time.Since(app.Status().Since), "")
			f.Mend()
			time.Sleep(time.Hour)
			if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 0 {
				t.Errorf("%s: %+v, %v", op, a, err)
			}
			app.Resume()
			time.Sleep(10 * time.Second)
			if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 1 {
				t.Errorf("%s: %+v, %v", op, a, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		c := config(memdriver.New(), newNear())
		c.Retry = brook.Retry{Attempts: 1000, Min: time.Second, Max: time.Second}
		app := serve(t, c, &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error {
				tries.Add(1)
				return brook.ErrRetry
			},
		})
		moves(t, app, "a", true, 1)
		time.Sleep(10 * time.Second)
		pause(t, app)
		before := tries.Load()
		time.Sleep(time.Hour)
		if before < 5 || tries.Load() != before {
			t.Errorf("%d tries, and %d before the pause", tries.Load(), before)
		}
		app.Resume()
		time.Sleep(10 * time.Second)
		if tries.Load() < before+5 {
			t.Errorf("%d tries after the pause, and %d before", tries.Load(), before)
		}
	})
}

// Emissions, effects, jobs and timers wait.
func TestPauseOfWhatIsLeftToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		d := memdriver.New()
		c := config(d, newStore())
		c.Author = "errands"
		busy := errors.New("busy")
		m.failing(func(brook.Job[errands.SendMail]) error { return busy })
		c.Jobs = brook.Jobs{Min: time.Second, Max: time.Second, Attempts: 1000}
		x := openDesk(t, c, m, errands.Desk{})
		x.place("o", "ada", 1)
		time.Sleep(10 * time.Second)
		pause(t, x)
		tried := len(m.tried())
		if s := x.Status(); tried < 5 || s.Jobs != 1 || s.State != brook.StatePaused {
			t.Errorf("%d tries, %+v", tried, s)
		}
		m.failing(nil)
		end := length(t, d, "errands")
		time.Sleep(time.Hour)
		if n := len(m.tried()); n != tried || length(t, d, "errands") != end {
			t.Errorf("%d tries while it was paused", n-tried)
		}
		x.Resume()
		time.Sleep(10 * time.Second)
		if n := length(t, d, "errands"); n != end+1 || x.Status().Jobs != 0 {
			t.Errorf("the log holds %d, want %d", n, end+1)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		app := reminding(t, d, newStore())
		running(t, app)
		must(t)(app.Publish.Placed(t.Context(),
			reminders.Placed{Order: "o", Due: time.Now().Add(time.Minute)}))
		time.Sleep(time.Second)
		pause(t, app)
		time.Sleep(time.Hour)
		if all := overdue(t, d); len(all) != 0 {
			t.Errorf("timers while it was paused: %v", all)
		}
		app.Resume()
		time.Sleep(time.Second)
		if all := overdue(t, d); len(all) != 1 {
			t.Errorf("timers after it: %v", all)
		}
	})
}

// A job that is being done, and an effect, are waited for.
func TestPauseWaitsForJobsAndEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{fail: func(brook.Job[errands.SendMail]) error {
			time.Sleep(10 * time.Second)
			return nil
		}}
		c := config(memdriver.New(), newStore())
		c.Author = "errands"
		x := openDesk(t, c, m, errands.Desk{})
		x.place("o", "ada", 1)
		time.Sleep(time.Second)
		began := time.Now()
		pause(t, x)
		if took := time.Since(began); took != 9*time.Second || x.Status().Jobs != 0 {
			t.Errorf("it took %s, and %d jobs are left", took, x.Status().Jobs)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int64
		app := serve(t, config(memdriver.New(), newNear()), &ledger.Audit{
			Effect: func(brook.Event[ledger.Moved]) brook.Effect {
				return func(context.Context) error {
					time.Sleep(10 * time.Second)
					ran.Add(1)
					return nil
				}
			},
		})
		moves(t, app, "a", true, 2)
		time.Sleep(time.Second)
		began := time.Now()
		pause(t, app)
		if took := time.Since(began); took != 19*time.Second || ran.Load() != 2 {
			t.Errorf("it took %s, and %d effects ran", took, ran.Load())
		}
	})
}

// What the program calls is done while the app is paused; what that leaves to publish waits.
func TestCallsWhileItIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		fails.Store(true)
		d := memdriver.New()
		app := serve(t, config(d, newStore()), &ledger.Audit{
			Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
				if fails.Load() {
					return errors.New("refused")
				}
				return nil
			},
		})
		moves(t, app, "a", true, 0)
		must(t)(app.Publish.Moved(t.Context(), ledger.Moved{Account: "a", Cents: 1, Order: "emit"}))
		synctest.Wait()
		pause(t, app)
		fails.Store(false)
		end := length(t, d, "ledger")
		if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Errorf("Redrive: %d, %v", n, err)
		}
		if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "b", Email: "b"}); err != nil {
			t.Error(err)
		}
		if _, err := app.Views.Accounts.Get("b"); err != nil {
			t.Error(err)
		}
		if err := app.Rebuild(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := app.Views.Accounts.Get("b"); !errors.Is(err, brook.ErrNotFound) {
			t.Errorf("a rebuild forgets what was processed: %v", err)
		}
		time.Sleep(time.Hour)
		if s := app.Status(); s.State != brook.StatePaused || s.Outbox != 1 || s.Letters != 0 {
			t.Errorf("%+v", s)
		}
		if n := length(t, d, "ledger"); n != end {
			t.Errorf("%d records were published", n-end)
		}
		app.Resume()
		time.Sleep(time.Second)
		if n := length(t, d, "ledger"); n != end+1 || app.Status().Outbox != 0 {
			t.Errorf("%d records were published", n-end)
		}
	})
}

// Stale views are not rebuilt by Run while it is paused, nor is a rebuild that is under way gone on
// with.
func TestPauseOfARebuildByRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, audit, d := slow(t, 10)
		s := lasting{newNear()}
		c.Store = s
		first := closed(t, config(d, s), &ledger.Audit{})
		if err := first.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		alter(t, s, foreignCode)
		app := closed(t, c, audit)
		pause(t, app)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(ctx) }()
		time.Sleep(time.Minute)
		if r := app.Status().Rebuild; r != nil && r.Progress.Read > 0 {
			t.Errorf("%+v", r)
		}
		app.Resume()
		time.Sleep(3 * time.Second)
		pause(t, app)
		time.Sleep(time.Hour)
		r := app.Status().Rebuild
		if r == nil || !r.Running {
			t.Fatalf("%+v", r)
		}
		app.Resume()
		time.Sleep(20 * time.Second)
		if r := app.Status().Rebuild; r.Running || r.Report == nil || !r.Report.Promoted {
			t.Errorf("%+v", r)
		}
		if s := app.Status(); s.State != brook.StateLive || s.Stale != nil {
			t.Errorf("%+v", s)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Close ends a pause, and a call of Pause that waits.
func TestPauseAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		app := closed(t, c, &ledger.Audit{})
		moves(t, app, "a", true, 1)
		pause(t, app)
		done := make(chan error, 1)
		go func() { done <- app.Run(t.Context()) }()
		synctest.Wait()
		began := time.Now()
		if err := errors.Join(app.Close(), <-done); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		is(t, app.Status(), brook.StateStopped, 0, "")
		if err := app.Pause(t.Context()); !errors.Is(err, brook.ErrClosed) {
			t.Errorf("Pause of a closed app: %v", err)
		}
		app.Resume()
	})
	synctest.Test(t, func(t *testing.T) {
		app := closed(t, config(memdriver.New(), newNear()), &ledger.Audit{
			Do: func(ctx context.Context, _ brook.Event[ledger.Moved]) error {
				<-ctx.Done()
				return ctx.Err()
			},
		})
		moves(t, app, "a", true, 1)
		done, paused := make(chan error, 1), make(chan error, 1)
		go func() { done <- app.Run(t.Context()) }()
		synctest.Wait()
		go func() { paused <- app.Pause(t.Context()) }()
		synctest.Wait()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		if err := <-paused; !errors.Is(err, brook.ErrClosed) {
			t.Errorf("Pause: %v", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Who resumes an app that others are about to pause ends their wait; of several that pause it each
// returns once it is paused.
func TestPauseByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := serve(t, config(memdriver.New(), newNear()), &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error {
				time.Sleep(10 * time.Second)
				return nil
			},
		})
		moves(t, app, "a", true, 2)
		time.Sleep(time.Second)
		results := make(chan error, 3)
		for range 3 {
			go func() { results <- app.Pause(t.Context()) }()
		}
		synctest.Wait()
		app.Resume()
		for range 3 {
			if err := <-results; err == nil || !strings.Contains(err.Error(), "resumed meanwhile") {
				t.Errorf("Pause: %v", err)
			}
		}
		for range 3 {
			go func() { results <- app.Pause(t.Context()) }()
		}
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if s := app.Status(); s.State != brook.StatePaused {
			t.Errorf("%+v", s)
		}
	})
}

// An effect that pauses the app would wait for itself.
func TestPauseInAnEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var app *ledger.App
		refused := make(chan error, 1)
		app = serve(t, config(memdriver.New(), newNear()), &ledger.Audit{
			Effect: func(brook.Event[ledger.Moved]) brook.Effect {
				return func(ctx context.Context) error {
					refused <- app.Pause(ctx)
					return nil
				}
			},
		})
		moves(t, app, "a", true, 1)
		if err := <-refused; !errors.Is(err, brook.ErrInEffect) {
			t.Errorf("Pause: %v", err)
		}
	})
}

// A member of a group that is paused stays in it, and keeps its partitions; the others go on with
// theirs, and may divide them anew.
func TestPauseOfAMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(4))
		s := newShared()
		member := func() *ledger.App {
			c := config(d, s)
			c.Group = true
			return serve(t, c, &ledger.Audit{})
		}
		a, b := member(), member()
		time.Sleep(10 * time.Second)
		parts := func(app *ledger.App) int { return len(app.Status().Partitions) }
		if parts(a) != 2 || parts(b) != 2 {
			t.Fatalf("%d and %d partitions", parts(a), parts(b))
		}
		pause(t, a)
		for i := range 20 {
			moves(t, b, fmt.Sprint("account", i), true, 0)
		}
		time.Sleep(time.Hour)
		a.Status()                   // what stands still is asked for from now on
		time.Sleep(30 * time.Second) // three times
		sa, sb := a.Status(), b.Status()
		if parts(a) != 2 || parts(b) != 2 || sa.State != brook.StatePaused ||
			sb.State != brook.StateLive || sb.Lag() != 0 || sa.Lag() == 0 {
			t.Errorf("%+v\n%+v", sa, sb)
		}
		c := member()
		time.Sleep(time.Minute)
		if n := parts(a) + parts(b) + parts(c); n != 4 || parts(c) == 0 {
			t.Errorf("%d, %d and %d partitions", parts(a), parts(b), parts(c))
		}
		a.Resume()
		time.Sleep(time.Minute)
		for name, app := range map[string]*ledger.App{"a": a, "b": b, "c": c} {
			if s := app.Status(); s.State != brook.StateLive || s.Lag() != 0 {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if all, err := brook.Values(a.Views.Accounts.All()); err != nil || len(all) != 20 {
			t.Errorf("%d accounts, %v", len(all), err)
		}
	})
}

// Whenever an app is paused, no commit and no record comes from it until it is resumed, and in the
// end the views equal one pass.
func TestPauseAtRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(7, 7))
		events := story(rnd, 400)
		d := memdriver.New()
		var commits, published atomic.Int64
		spied := newSpy(newStore())
		spied.onCommit(func(_ context.Context, _ *brook.Batch, do func() error) error {
			time.Sleep(time.Duration(1+commits.Add(1)%3) * time.Millisecond)
			return do()
		})
		c := config(d, spied)
		c.BatchSize = 3
		app := serve(t, c, &ledger.Audit{})
		var feeding sync.WaitGroup
		feeding.Go(func() {
			for _, e := range events {
				if _, err := app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
					yield(e)
				}); err != nil {
					t.Error(err)
				}
				published.Add(1)
				time.Sleep(time.Millisecond)
			}
		})
		for range 50 {
			time.Sleep(time.Duration(rnd.IntN(10_000)) * time.Microsecond)
			pause(t, app)
			before := commits.Load()
			fed, held := published.Load(), length(t, d, "ledger")
			time.Sleep(time.Duration(rnd.IntN(20)) * time.Millisecond)
			if n := commits.Load(); n != before {
				t.Fatalf("%d commits while it was paused", n-before)
			}
			more := published.Load() - fed
			if n := length(t, d, "ledger") - held; n < more-1 || n > more+1 {
				t.Fatalf("%d records while it was paused, and %d were fed", n, more)
			}
			app.Resume()
		}
		feeding.Wait()
		time.Sleep(time.Minute)
		if s := app.Status(); s.Lag() != 0 || s.Outbox != 0 {
			t.Errorf("%+v", s)
		}
		one := closed(t, config(log(t, 1, events), newStore()), &ledger.Audit{})
		if err := one.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, werr := brook.Values(one.Views.Accounts.All())
		got, err := brook.Values(app.Views.Accounts.All())
		if err := errors.Join(werr, err); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	})
}
