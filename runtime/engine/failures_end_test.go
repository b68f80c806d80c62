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
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// ended wants one failure that is kept, which is over: recovered or final.
func ended(t *testing.T, s brook.Status, what string, attempts int, recovered bool, text string) {
	t.Helper()
	if len(s.Failures) != 1 {
		t.Errorf("failures %+v, want one", s.Failures)
		return
	}
	f := s.Failures[0]
	if f.What != what || f.Attempts != attempts || f.Recovered != recovered || f.Final == recovered ||
		!strings.Contains(f.Error, text) {
		t.Errorf("%+v, want %s after %d attempts, recovered %t: %s", f, what, attempts, recovered, text)
	}
}

// An event that a handler was tried again with is no failure that goes on once it is handled, or is a
// dead letter, or Run ended.
func TestFailuresOfHandlersEnd(t *testing.T) {
	for _, x := range []struct {
		name      string
		after     error // what the handler returns after the first seconds
		recovered bool
		attempts  int
		text      string
	}{
		{"handled", nil, true, 4, "busy"},
		{"given up", errors.New("refused"), false, 5, "refused"},
		{"tried too often", errors.Join(errors.New("still busy"), brook.ErrRetry), false, 8, "still busy"},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				fails := errors.Join(errors.New("busy"), brook.ErrRetry)
				c := config(memdriver.New(), newStore())
				c.Retry = brook.Retry{Attempts: 8, Min: time.Second, Max: time.Second}
				h := serve(t, c, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
					mu.Lock()
					defer mu.Unlock()
					return fails
				}})
				moves(t, h, "a", true, 1)
				synctest.Wait()
				for h.Status().Failures[0].Attempts < 4 {
					time.Sleep(100 * time.Millisecond)
				}
				if f := h.Status().Failures[0]; f.Final || f.Recovered {
					t.Errorf("%+v, while it is tried again", f)
				}
				mu.Lock()
				fails = x.after
				mu.Unlock()
				time.Sleep(time.Minute)
				ended(t, h.Status(), "handle", x.attempts, x.recovered, x.text)
			})
		})
	}
}

// What Run leaves when it ends is not tried again.
func TestFailuresEndWithRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.Retry = brook.Retry{Attempts: 1000, Min: time.Second, Max: time.Second}
		app := closed(t, c, &ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
			return errors.Join(errors.New("busy"), brook.ErrRetry)
		}})
		moves(t, app, "a", true, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := app.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if s := app.Status(); len(s.Failures) != 1 || !s.Failures[0].Final {
			t.Errorf("%+v", s.Failures)
		}
	})
}

// A call that gives up, as its context ends while the store fails, leaves nothing that is tried again.
func TestFailuresOfCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fault.New(fault.Refuse, 0, fault.Commit)
		c := config(memdriver.New(), storetest.Faulty(newStore(), f))
		c.Retry = brook.Retry{Attempts: 1, Min: time.Second, Max: time.Second}
		app := closed(t, c, &ledger.Audit{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f.Begin()
		err := app.Process.Opened(ctx, ledger.Opened{Account: "a", Email: "a"})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		s := app.Status()
		if len(s.Failures) == 0 {
			t.Fatal("nothing failed")
		}
		for _, f := range s.Failures {
			if !f.Final {
				t.Errorf("%+v", f)
			}
		}
		f.Mend()
	})
}

// A job that failed and became a dead letter is not tried again, also once it was redriven and done.
func TestFailuresOfJobsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		m.failing(func(brook.Job[errands.SendMail]) error { return errors.New("away") })
		c := config(memdriver.New(), newStore())
		c.Jobs.Attempts = 3
		x := openDesk(t, c, m, errands.Desk{})
		x.place("o1", "u1", 1)
		time.Sleep(500 * time.Millisecond)
		if f := x.Status().Failures; len(f) != 1 || f[0].Final || f[0].Recovered {
			t.Errorf("%+v, while it is tried again", f)
		}
		time.Sleep(time.Minute)
		ended(t, x.Status(), "job mail.send", 3, false, "away")
		m.failing(nil)
		if n, err := x.Redrive(t.Context(), nil); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		time.Sleep(time.Minute)
		ended(t, x.Status(), "job mail.send", 3, false, "away")
	})
}

// Whatever of store and driver failed for a while, nothing is left that is being tried again once
// it works: also what fails beside the tasks, as timers, jobs, the group and new partitions do.
func TestFailuresEndWhenAllWorks(t *testing.T) {
	for _, op := range []fault.Op{
		fault.Commit, fault.Get, fault.Scan, fault.Fetch, fault.Announcements, fault.Partitions,
		fault.Open, fault.Publish, fault.Read, fault.Mark, fault.Marks, fault.Grown, fault.Join,
	} {
		for _, group := range []bool{false, true} {
			name := string(op)
			if group {
				name += " in a group"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { failuresEnd(t, op, group) })
			})
		}
	}
}

func failuresEnd(t *testing.T, op fault.Op, group bool) {
	f := fault.New(fault.Refuse, 0, op)
	log := memdriver.New(memdriver.Partitions(2))
	store := newStore()
	if group {
		store = newShared()
	}
	c := config(drivertest.Faulty(log, f), storetest.Faulty(store, f))
	c.Retry = brook.Retry{Attempts: 1000, Min: time.Second, Max: time.Second}
	c.Group = group
	x := closedDesk(t, c)
	f.Begin()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	writer, err := errands.NewApp(config(log, newStore()), &errands.Mailer{}, errands.Desk{})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for n := range 4 {
		must(t)(writer.Publish.Placed(t.Context(), errands.Placed{
			Order: string(rune('a' + n)), User: string(rune('u' + n)), Mails: 1,
		}))
		time.Sleep(10 * time.Second)
	}
	f.Mend()
	must(t)(writer.Publish.Placed(t.Context(), errands.Placed{Order: "o", User: "u", Mails: 1}))
	time.Sleep(2 * time.Minute)
	s := x.Status()
	if s.State != brook.StateLive {
		t.Errorf("%s: %s", s.State, s.Reason)
	}
	for _, failed := range s.Failures {
		if !failed.Final && !failed.Recovered {
			t.Errorf("%+v", failed)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// closedDesk opens an app with jobs that is closed when the test ends.
func closedDesk(t *testing.T, c brook.Config) *errands.App {
	t.Helper()
	m := &mailbox{}
	app, err := errands.NewApp(c, &errands.Mailer{Mail: m.mail}, errands.Desk{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app
}
