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

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// reminding opens an app with timers.
func reminding(t *testing.T, d brook.Driver, s brook.Store, change ...func(*brook.Config)) *reminders.App {
	t.Helper()
	c := config(d, s)
	c.Author = "reminders"
	for _, f := range change {
		f(&c)
	}
	app, err := reminders.NewApp(c, reminders.Reminding{})
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

// running runs an app until stop, or the end of the test.
func running(t *testing.T, app *reminders.App) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// overdue returns the events of timers in the log, as order@time.
func overdue(t *testing.T, d *memdriver.Driver) (all []string) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), "reminders")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		r, err := d.Open(t.Context(),
			brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.Start})
		if err != nil {
			t.Fatal(err)
		}
		for next := p.Start; next < p.End; {
			c, err := r.Read(t.Context(), 100)
			if err != nil {
				t.Fatal(err)
			}
			next = c.Next
			for i := range c.Records {
				var m brook.Message
				if err := (brook.CloudEvents{}).Open(&c.Records[i], &m); err != nil {
					t.Fatal(err)
				}
				if m.Type == reminders.OverdueType {
					all = append(all, string(c.Records[i].Key)+"@"+m.Time.Format(time.RFC3339))
				}
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return all
}

func wasTold(t *testing.T, app *reminders.App, order string, want int) {
	t.Helper()
	o, err := app.Views.Orders.Get(order)
	if err != nil || o.Told != want {
		t.Errorf("order %s: %+v, %v; want %d reminders", order, o, err, want)
	}
}

// stamp is a time as overdue writes it.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func place(t *testing.T, app *reminders.App, orders ...reminders.Placed) {
	t.Helper()
	for _, o := range orders {
		pos, err := app.Publish.Placed(t.Context(), o)
		if err == nil {
			err = app.WaitFor(t.Context(), pos)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// While an app runs, timers are due to the second, in many tasks as in one.
func TestTimersWhileRunning(t *testing.T) {
	for _, partitions := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			d := memdriver.New(memdriver.Partitions(partitions))
			app := reminding(t, d, newStore())
			running(t, app)
			start := time.Now()
			for i := range 8 {
				place(t, app, reminders.Placed{Order: fmt.Sprint(i), Due: start.Add(time.Hour)})
			}
			place(t, app, reminders.Placed{Order: "late", Due: start.Add(30 * time.Hour)},
				reminders.Placed{Order: "past", Due: start.AddDate(-3, 0, 0)},
				reminders.Placed{Order: "zero"})
			pos, err := app.Publish.Paid(t.Context(), reminders.Paid{Order: "3"})
			if err == nil {
				err = app.WaitFor(t.Context(), pos)
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour - time.Second)
			synctest.Wait()
			if got := overdue(t, d); len(got) != 2 {
				t.Errorf("before they are due, %v are published", got)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			for i := range 8 {
				wasTold(t, app, fmt.Sprint(i), map[bool]int{true: 0, false: 1}[i == 3])
			}
			wasTold(t, app, "past", 1)
			wasTold(t, app, "zero", 1)
			wasTold(t, app, "late", 0)
			time.Sleep(30 * time.Hour)
			synctest.Wait()
			wasTold(t, app, "late", 1)
			if got := overdue(t, d); len(got) != 10 ||
				!slices.Contains(got, "late@"+stamp(start.Add(30*time.Hour))) {
				t.Errorf("%v were published, want ten", got)
			}
		})
	}
}

// A reminder that sets itself anew goes on, across restarts, until it is cancelled.
func TestTimersSetThemselvesAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newStore()
		app := reminding(t, d, s)
		stop := running(t, app)
		place(t, app, reminders.Placed{Order: "a", Due: time.Now().Add(time.Hour), Every: 3600})
		for n := range 5 {
			time.Sleep(time.Hour)
			time.Sleep(time.Second)
			synctest.Wait()
			wasTold(t, app, "a", n+1)
			stop()
			if n%2 == 0 {
				s = mapstore.New() // filled from the log
			}
			app = reminding(t, d, s)
			stop = running(t, app)
			synctest.Wait()
			wasTold(t, app, "a", n+1)
		}
		if n := len(overdue(t, d)); n != 5 {
			t.Errorf("%d reminders are in the log, want 5", n)
		}
	})
}

// slowReader is a driver whose reads of the log wait while it is held.
type slowReader struct {
	*memdriver.Driver
	held atomic.Pointer[chan struct{}]
}

func (d *slowReader) hold() (release func()) {
	c := make(chan struct{})
	d.held.Store(&c)
	return func() {
		d.held.Store(nil)
		close(c)
	}
}

func (d *slowReader) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	r, err := d.Driver.Open(ctx, from)
	return heldReader{r, d}, err
}

type heldReader struct {
	brook.PartitionReader
	d *slowReader
}

func (r heldReader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	c, err := r.PartitionReader.Read(ctx, max)
	if held := r.d.held.Load(); held != nil {
		select {
		case <-*held:
		case <-ctx.Done():
			return brook.Chunk{}, ctx.Err()
		}
	}
	return c, err
}

// What cancels a timer while nobody folds, or while the log can't be read, comes before the timer,
// although its time passed long before (rule 38).
func TestTimersWaitForTheBacklog(t *testing.T) {
	for _, partitions := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			d := &slowReader{Driver: memdriver.New(memdriver.Partitions(partitions))}
			app := reminding(t, d, newStore())
			running(t, app)
			due := time.Now().Add(time.Hour)
			place(t, app, reminders.Placed{Order: "a", Due: due}, reminders.Placed{Order: "b", Due: due},
				reminders.Placed{Order: "c", Due: due})
			synctest.Wait()
			release := d.hold()
			var pos brook.Position
			for _, o := range []string{"a", "b"} {
				var err error
				if pos, err = app.Publish.Paid(t.Context(), reminders.Paid{Order: o}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			release()
			time.Sleep(time.Minute)
			synctest.Wait()
			if got, want := overdue(t, d.Driver), []string{"c@" + stamp(due)}; !slices.Equal(got, want) {
				t.Errorf("%v were published, want %v", got, want)
			}
			if err := app.WaitFor(t.Context(), pos); err != nil {
				t.Error(err)
			}
		})
	}
}

// Of several instances that each hold the whole view, the one publishes that acts for the partition;
// if it ends, another one does, and nothing is published twice.
func TestTimersOfSeveralInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(4))
		var apps []*reminders.App
		var stops []func()
		for range 3 {
			app := reminding(t, d, newStore())
			apps, stops = append(apps, app), append(stops, running(t, app))
		}
		time.Sleep(time.Minute)
		start := time.Now()
		for i := range 12 {
			place(t, apps[0], reminders.Placed{
				Order: fmt.Sprint(i), Due: start.Add(time.Duration(1+i%3) * time.Hour)})
		}
		for n := range 3 {
			time.Sleep(time.Hour)
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := overdue(t, d); len(got) != 4*(n+1) {
				t.Errorf("after %d hours %v are published", n+1, got)
			}
			for i := range 12 {
				want := 0
				if i%3 <= n {
					want = 1
				}
				for _, app := range apps[min(n, 2):] {
					wasTold(t, app, fmt.Sprint(i), want)
				}
			}
			if n < 2 {
				stops[n]() // its timers are another one's
			}
		}
	})
}

// An app that starts with an empty store folds silently first: what was published before is not
// published again, and what was not is.
func TestTimersOfAColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(3))
		app := reminding(t, d, mapstore.New())
		stop := running(t, app)
		start := time.Now()
		for i := range 30 {
			place(t, app, reminders.Placed{
				Order: fmt.Sprint(i), Due: start.Add(time.Duration(1+i%3) * time.Hour)})
		}
		time.Sleep(time.Hour)
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		if n := len(overdue(t, d)); n != 10 {
			t.Fatalf("%d are published, want 10", n)
		}
		time.Sleep(time.Hour) // others are due while nobody runs
		app = reminding(t, d, mapstore.New())
		running(t, app)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(overdue(t, d)); n != 20 {
			t.Errorf("%d are published, want 20", n)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(overdue(t, d)); n != 30 {
			t.Errorf("%d are published, want 30", n)
		}
		for i := range 30 {
			wasTold(t, app, fmt.Sprint(i), 1)
		}
	})
}

// refusingTimers is a driver that publishes no events of timers while it refuses.
type refusingTimers struct {
	*memdriver.Driver
	on atomic.Bool
}

func (d *refusingTimers) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	for i := range records {
		for _, h := range records[i].Headers {
			if d.on.Load() && h.Key == "ce_type" && string(h.Value) == reminders.OverdueType {
				return nil, errors.New("not now")
			}
		}
	}
	return d.Driver.Publish(ctx, records)
}

// A rebuild beside the live views sets the timers anew, and publishes none that these published or
// are about to publish.
func TestTimersOfARebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &refusingTimers{Driver: memdriver.New(memdriver.Partitions(2))}
		app := reminding(t, d, newStore())
		running(t, app)
		start := time.Now()
		for i := range 9 {
			place(t, app, reminders.Placed{
				Order: fmt.Sprint(i), Due: start.Add(time.Duration(1+i%3) * time.Hour)})
		}
		time.Sleep(time.Hour + time.Second)
		d.on.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(overdue(t, d.Driver)); n != 3 {
			t.Fatalf("%d are published, want 3", n)
		}
		for range 2 {
			if err := app.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		d.on.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(overdue(t, d.Driver)); n != 6 {
			t.Errorf("%d are published, want 6", n)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(overdue(t, d.Driver)); n != 9 {
			t.Errorf("%d are published, want 9", n)
		}
		for i := range 9 {
			wasTold(t, app, fmt.Sprint(i), 1)
		}
	})
}

// The event of a timer that fails is a letter like any other. Its timer is gone, and what is redriven
// does not ask for it.
func TestTimersOfLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New()
		app := reminding(t, d, newStore())
		running(t, app)
		due := time.Now().Add(time.Hour)
		place(t, app, reminders.Placed{Order: "a", Due: due, Fails: true})
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		letters := func() (all []string) {
			for l, err := range app.DeadLetters() {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, fmt.Sprint(l.Type, " ", l.Attempts))
			}
			return all
		}
		if got := letters(); !slices.Equal(got, []string{"payment.overdue 1"}) {
			t.Fatalf("letters: %v", got)
		}
		if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		if got := letters(); !slices.Equal(got, []string{"payment.overdue 2"}) {
			t.Errorf("letters after a redrive: %v", got)
		}
		if err := app.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := overdue(t, d); len(got) != 1 {
			t.Errorf("published: %v", got)
		}
		if got := letters(); len(got) != 1 {
			t.Errorf("letters after a rebuild: %v", got)
		}
	})
}

// A timer that Process set is published by the app whose store has it.
func TestTimersOfProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(2))
		app := reminding(t, d, newStore())
		running(t, app)
		due := time.Now().Add(time.Hour)
		for _, o := range []string{"a", "b"} {
			if err := app.Process.Placed(t.Context(), reminders.Placed{Order: o, Due: due}); err != nil {
				t.Fatal(err)
			}
		}
		if err := app.Process.Paid(t.Context(), reminders.Paid{Order: "b"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		wasTold(t, app, "a", 1)
		wasTold(t, app, "b", 0)
		if got := overdue(t, d); !slices.Equal(got, []string{"a@" + stamp(due)}) {
			t.Errorf("published: %v", got)
		}
	})
}

// A timer whose year can't be written is a letter, which names it.
func TestTimersOutOfRange(t *testing.T) {
	app := reminding(t, memdriver.New(), newStore())
	for _, due := range []time.Time{
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if _, err := app.Publish.Placed(t.Context(), reminders.Placed{Order: "a", Due: due}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := app.Publish.Placed(t.Context(), reminders.Placed{
		Order: "b", Due: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)),
	})
	if err == nil {
		err = app.CatchUp(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	wasTold(t, app, "a", 1) // it was due in the year 0
	n := 0
	for l, err := range app.DeadLetters() {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if !strings.Contains(l.Error, "timer of payment.overdue") ||
			!strings.Contains(l.Error, "the year 10000 (UTC)") {
			t.Errorf("the letter says %s", l.Error)
		}
	}
	if n != 1 {
		t.Errorf("%d letters, want one", n)
	}
}

// What is passed over is counted.
func TestLapsedTimersAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &refusingTimers{Driver: memdriver.New()}
		var lapsed, events atomic.Int64
		app := reminding(t, d, newStore(), func(c *brook.Config) {
			c.Hooks.Commit = func(c brook.Commit) {
				lapsed.Add(int64(c.Lapsed))
				events.Add(int64(c.Events))
			}
		})
		running(t, app)
		d.on.Store(true)
		place(t, app, reminders.Placed{Order: "a", Due: time.Now()})
		time.Sleep(time.Second) // it is in the outbox
		pos, err := app.Publish.Paid(t.Context(), reminders.Paid{Order: "a"})
		if err == nil {
			err = app.WaitFor(t.Context(), pos)
		}
		if err != nil {
			t.Fatal(err)
		}
		d.on.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		wasTold(t, app, "a", 0)
		if len(overdue(t, d.Driver)) != 1 || lapsed.Load() != 1 || events.Load() != 3 {
			t.Errorf("%d of %d events lapsed, want one of three", lapsed.Load(), events.Load())
		}
	})
}

// By a clock of the test's own, years pass at once.
func TestTimersOfYears(t *testing.T) {
	now := time.Now()
	app := reminding(t, memdriver.New(), newStore())
	back, _ := engine.BackstageOf(app.Source())
	back.SetClock(func() time.Time { return now })
	for n := range 40 {
		order := reminders.Placed{Order: fmt.Sprint(n), Due: now.AddDate(n, 0, 0)}
		if _, err := app.Publish.Placed(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 41 {
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			wasTold(t, app, fmt.Sprint(i), map[bool]int{true: 1}[i <= n])
		}
		now = now.AddDate(1, 0, 0)
	}
}

// Over one shared store, with and without Config.Group, one process publishes each timer; if it ends,
// or is cut off from store and log, others do, and each timer is handled once (rules 14 and 38).
func TestTimersOfTwoProcesses(t *testing.T) {
	for _, group := range []bool{false, true} {
		for _, dies := range []bool{false, true} {
			t.Run(fmt.Sprintf("group %t, dies %t", group, dies), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { timersOfTwo(t, group, dies) })
			})
		}
	}
}

func timersOfTwo(t *testing.T, group, dies bool) {
	d, s := memdriver.New(memdriver.Partitions(4)), newShared()
	type instance struct {
		app   *reminders.App
		store *severed
		stop  func()
	}
	begin := func() instance {
		i := instance{store: &severed{shared: s}}
		i.app = reminding(t, d, i.store, func(c *brook.Config) { c.Group = group })
		i.stop = running(t, i.app)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		return i
	}
	a, b := begin(), begin()
	start := time.Now()
	const orders = 12
	for i := range orders {
		o := reminders.Placed{Order: fmt.Sprint(i), Due: start.Add(time.Duration(1+i%3) * time.Minute)}
		if _, err := b.app.Publish.Placed(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.app.Publish.Paid(t.Context(), reminders.Paid{Order: "5"}); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		time.Sleep(time.Minute)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		for i := range orders {
			want := map[bool]int{true: 1}[i%3 <= n && i != 5]
			wasTold(t, b.app, fmt.Sprint(i), want)
		}
		if n > 0 {
			continue
		}
		if dies {
			a.store.gone.Store(true)
		}
		a.stop()
	}
	got := overdue(t, d)
	if n := len(slices.Compact(got)); n != orders-1 {
		t.Errorf("%d timers were published, want %d", n, orders-1)
	}
	if len(got) != orders-1 && !dies {
		t.Errorf("timers were published twice: %v", got)
	}
}
