package apptest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/fault"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// ErrandsRun is how Errands runs an app with jobs.
type ErrandsRun struct {
	Open      func(*testing.T) brook.Store // opens what is one store, each time
	Group     bool                         // instances divide the partitions
	Instances int                          // at a time
	Crashes   int                          // of each
	Orders    int
	Seed      uint64
}

// Errands publishes orders, which ask for mails and parcels, and has instances that crash do these
// jobs. None is lost, and repeats have the ID of the first time and come before the next job of the
// partition, type and key. A rebuild does none again.
func Errands(t *testing.T, run ErrandsRun) {
	t.Helper()
	t.Logf("seed %d", run.Seed)
	rnd := rand.New(rand.NewPCG(run.Seed, 41))
	e := &errandsRun{
		ErrandsRun: run, t: t, driver: memdriver.New(memdriver.Partitions(4)),
		outside: NewOutside(run.Seed, 4*time.Millisecond), mails: map[string]int{},
	}
	e.publish(rnd, run.Orders/2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var work sync.WaitGroup
	for range run.Instances {
		seed := rnd.Uint64()
		work.Go(func() { e.crash(ctx, rand.New(rand.NewPCG(seed, 1))) })
	}
	e.publish(rnd, run.Orders-run.Orders/2)
	work.Wait()
	app, err := e.app(run.Open(t), run.Group, fault.New(fault.Fail, 0))
	if err != nil {
		t.Fatal(err)
	}
	e.finish(ctx, app)
	e.outside.Check(t, e.mails, false)
	Sent(t, app, e.mails, false)
	tries := e.outside.tried()
	if err := app.Rebuild(ctx); err != nil {
		t.Error(err)
	}
	e.finish(ctx, app)
	Sent(t, app, e.mails, false)
	if n := e.outside.tried() - tries; n > 0 {
		t.Errorf("a rebuild did %d jobs again", n)
	}
	for l, err := range app.DeadLetters() {
		t.Errorf("a letter: %v, %v", l, err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// errandsRun is a run of Errands.
type errandsRun struct {
	ErrandsRun
	t       *testing.T
	driver  *memdriver.Driver
	outside *Outside
	mails   map[string]int // by order
}

// app opens an app over a store.
func (e *errandsRun) app(s brook.Store, group bool, kill *fault.Fault) (*errands.App, error) {
	return e.outside.App(brook.Config{
		Author: "errands", Driver: e.driver, Store: s, Group: group, BatchSize: 7,
		Log: slog.New(slog.DiscardHandler), ShutdownTimeout: 100 * time.Millisecond,
		Retry: brook.Retry{Attempts: 3, Min: time.Microsecond, Max: 10 * time.Millisecond},
	}, kill)
}

// publish publishes some more orders.
func (e *errandsRun) publish(rnd *rand.Rand, orders int) {
	app, err := e.app(mapstore.New(), false, fault.New(fault.Fail, 0))
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			e.t.Error(err)
		}
	}()
	for range orders {
		order := errands.Placed{
			Order: fmt.Sprint("o", len(e.mails)), User: fmt.Sprint("u", rnd.IntN(6)), Mails: rnd.IntN(4),
		}
		e.mails[order.Order] = order.Mails
		if _, err := app.Publish.Placed(e.t.Context(), order); err != nil {
			e.t.Fatal(err)
		}
	}
}

// crash runs one instance after another, each until it crashes at some operation of its store.
func (e *errandsRun) crash(ctx context.Context, rnd *rand.Rand) {
	for range e.Crashes {
		kind := []fault.Kind{fault.CrashBefore, fault.CrashAfter}[rnd.IntN(2)]
		kill := fault.New(kind, 40+rnd.IntN(200), fault.Commit, fault.Get, fault.Scan, fault.Fetch)
		app, err := e.app(storetest.Faulty(e.Open(e.t), kill), e.Group, kill)
		if err != nil {
			continue // it crashed while it opened
		}
		run, stop := context.WithTimeout(ctx, 2*time.Second)
		run, end := kill.Until(run)
		_ = app.Run(run)
		kill.Crash() // whether it has done all or not
		end()
		stop()
		_ = app.Close()
	}
}

// finish runs an app until all is done.
func (e *errandsRun) finish(ctx context.Context, app *errands.App) {
	e.t.Helper()
	for more := true; more; {
		before := e.outside.tried()
		if err := app.CatchUp(ctx); err != nil {
			e.t.Fatal(err)
		}
		more = e.outside.tried() > before // some may have failed
	}
}
