package apptest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// EarlyRun is how Early runs an app.
type EarlyRun struct {
	Open      func(*testing.T) brook.Store // opens what is one store, each time
	Group     bool                         // instances divide the partitions
	Instances int                          // at a time
	Orders    int
	Seed      uint64
}

// Early publishes orders, payments and parcels in topics of their own of 12 partitions, in a random
// order, and folds them in instances that crash. No letter is left, the views are as if all had come
// in order, and each receipt is in the log, also after a rebuild.
func Early(t *testing.T, run EarlyRun) {
	t.Helper()
	t.Logf("seed %d", run.Seed)
	rnd := rand.New(rand.NewPCG(run.Seed, 37))
	e := &earlyRun{EarlyRun: run, t: t, driver: memdriver.New(memdriver.Partitions(12))}
	events := ParcelEvents(run.Orders)
	want := e.inOrder(events)
	rnd.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	half := len(events) / 2
	e.publish(events[:half])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var work sync.WaitGroup
	for range run.Instances {
		seed := rnd.Uint64()
		work.Go(func() { e.crash(ctx, rand.New(rand.NewPCG(seed, 1))) })
	}
	e.publish(events[half:])
	work.Wait()
	app := e.app(e.driver, run.Open(t), run.Group)
	defer closeParcels(t, app)
	e.fold(ctx, app)
	if got := ParcelRows(t, app); got != want {
		t.Errorf("rows are\n%swant\n%s", got, want)
	}
	if err := app.Rebuild(ctx); err != nil {
		t.Error(err)
	}
	if got := ParcelRows(t, app); got != want {
		t.Errorf("rebuilt rows are\n%swant\n%s", got, want)
	}
	if n := len(e.receipts()); n != 2*run.Orders {
		t.Errorf("receipts of %d payments are in the log, want those of %d", n, 2*run.Orders)
	}
}

// earlyRun is a run of Early.
type earlyRun struct {
	EarlyRun
	t      *testing.T
	driver *memdriver.Driver
	last   []brook.Position
}

// app opens an app of parcels.
func (e *earlyRun) app(d brook.Driver, s brook.Store, group bool) *parcels.App {
	app, err := parcels.NewApp(brook.Config{
		Author: "shop", Driver: d, Store: s, Group: group, BatchSize: 20,
		Log:   slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: 10 * time.Millisecond},
	}, &parcels.Shop{}, parcels.Audit{})
	if err != nil {
		e.t.Fatal(err)
	}
	return app
}

func closeParcels(t *testing.T, app *parcels.App) {
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// inOrder returns the rows of an app that folds events in order.
func (e *earlyRun) inOrder(events []brook.Outgoing) string {
	app := e.app(memdriver.New(), mapstore.New(), false)
	defer closeParcels(e.t, app)
	for i := range events { // one at a time: topics are folded in the order of time
		if _, err := app.PublishAll(e.t.Context(), slices.Values(events[i:i+1])); err != nil {
			e.t.Fatal(err)
		}
		if err := app.CatchUp(e.t.Context()); err != nil {
			e.t.Fatal(err)
		}
	}
	return ParcelRows(e.t, app)
}

// publish appends the records of events to the log of the run.
func (e *earlyRun) publish(events []brook.Outgoing) {
	to := e.app(e.driver, mapstore.New(), false)
	defer closeParcels(e.t, to)
	for i := range events {
		at, err := to.PublishAll(e.t.Context(), slices.Values(events[i:i+1]))
		if err != nil {
			e.t.Fatal(err)
		}
		e.last = append(e.last, at)
	}
}

// crash runs one instance after another, each until it crashes at some operation of its store.
func (e *earlyRun) crash(ctx context.Context, rnd *rand.Rand) {
	for range 6 {
		kind := []fault.Kind{fault.CrashBefore, fault.CrashAfter}[rnd.IntN(2)]
		f := fault.New(kind, 40+rnd.IntN(150), fault.Commit, fault.Get, fault.Scan, fault.Fetch)
		app, err := parcels.NewApp(brook.Config{
			Author: "shop", Driver: e.driver, Store: storetest.Faulty(e.Open(e.t), f),
			Group: e.Group, BatchSize: 1 + rnd.IntN(10), ShutdownTimeout: 100 * time.Millisecond,
			Log:   slog.New(slog.DiscardHandler),
			Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: 10 * time.Millisecond},
		}, &parcels.Shop{}, parcels.Audit{})
		if err != nil {
			continue // it crashed while it opened
		}
		run, stop := context.WithTimeout(ctx, 2*time.Second)
		run, end := f.Until(run)
		_ = app.Run(run)
		end()
		stop()
		_ = app.Close()
	}
}

// fold runs an app until all is applied.
func (e *earlyRun) fold(ctx context.Context, app *parcels.App) {
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	for _, at := range e.last {
		if err := app.WaitFor(ctx, at); err != nil {
			e.t.Errorf("%s: %v", at, err)
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		e.t.Error(err)
	}
	if err := app.CatchUp(ctx); err != nil { // what is left to publish
		e.t.Error(err)
	}
}

// receipts returns the IDs of the receipts in the log.
func (e *earlyRun) receipts() map[string]bool {
	ids := map[string]bool{}
	partitions, err := e.driver.Partitions(e.t.Context(), "receipts")
	if err != nil {
		e.t.Fatal(err)
	}
	for _, p := range partitions {
		at := brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.Start}
		reader, err := e.driver.Open(e.t.Context(), at)
		if err != nil {
			e.t.Fatal(err)
		}
		for next := p.Start; next < p.End; {
			c, err := reader.Read(e.t.Context(), 1000)
			if err != nil {
				e.t.Fatal(err)
			}
			for i := range c.Records {
				var m brook.Message
				if err := (brook.CloudEvents{}).Open(&c.Records[i], &m); err != nil {
					e.t.Fatal(err)
				}
				ids[m.ID] = true
			}
			next = c.Next
		}
		if err := reader.Close(); err != nil {
			e.t.Fatal(err)
		}
	}
	return ids
}

// ParcelEvents are the events of n orders, in the order in which they happened.
func ParcelEvents(n int) (events []brook.Outgoing) {
	for i := range n {
		order := fmt.Sprint("o", i)
		events = append(events, brook.Emit(parcels.Placed{Order: order, Cents: 100 + i}),
			brook.Emit(parcels.Paid{Order: order, Cents: 50}),
			brook.Emit(parcels.Paid{Order: order, Cents: 50 + i}),
			brook.Emit(parcels.Sent{Order: order, Parcel: "a"}),
			brook.Emit(parcels.Sent{Order: order, Parcel: "b"}))
	}
	return events
}

// ParcelRows are the rows of an app and its letters, for comparison. Parcels of an order are sorted:
// they come in any order.
func ParcelRows(t *testing.T, app *parcels.App) string {
	t.Helper()
	var b strings.Builder
	for e, err := range app.Views.Orders.All() {
		slices.Sort(e.Value.Parcels)
		fmt.Fprintln(&b, e, err)
	}
	for e, err := range app.Views.Payments.All() {
		fmt.Fprintln(&b, e, err)
	}
	for e, err := range app.Views.Seen.All() {
		fmt.Fprintln(&b, e, err)
	}
	for l, err := range app.DeadLetters() {
		fmt.Fprintln(&b, l, err)
	}
	return b.String()
}
