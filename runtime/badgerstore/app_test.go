package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// An app that is closed and opened again at any point continues where it was, as if
// it had never stopped.
func TestAppGoesOn(t *testing.T) {
	const events = 1500
	d, err := newStill(1, 1, events, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := onePass(t, d)
	dir := t.TempDir()
	for stops := 0; ; stops++ {
		s := open(t, dir, badgerstore.NoSync())
		ctx, cancel := context.WithCancel(t.Context())
		c, folded := config(d, s), 0
		c.BatchSize = 20
		c.Hooks.Commit = func(c brook.Commit) {
			if folded += c.Events; folded >= events/6 {
				cancel()
			}
		}
		app, err := ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand())
		if err != nil {
			t.Fatal(err)
		}
		err = app.CatchUp(ctx)
		cancel()
		if err == nil {
			caughtUp(t, app)
			apptest.Same(t, apptest.Observe(t, app), want)
		} else if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if cerr := app.Close(); cerr != nil {
			t.Fatal(cerr)
		}
		closed(t, s)
		if err == nil {
			if t.Logf("stopped %d times", stops); stops < 3 {
				t.Error("the log was folded in one go, or nearly")
			}
			break
		}
	}
	s := open(t, dir, badgerstore.NoSync())
	app := newApp(t, d, s)
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	app = newApp(t, d, open(t, dir, badgerstore.NoSync()))
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}

// A fault at many operations of store and driver changes nothing either, with the store
// opened again behind it.
func TestAppWhateverFails(t *testing.T) {
	d, err := newStill(2, 1, 550, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := onePass(t, d)
	step := 101
	if testing.Short() || race.Enabled {
		step = 307
	}
	for _, kind := range []storetest.FaultKind{storetest.Fail, storetest.CrashBefore,
		storetest.CrashAfter} {
		for n, struck := 1, true; struck; n += step {
			dir := t.TempDir()
			s := open(t, dir, badgerstore.NoSync())
			fault := storetest.NewFault(kind, n)
			c := config(drivertest.Faulty(d, fault), storetest.Faulty(s, fault))
			c.BatchSize = 4
			if app, err := ledger.NewApp(c, ledger.Books{}, apptest.FailOnDemand()); err == nil {
				ctx, cancel := fault.Until(t.Context())
				if err := app.CatchUp(ctx); err != nil && !fault.Struck() {
					t.Fatal(err)
				}
				cancel()
				if err := app.Close(); err != nil {
					t.Fatal(err)
				}
			}
			struck = fault.Struck()
			closed(t, s)
			s = open(t, dir, badgerstore.NoSync())
			app := newApp(t, d, s)
			caughtUp(t, app)
			if apptest.Same(t, apptest.Observe(t, app), want); t.Failed() {
				t.Fatalf("fault kind %d at operation %d", kind, n)
			}
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
			closed(t, s)
		}
	}
}

// Parallel tasks commit concurrently, synced.
func TestAppInLanes(t *testing.T) {
	d, err := newStill(3, 4, 2000, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := onePass(t, d)
	app := newApp(t, d, open(t, t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	waitForAll(t, ctx, d, app)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	apptest.Same(t, apptest.Observe(t, app), want)
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
}

// at is the last event of a partition.
func at(p brook.Partition) brook.Position {
	return brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.End - 1}
}

// waitForAll waits until all of the log is dealt with.
func waitForAll(t testing.TB, ctx context.Context, d brook.Driver, app *ledger.App) {
	t.Helper()
	partitions, err := d.Partitions(ctx, "ledger")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		err := app.WaitFor(ctx, at(p))
		if err != nil && !errors.Is(err, brook.ErrDeadLetter) {
			t.Fatal(err)
		}
	}
}

// What one event brings may be more than the store takes; it becomes a dead letter, and
// what is about it passes.
func TestAppTooLarge(t *testing.T) {
	d := memdriver.New()
	s := open(t, t.TempDir(), badgerstore.NoSync())
	app := newApp(t, d, s)
	defer app.Close()
	tags := make([]string, s.Limit()*7/10/1000)
	for i := range tags {
		tags[i] = fmt.Sprintf("%01000d", i)
	}
	var last brook.Position
	for i := range 60 {
		e := ledger.Opened{Account: fmt.Sprint(i), Tags: tags[:len(tags)/8]}
		if i == 30 {
			e.Tags = tags
		}
		var err error
		if last, err = app.Publish.Opened(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	caughtUp(t, app)
	letters := 0
	for l, err := range app.DeadLetters() {
		if err != nil {
			t.Fatal(err)
		}
		if letters++; l.Stage != "apply" || l.Position.Offset != 30 {
			t.Errorf("letter %+v", l)
		}
		t.Log(l.Error)
	}
	n, err := app.Views.Accounts.Len()
	if err != nil || n != 59 || letters != 1 {
		t.Errorf("%d accounts, %d letters, %v; the last event is at %v", n, letters, err, last)
	}
}
