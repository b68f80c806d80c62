package engine_test

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v1b"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// statused is what the tests count of an app.
type statused interface {
	Status() brook.Status
	Source() brook.Source
	DeadLetters() iter.Seq2[brook.DeadLetter, error]
}

// exact wants the counts of a status to be those of what is stored, which asking for it says.
func exact(t *testing.T, app statused) brook.Status {
	t.Helper()
	s := app.Status()
	back, ok := engine.BackstageOf(app.Source())
	if !ok {
		t.Fatal("no app")
	}
	letters := 0
	for _, err := range app.DeadLetters() {
		if err != nil {
			t.Fatal(err)
		}
		letters++
	}
	parked, err := back.Parked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if jobs := back.Jobs(); s.Letters != letters || s.Parked != len(parked) || s.Jobs != len(jobs) {
		t.Errorf("%d letters, %d parked, %d jobs, and stored are %d, %d, %d",
			s.Letters, s.Parked, s.Jobs, letters, len(parked), len(jobs))
	}
	var inPartitions [2]int
	for _, p := range s.Partitions {
		inPartitions[0] += p.Letters
		inPartitions[1] += p.Parked
	}
	if len(s.Partitions) > 0 && inPartitions != [2]int{s.Letters, s.Parked} {
		t.Errorf("in partitions are %d letters and %d parked, in all %d and %d",
			inPartitions[0], inPartitions[1], s.Letters, s.Parked)
	}
	return s
}

// Whatever becomes of letters, their number is that of those stored: after folding, a crash, a start
// from the store and one from the log, a redrive, a drop, a rebuild.
func TestStatusCountsLetters(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	events := story(rnd, 200)
	d := log(t, 1, events)
	fails := func(_ context.Context, e brook.Event[ledger.Moved]) error {
		if e.Data.Cents%3 == 0 {
			return errors.New("refused")
		}
		return nil
	}
	s := lasting{newStore()}
	open := func(store brook.Store) *ledger.App {
		return closed(t, config(d, store), &ledger.Audit{Do: fails})
	}
	app := open(s)
	fold := func(app *ledger.App) {
		t.Helper()
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fold(app)
	if s := exact(t, app); s.Letters == 0 {
		t.Fatal("there are no letters")
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = open(s)
	before := exact(t, app).Letters
	cold := open(newStore())
	fold(cold)
	if n := exact(t, cold).Letters; n != before {
		t.Errorf("%d letters after a cold start, and %d were there", n, before)
	}
	n := 0
	some := func(brook.DeadLetter) bool { n++; return n%4 == 0 }
	if _, err := app.Drop(t.Context(), some); err != nil {
		t.Fatal(err)
	}
	if n := exact(t, app).Letters; n >= before {
		t.Errorf("%d letters after a drop, and %d were there", n, before)
	}
	fails = func(context.Context, brook.Event[ledger.Moved]) error { return nil }
	if _, err := app.Redrive(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	exact(t, app)
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := exact(t, app)
	if r := st.Rebuild; r == nil || r.Running || r.Err != "" || !r.Report.Promoted ||
		r.Report.Letters != st.Letters || r.Ended.Before(r.Began) {
		t.Errorf("%+v", r)
	}
}

// Parked events are counted by the same way, reported or not, and so are jobs and what waits behind
// one that was given up.
func TestStatusCountsParkedAndJobs(t *testing.T) {
	e := newEarly(t, func(c *brook.Config) { c.Patience = time.Nanosecond }, &parcels.Shop{})
	e.fold(paid("a", 1), paid("a", 2), paid("b", 1))
	if s := exact(t, e); s.Parked != 3 || s.Letters == 0 {
		t.Errorf("%+v", s)
	}
	e.fold(placed("a"))
	if s := exact(t, e); s.Parked != 1 {
		t.Errorf("%+v", s)
	}
	synctest.Test(t, func(t *testing.T) {
		m := &mailbox{}
		c := config(memdriver.New(), newStore())
		c.Jobs = brook.Jobs{Attempts: 1}
		m.failing(func(brook.Job[errands.SendMail]) error { return errors.New("refused") })
		x := openDesk(t, c, m, errands.Desk{})
		x.place("o", "ada", 3)
		synctest.Wait()
		if s := exact(t, x); s.Letters != 1 || s.Jobs != 2 || s.Partitions[0].Jobs != 2 {
			t.Errorf("%+v", s)
		}
		m.failing(nil)
		if _, err := x.Redrive(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := exact(t, x); s.Letters != 0 || s.Jobs != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Emissions are counted from their commit until they are published.
func TestStatusCountsTheOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &refusing{Driver: memdriver.New()}
		app := serve(t, config(d, newStore()), &ledger.Audit{})
		moves(t, app, "a", true, 0)
		for range 3 {
			must(t)(app.Publish.Moved(t.Context(),
				ledger.Moved{Account: "a", Cents: 1, Order: "emit"}))
		}
		d.refuse(1_000_000, errors.New("away"))
		time.Sleep(time.Second)
		s := app.Status()
		if s.Outbox != 3 || s.Partitions[0].Outbox != 3 || len(s.Failures) == 0 ||
			s.Failures[0].What != "publish" || s.Failures[0].Attempts < 2 {
			t.Errorf("%+v", s)
		}
		is(t, s, brook.StateLive, time.Second, "")
		d.refuse(0, nil)
		time.Sleep(time.Second)
		if s := app.Status(); s.Outbox != 0 || !s.Failures[0].Recovered {
			t.Errorf("%+v", s)
		}
	})
}

// Timers are counted from the start: those that are set, set anew, cancelled and published, with a
// store that is kept and with one that is filled anew, and after a rebuild.
func TestStatusCountsTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), lasting{newStore()}
		app := reminding(t, d, s)
		if n := app.Status().Timers; n != -1 {
			t.Errorf("%d timers before they were counted", n)
		}
		stop := running(t, app)
		publish, in := must(t), func(n int) time.Time { return time.Now().Add(time.Duration(n) * time.Hour) }
		timers := func(app *reminders.App, want int) {
			t.Helper()
			time.Sleep(2 * time.Second)
			if n := app.Status().Timers; n != want {
				t.Errorf("%d timers, want %d", n, want)
			}
		}
		timers(app, 0)
		for _, order := range []string{"a", "b", "c", "d"} {
			publish(app.Publish.Placed(t.Context(), reminders.Placed{Order: order, Due: in(1)}))
		}
		timers(app, 4)
		publish(app.Publish.Deferred(t.Context(), reminders.Deferred{Order: "a", Due: in(3)}))
		publish(app.Publish.Deferred(t.Context(), reminders.Deferred{Order: "a", Due: in(3)}))
		timers(app, 4)
		publish(app.Publish.Paid(t.Context(), reminders.Paid{Order: "b"}))
		publish(app.Publish.Paid(t.Context(), reminders.Paid{Order: "b"}))
		timers(app, 3)
		publish(app.Publish.Placed(t.Context(),
			reminders.Placed{Order: "e", Due: in(1), Fails: true}))
		publish(app.Publish.Paid(t.Context(), reminders.Paid{Order: "e"})) // in one batch
		timers(app, 3)
		time.Sleep(2 * time.Hour) // those of c and d are published
		timers(app, 1)
		if err := app.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		timers(app, 1)
		stop()
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		again := reminding(t, d, s)
		running(t, again)
		timers(again, 1)
		cold := reminding(t, d, newStore(), func(c *brook.Config) { c.Name = "cold" })
		if err := cold.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		timers(cold, 1)
	})
}

// A rebuild that is refused shows why, and so do views that are stale because of it.
func TestStatusOfARefusedRebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := false
		app := closed(t, config(memdriver.New(), newStore()), &ledger.Audit{
			Do: func(context.Context, brook.Event[ledger.Moved]) error {
				if fails {
					return errors.New("refused")
				}
				return nil
			},
		})
		moves(t, app, "a", true, 2)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := app.Status(); s.Rebuild != nil || s.Stale != nil {
			t.Errorf("%+v", s)
		}
		fails = true
		if err := app.Rebuild(t.Context()); !errors.Is(err, brook.ErrRebuildRefused) {
			t.Fatal(err)
		}
		r := app.Status().Rebuild
		if r == nil || r.Running || r.Preview || !strings.Contains(r.Err, "refused") ||
			r.Report == nil || r.Report.Promoted || len(r.Report.Failures) != 1 {
			t.Errorf("%+v", r)
		}
		if _, err := app.Preview(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := app.Status().Rebuild; !r.Preview || r.Err != "" || r.Report == nil {
			t.Errorf("%+v", r)
		}
	})
}

// A rebuild that is under way shows how far it has come, and how long it takes.
func TestStatusOfARebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, audit, _ := slow(t, 40)
		c.BatchSize = 1
		app := closed(t, c, audit)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- app.Rebuild(t.Context()) }()
		time.Sleep(20*time.Second + time.Millisecond)
		r := app.Status().Rebuild
		if r == nil || !r.Running || r.Progress.Total != 40 || r.Progress.Read < 15 ||
			r.Progress.Read > 25 || r.Progress.Left < 10*time.Second ||
			r.Progress.Left > 30*time.Second || r.Progress.Took != 20*time.Second+time.Millisecond {
			t.Errorf("%+v", r)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if r := app.Status().Rebuild; r.Running || !r.Report.Promoted || r.Progress.Left != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// Handlers whose code is another one than that which made the views are named, before Run too.
func TestStatusNamesHandlersOfOtherCode(t *testing.T) {
	r := newRecoded(t, "")
	r.place("a 1")
	r.want(1, "a=1")
	same, err := v1.NewApp(r.config(), v1.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	if s := same.Status().Stale; s != nil {
		t.Errorf("%+v", s)
	}
	if err := same.Close(); err != nil {
		t.Fatal(err)
	}
	app, err := v1b.NewApp(r.config(), v1b.Orders{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	s := app.Status().Stale
	if s == nil || len(s.Changes) != 0 || len(s.Handlers) != 1 || s.Overtaken || s.Refused ||
		!strings.Contains(s.Handlers[0], "Orders.Placed changed") {
		t.Fatalf("%+v", s)
	}
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := app.Status().Stale; s != nil {
		t.Errorf("%+v after a rebuild", s)
	}
}

// Another structure than that of the views is named; who was overtaken by it says so, and folds
// nothing more.
func TestStatusOfOtherStructure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newShared()
		app := serve(t, config(d, s), &ledger.Audit{})
		moves(t, app, "a", true, 1)
		synctest.Wait()
		if s := app.Status(); s.Stale != nil || s.State != brook.StateLive {
			t.Errorf("%+v", s)
		}
		alter(t, s, foreignCode)
		moves(t, app, "a", false, 1)
		time.Sleep(10 * time.Second)
		st := app.Status()
		is(t, st, brook.StateStopped, time.Since(st.Since).Round(time.Millisecond), "another version")
		if st.Stale == nil || !st.Stale.Overtaken || len(st.Stale.Changes) == 0 || st.Lag() == 0 {
			t.Errorf("%+v", st)
		}
		if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 1 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// With Config.Group each instance shows its own partitions and what is of them, and is starting
// until it is assigned some.
func TestStatusInAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fault.New(fault.Refuse, 0, fault.Join)
		d := memdriver.New(memdriver.Partitions(4))
		s := newShared()
		fails := func(context.Context, brook.Event[ledger.Moved]) error { return errors.New("no") }
		c := config(nil, s)
		c.Driver, c.Group = drivertest.Faulty(d, f), true
		c.Retry = brook.Retry{Attempts: 1, Min: time.Second, Max: time.Second}
		f.Begin()
		a := serve(t, c, &ledger.Audit{Do: fails})
		t.Cleanup(f.Mend)
		time.Sleep(time.Minute)
		is(t, a.Status(), brook.StateWaitingForLog, time.Minute, "group")
		f.Mend()
		time.Sleep(10 * time.Second)
		if s := a.Status(); s.State != brook.StateLive || len(s.Partitions) != 4 {
			t.Fatalf("%+v", s)
		}
		for i := range 12 {
			id := string(rune('a' + i))
			moves(t, a, id, true, 1)
		}
		time.Sleep(10 * time.Second)
		all := exact(t, a)
		if all.Letters != 12 || all.Lag() != 0 {
			t.Errorf("%+v", all)
		}
		b := serve(t, c, &ledger.Audit{Do: fails})
		time.Sleep(30 * time.Second)
		sa, sb := a.Status(), b.Status()
		if len(sa.Partitions) != 2 || len(sb.Partitions) != 2 || sa.Letters+sb.Letters != 12 ||
			sa.Letters == 0 || sb.Letters == 0 {
			t.Errorf("%+v\n%+v", sa, sb)
		}
		is(t, sb, brook.StateLive, time.Since(sb.Since).Round(time.Millisecond), "")
	})
}

// The last failures are kept, the newest first, and no more than 20.
func TestStatusKeepsTheLastFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newNear())
		c.Retry = brook.Retry{Attempts: 1}
		n := 0
		app := serve(t, c, &ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
			n++
			text := strings.Repeat("x", n)
			return func(context.Context) error { return errors.New(text) }
		}})
		moves(t, app, "a", true, 30)
		synctest.Wait()
		failures := app.Status().Failures
		if len(failures) != 20 {
			t.Fatalf("%d failures", len(failures))
		}
		newest := slices.MaxFunc(failures, func(a, b brook.FailureStatus) int {
			return len(a.Error) - len(b.Error)
		})
		if failures[0] != newest || !failures[0].Final || failures[0].Position.Offset != 30 {
			t.Errorf("%+v", failures[0])
		}
	})
}
