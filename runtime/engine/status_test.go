package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// is wants a state that began so long ago, and a reason that has a text.
func is(t *testing.T, s brook.Status, state brook.State, since time.Duration, reason string) {
	t.Helper()
	ago := time.Since(s.Since).Round(time.Millisecond)
	if s.State != state || ago != since || !strings.Contains(s.Reason, reason) ||
		reason == "" && s.Reason != "" {
		t.Errorf("%s since %s: %q, want %s since %s: %q", s.State, ago, s.Reason, state, since, reason)
	}
}

// The state goes with the life of an app: opened, run, stopped, run again, closed.
func TestStateOfALife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := closed(t, config(memdriver.New(), newStore()), &ledger.Audit{})
		is(t, app.Status(), brook.StateStarting, 0, "neither Run nor CatchUp")
		time.Sleep(time.Minute)
		is(t, app.Status(), brook.StateStarting, time.Minute, "neither Run nor CatchUp")
		if s := app.Status(); len(s.Partitions) != 0 || s.Name != "ledger" {
			t.Errorf("%+v", s)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		run := func() { done <- app.Run(ctx) }
		go run()
		synctest.Wait()
		is(t, app.Status(), brook.StateLive, 0, "")
		time.Sleep(time.Minute)
		is(t, app.Status(), brook.StateLive, time.Minute, "")
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s := app.Status()
		is(t, s, brook.StateStopped, time.Second, "")
		if len(s.Partitions) != 1 {
			t.Errorf("partitions %+v, want the one that was folded", s.Partitions)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		is(t, app.Status(), brook.StateStopped, 0, "")
		ctx, cancel = context.WithCancel(t.Context())
		go run()
		synctest.Wait()
		is(t, app.Status(), brook.StateLive, 0, "")
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		is(t, app.Status(), brook.StateStopped, time.Second, "")
	})
}

// What Run ended with is why the app is stopped, after Close too.
func TestStateAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.OnFailure = brook.Stop
		app := closed(t, c, &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error { return errors.New("refused") },
		})
		moves(t, app, "a", true, 1)
		if err := app.Run(t.Context()); err == nil {
			t.Fatal("Run returned no error")
		}
		is(t, app.Status(), brook.StateStopped, 0, "refused")
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		is(t, app.Status(), brook.StateStopped, 0, "refused")
	})
}

// closed makes an app that is closed when the test ends.
func closed(t *testing.T, c brook.Config, audit *ledger.Audit) *ledger.App {
	t.Helper()
	app := newLedger(t, c, audit)
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}

// serve runs an app until the test ends, in which time may pass.
func serve(t *testing.T, c brook.Config, audit *ledger.Audit) *ledger.App {
	t.Helper()
	app := closed(t, c, audit)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return app
}

// moves publishes the opening of an account, if it is to be opened, and moves.
func moves(t *testing.T, app *ledger.App, account string, open bool, n int) {
	t.Helper()
	publish := must(t)
	if open {
		publish(app.Publish.Opened(t.Context(), ledger.Opened{Account: account, Email: account}))
	}
	for range n {
		publish(app.Publish.Moved(t.Context(), ledger.Moved{Account: account, Cents: 1, Order: "quiet"}))
	}
}

// slow is a log of partitions of the ledger whose events take a second each.
func slow(t *testing.T, events int) (brook.Config, *ledger.Audit, *memdriver.Driver) {
	d := memdriver.New()
	app := closed(t, config(d, newStore()), &ledger.Audit{})
	moves(t, app, "a", true, events-1)
	return config(d, newNear()), &ledger.Audit{
		Do: func(ctx context.Context, _ brook.Event[ledger.Moved]) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}, d
}

// An app catches up with what the log held when it began, and shows for each partition how far it
// is, in records and in time. Then it is live, and catches up again if its handlers are too slow.
func TestCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, audit, _ := slow(t, 100)
		time.Sleep(time.Hour)
		h := serve(t, c, audit)
		time.Sleep(time.Millisecond)
		s := h.Status()
		is(t, s, brook.StateCatchingUp, time.Millisecond, "")
		p := s.Partitions[0]
		if p.Topic != "ledger" || p.Partition != 0 || p.Next != 0 || p.End != 100 || p.Lag() != 100 ||
			p.Behind != time.Hour+time.Millisecond || !p.Moved.IsZero() || !p.Time.IsZero() ||
			p.Stands != "" || s.Lag() != 100 || s.Behind() != p.Behind {
			t.Errorf("%+v", p)
		}
		time.Sleep(50 * time.Second)
		s = h.Status()
		is(t, s, brook.StateCatchingUp, 50*time.Second+time.Millisecond, "")
		p = s.Partitions[0]
		if p.Lag() < 45 || p.Lag() > 55 || p.Behind < time.Hour || time.Since(p.Moved) > 10*time.Second ||
			time.Since(p.Time) < time.Hour {
			t.Errorf("%+v", p)
		}
		time.Sleep(time.Minute)
		s = h.Status()
		is(t, s, brook.StateLive, 11*time.Second+time.Millisecond, "")
		if p = s.Partitions[0]; p.Lag() != 0 || p.Behind != 0 {
			t.Errorf("%+v", p)
		}
		moves(t, h, "a", false, 60)
		time.Sleep(5 * time.Second)
		is(t, h.Status(), brook.StateLive, 16*time.Second+time.Millisecond, "")
		time.Sleep(10 * time.Second)
		is(t, h.Status(), brook.StateCatchingUp, 5*time.Second, "")
		time.Sleep(time.Minute)
		s = h.Status()
		is(t, s, brook.StateLive, 15*time.Second, "")
		if s.Since.Location() != time.UTC {
			t.Error("times are not in UTC")
		}
	})
}

// troubling opens an app whose store and driver have a fault that has yet to begin, and runs it.
func troubling(t *testing.T, kind fault.Kind, ops ...fault.Op) (*ledger.App, *fault.Fault) {
	f := fault.New(kind, 0, ops...)
	c := config(drivertest.Faulty(memdriver.New(), f), storetest.Faulty(newStore(), f))
	c.Retry = brook.Retry{Attempts: 1, Min: time.Second, Max: time.Second}
	app := serve(t, c, &ledger.Audit{})
	t.Cleanup(f.Mend)
	synctest.Wait()
	return app, f
}

// While store or log fail, or do not answer, the state says so, and since when; then what was
// missed is caught up with.
func TestStateWhileStoreOrLogFail(t *testing.T) {
	for _, x := range []struct {
		name  string
		kind  fault.Kind
		op    fault.Op
		state brook.State
		// late is after how long it shows.
		late   time.Duration
		reason string
	}{
		{"commits are refused", fault.Refuse, fault.Commit, brook.StateWaitingForStore, 0, "injected"},
		{"commits hang", fault.Hang, fault.Commit, brook.StateWaitingForStore, 5 * time.Second,
			"commit: no answer yet"},
		{"reads fail", fault.Refuse, fault.Get, brook.StateWaitingForStore, 0, "injected"},
		{"the log can't be read", fault.Refuse, fault.Read, brook.StateWaitingForLog, 0, "injected"},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				app, f := troubling(t, x.kind, x.op)
				time.Sleep(time.Minute)
				f.Begin()
				moves(t, app, "a", true, 0)
				time.Sleep(time.Millisecond)
				if x.late > 0 {
					is(t, app.Status(), brook.StateLive, time.Minute+time.Millisecond, "")
				} else {
					is(t, app.Status(), x.state, time.Millisecond, x.reason)
				}
				time.Sleep(30 * time.Second)
				s := app.Status()
				is(t, s, x.state, 30*time.Second+time.Millisecond, x.reason)
				if x.op != fault.Read && (s.Partitions[0].Lag() != 1 ||
					s.Partitions[0].Behind != 30*time.Second+time.Millisecond) {
					t.Errorf("%+v", s.Partitions[0])
				}
				if x.kind == fault.Refuse && (len(s.Failures) != 1 || s.Failures[0].Attempts < 29 ||
					s.Failures[0].Recovered || !strings.Contains(s.Failures[0].Error, "injected")) {
					t.Errorf("failures %+v", s.Failures)
				}
				if x.kind == fault.Hang {
					return // such a commit never ends
				}
				f.Mend()
				time.Sleep(2 * time.Second)
				s = app.Status()
				if s.State != brook.StateLive || time.Since(s.Since) > 2*time.Second || s.Lag() != 0 {
					t.Errorf("%+v, want that it is live again", s)
				}
				if len(s.Failures) != 1 || !s.Failures[0].Recovered {
					t.Errorf("failures %+v, want that it recovered", s.Failures)
				}
			})
		})
	}
}

// An app that can't begin, because store or log fail, says so.
func TestStateOfAStartThatFails(t *testing.T) {
	for op, state := range map[fault.Op]brook.State{
		fault.Partitions: brook.StateWaitingForLog, fault.Scan: brook.StateWaitingForStore,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := fault.New(fault.Refuse, 0, op)
			c := config(drivertest.Faulty(memdriver.New(), f), storetest.Faulty(newStore(), f))
			c.Retry = brook.Retry{Min: time.Second, Max: time.Second}
			app := closed(t, c, &ledger.Audit{})
			f.Begin()
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- app.Run(ctx) }()
			time.Sleep(10 * time.Second)
			is(t, app.Status(), state, 10*time.Second, "injected")
			f.Mend()
			time.Sleep(2 * time.Second)
			if s := app.Status(); s.State != brook.StateLive || time.Since(s.Since) > 2*time.Second {
				t.Errorf("%s since %s", s.State, s.Since)
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// A handler that is tried again, too many dead letters and a full outbox each make a partition
// stand still, which says why.
func TestWhyAPartitionStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		fails := errors.Join(errors.New("busy"), brook.ErrRetry)
		c := config(memdriver.New(), newStore())
		c.Retry = brook.Retry{Attempts: 1000, Min: time.Second, Max: time.Second}
		c.MaxDeadLetters = 2
		h := serve(t, c, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			mu.Lock()
			defer mu.Unlock()
			return fails
		}})
		moves(t, h, "a", true, 0)
		moves(t, h, "b", true, 0)
		synctest.Wait()
		moves(t, h, "a", false, 1)
		time.Sleep(30 * time.Second)
		s := h.Status()
		is(t, s, brook.StateCatchingUp, 20*time.Second, "")
		if p := s.Partitions[0]; !strings.Contains(p.Stands, "busy") || p.Behind != 30*time.Second {
			t.Errorf("%+v", p)
		}
		mu.Lock()
		fails = errors.New("refused")
		mu.Unlock()
		time.Sleep(2 * time.Second)
		s = h.Status()
		if p := s.Partitions[0]; p.Stands != "" || p.Letters != 1 || s.Letters != 1 || p.Lag() != 0 {
			t.Errorf("%+v", p)
		}
		moves(t, h, "b", false, 3)
		time.Sleep(20 * time.Second)
		s = h.Status()
		if p := s.Partitions[0]; !strings.Contains(p.Stands, "2 dead letters") || p.Letters != 2 ||
			s.Letters != 2 || p.Lag() != 2 || p.Behind != 20*time.Second {
			t.Errorf("%+v", p)
		}
		is(t, s, brook.StateCatchingUp, 10*time.Second, "")
	})
}

// A handler that does not return makes its partition stand still, and nothing fails.
func TestStandsByAHandlerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		h := serve(t, config(memdriver.New(), newStore()), &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error {
				<-over
				return nil
			},
		})
		moves(t, h, "a", true, 0)
		synctest.Wait()
		moves(t, h, "a", false, 1)
		time.Sleep(30 * time.Second)
		if p := h.Status().Partitions[0]; p.Stands != "" {
			t.Errorf("after 30 s: %+v", p)
		}
		time.Sleep(time.Minute)
		if p := h.Status().Partitions[0]; !strings.Contains(p.Stands, "a handler may not return") {
			t.Errorf("after 90 s: %+v", p)
		}
		close(over)
		time.Sleep(time.Second)
		if p := h.Status().Partitions[0]; p.Stands != "" || p.Lag() != 0 {
			t.Errorf("%+v", p)
		}
	})
}
