package apptest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// Timers folds a random history of timers: they are set, set anew, cancelled, due, while the app
// runs and while it does not, with crashes and failures of store and driver in between, rebuilds
// and, if cold is not nil, starts with an empty store that it makes. It compares the views with the
// plainest program that folds the same log, and holds what was published against the rules: nothing
// before its time, nothing that was cancelled before it, once if nothing crashed, and nothing is
// forgotten.
func Timers(t *testing.T, store brook.Store, cold func() brook.Store, seed uint64, steps int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 3))
	w := &timerWorld{
		t: t, rnd: rnd, store: store, cold: cold, seed: seed,
		driver: memdriver.New(memdriver.Partitions(1 + 2*rnd.IntN(2))),
		now:    time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
		clock:  map[brook.Position]time.Time{},
		gentle: rnd.IntN(2) == 0,
	}
	var err error
	w.publisher, err = reminders.NewApp(brook.Config{
		Author: "orders", Topic: "reminders", Driver: w.driver, Store: mapstore.New(),
	}, reminders.Reminding{})
	w.check(err)
	defer func() { w.check(w.publisher.Close()) }()
	for range steps {
		w.step()
	}
	w.now = w.now.Add(10 * time.Hour)
	w.run(nil, nil)
	w.compare()
}

// timerWorld is a log, a store, and a clock that the test sets.
type timerWorld struct {
	t         *testing.T
	rnd       *rand.Rand
	seed      uint64
	driver    *memdriver.Driver
	store     brook.Store
	cold      func() brook.Store
	now       time.Time
	publisher *reminders.App
	clock     map[brook.Position]time.Time // when records of the publisher were appended
	gentle    bool                         // nothing is to be published twice
	harmed    bool                         // something may have been
}

func (w *timerWorld) check(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatalf("seed %d: %v", w.seed, err)
	}
}

// step does something.
func (w *timerWorld) step() {
	r := w.rnd
	order := fmt.Sprint("o", r.IntN(5))
	due := w.now.Add(time.Duration(r.IntN(300)-30) * time.Minute)
	ctx := w.t.Context()
	published := func(at brook.Position, err error) {
		w.check(err)
		w.clock[at] = w.now
	}
	switch r.IntN(16) {
	case 0, 1, 2:
		published(w.publisher.Publish.Placed(ctx, reminders.Placed{
			Order: order, Due: due, Every: int64(r.IntN(2) * (1 + r.IntN(3)) * 3600),
			Fails: r.IntN(8) == 0,
		}))
	case 3, 4:
		published(w.publisher.Publish.Paid(ctx, reminders.Paid{Order: order}))
	case 5:
		published(w.publisher.Publish.Deferred(ctx, reminders.Deferred{Order: order, Due: due}))
	case 6: // somebody else's event is no timer's
		published(w.publisher.Publish.Overdue(ctx, reminders.Overdue{Order: order}))
	case 7, 8, 9:
		w.now = w.now.Add(time.Duration(r.IntN(120)) * time.Minute)
	case 10, 11, 12:
		w.run(nil, nil)
	case 13:
		w.run(nil, rebuilds)
	default:
		w.fail()
	}
}

// fail runs an app that fails. In a gentle history that is a process that ends before it publishes
// what it committed, by which nothing is published twice.
func (w *timerWorld) fail() {
	r := w.rnd
	var do func(*reminders.App, context.Context) error
	if r.IntN(3) == 0 {
		do = rebuilds
	}
	if w.gentle || r.IntN(3) == 0 {
		w.run(storetest.NewFault(storetest.CrashBefore, 1+r.IntN(2), drivertest.OpPublish), do)
		return
	}
	w.harmed = true
	kinds := []storetest.FaultKind{
		storetest.Fail, storetest.CrashBefore, storetest.CrashAfter, drivertest.Half,
	}
	w.run(storetest.NewFault(kinds[r.IntN(len(kinds))], 1+r.IntN(120)), do)
	if w.cold != nil && r.IntN(2) == 0 {
		w.store = w.cold()
	}
}

func rebuilds(app *reminders.App, ctx context.Context) error { return app.Rebuild(ctx) }

// run opens the app, does something, folds until nothing is left, and closes the app. It may fail as
// fault decides, or crash.
func (w *timerWorld) run(
	fault *storetest.Fault, do func(*reminders.App, context.Context) error,
) {
	w.t.Helper()
	driver, store, ctx := brook.Driver(w.driver), w.store, w.t.Context()
	if fault != nil {
		var stop func()
		ctx, stop = fault.Until(ctx)
		defer stop()
		driver, store = drivertest.Faulty(driver, fault), storetest.Faulty(store, fault)
	}
	failed := func(err error) bool {
		if err != nil && fault == nil {
			w.t.Helper()
			w.t.Fatalf("seed %d: %v", w.seed, err)
		}
		return err != nil
	}
	app, err := reminders.NewApp(brook.Config{
		Author: "reminders", Driver: driver, Store: store, BatchSize: 1 + w.rnd.IntN(6),
		OnFailure: brook.GoOn, Log: slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond},
	}, reminders.Reminding{})
	if failed(err) {
		return
	}
	back, _ := engine.BackstageOf(app.Source())
	back.SetClock(func() time.Time { return w.now })
	if do == nil || !failed(do(app, ctx)) {
		failed(app.CatchUp(ctx))
	}
	failed(app.Close())
	w.sent()
}

// fold folds the log as the plainest program does.
func (w *timerWorld) fold() *TimerModel {
	w.t.Helper()
	m := NewTimerModel()
	partitions, err := w.driver.Partitions(w.t.Context(), "reminders")
	w.check(err)
	for _, p := range partitions {
		for _, r := range recordsOf(w.t, w.driver, p) {
			w.check(m.Fold(&r))
		}
	}
	return m
}

// sent holds what was published since the last call against the clock.
func (w *timerWorld) sent() {
	w.t.Helper()
	partitions, err := w.driver.Partitions(w.t.Context(), "reminders")
	w.check(err)
	for _, p := range partitions {
		taken := map[string]time.Time{} // when the timer of a key was cancelled or set anew last
		setBy := map[string]time.Time{} // when that which an event set was taken back
		current, ids := map[string]string{}, map[string]bool{}
		for _, r := range recordsOf(w.t, w.driver, p) {
			var m brook.Message
			w.check(brook.CloudEvents{}.Open(&r, &m))
			at, ours := w.clock[r.Position()]
			if !ours {
				at = w.now
				w.clock[r.Position()] = w.now
				if m.Time.After(w.now) {
					w.t.Errorf("seed %d: %s is published at %s, and due at %s", w.seed, m.ID, w.now,
						m.Time)
				}
			}
			k := string(r.Key)
			if m.Type == reminders.OverdueType && m.Author == "reminders" {
				if gone, ok := setBy[m.Cause]; ok && gone.Before(m.Time) {
					w.t.Errorf("seed %d: %s at %s is published, and was taken back at %s, before it "+
						"was due at %s", w.seed, m.ID, r.Position(), gone, m.Time)
				}
				if ids[m.ID] && !w.harmed {
					w.t.Errorf("seed %d: %s is published twice", w.seed, m.ID)
				}
				ids[m.ID] = true
				if current[k] == m.Cause {
					current[k] = m.ID // perhaps it is set again
				}
				continue
			}
			if m.Type == reminders.OverdueType {
				continue
			}
			taken[k] = at
			if before := current[k]; before != "" {
				if _, known := setBy[before]; !known {
					setBy[before] = at
				}
			}
			current[k] = m.ID
		}
	}
}

// compare compares the views with those of the plainest program.
func (w *timerWorld) compare() {
	w.t.Helper()
	want := w.fold()
	app, err := reminders.NewApp(brook.Config{
		Author: "reminders", Driver: w.driver, Store: w.store, Log: slog.New(slog.DiscardHandler),
	}, reminders.Reminding{})
	w.check(err)
	defer func() { w.check(app.Close()) }()
	if err := want.Compare(w.t.Context(), app, w.store, w.now); err != nil {
		w.t.Errorf("seed %d: %v", w.seed, err)
	}
}
