package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/lending"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func newParcels(t *testing.T, c brook.Config, shop *parcels.Shop) *parcels.App {
	t.Helper()
	if d, ok := c.Driver.(*memdriver.Driver); ok {
		c.Driver = lending.Driver{Driver: d}
	}
	app, err := parcels.NewApp(c, shop, parcels.Audit{})
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

func publishParcels(t *testing.T, app *parcels.App, events []brook.Outgoing) {
	t.Helper()
	for _, e := range events {
		if _, err := app.PublishAll(t.Context(), func(yield func(brook.Outgoing) bool) {
			yield(e)
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// inOrder returns what views show that folded events in the order in which they happened.
func inOrder(t *testing.T, events []brook.Outgoing) string {
	t.Helper()
	app := newParcels(t, config(memdriver.New(), newStore()), &parcels.Shop{})
	publishParcels(t, app, events)
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return apptest.ParcelRows(t, app)
}

// A payment that comes before its order waits for it, and what the order makes appear wakes it.
func TestEarly(t *testing.T) {
	app := newParcels(t, config(memdriver.New(), newStore()), &parcels.Shop{})
	var events = apptest.ParcelEvents(1)
	catchUp := func(e ...brook.Outgoing) {
		t.Helper()
		publishParcels(t, app, e)
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	catchUp(events[3], events[1])
	if n, err := app.Views.Orders.Len(); n != 0 || err != nil {
		t.Errorf("%d orders, %v", n, err)
	}
	if s, err := app.Views.Seen.Get("o0"); s.Events != 2 || err != nil {
		t.Errorf("the other set saw %+v, %v", s, err)
	}
	catchUp(events[0])
	o, err := app.Views.Orders.Get("o0")
	if err != nil || o.Paid != 50 || len(o.Parcels) != 1 {
		t.Errorf("the order is %+v, %v", o, err)
	}
	catchUp(events[2], events[4])
	if got, want := apptest.ParcelRows(t, app), inOrder(t, events); got != want {
		t.Errorf("rows are\n%swant\n%s", got, want)
	}
}

// Orders, payments and parcels in topics of their own, in any order, in many partitions: no letter,
// and views are as if they had come in order, live, after a cold start and a rebuild.
func TestEarlyInAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 37))
			events := apptest.ParcelEvents(40)
			want := inOrder(t, events)
			rnd.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			driver := memdriver.New(memdriver.Partitions(12))
			c := config(driver, newStore())
			c.BatchSize = 1 + rnd.IntN(20)
			app := newParcels(t, c, &parcels.Shop{})
			publishParcels(t, app, events)
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := apptest.ParcelRows(t, app); got != want {
				t.Errorf("rows are\n%swant\n%s", got, want)
			}
			if err := app.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := apptest.ParcelRows(t, app); got != want {
				t.Errorf("rebuilt rows are\n%swant\n%s", got, want)
			}
			c = config(driver, newStore())
			cold := newParcels(t, c, &parcels.Shop{})
			if err := cold.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := apptest.ParcelRows(t, cold); got != want {
				t.Errorf("rows of a cold start are\n%swant\n%s", got, want)
			}
			if got := receiptsIn(t, driver); got != 80 {
				t.Errorf("%d receipts, want 80, each once", got)
			}
		})
	}
}

// receiptsIn returns how many receipts are in the log.
func receiptsIn(t *testing.T, d *memdriver.Driver) (n int64) {
	t.Helper()
	partitions, err := d.Partitions(t.Context(), "receipts")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		n += p.End - p.Start
	}
	return n
}

// So they are if the app crashes at any operation of its store, which outlives it or not.
func TestEarlyWithCrashes(t *testing.T) {
	for name, open := range map[string]func() func(*testing.T) brook.Store{
		"lasts": func() func(*testing.T) brook.Store {
			last := lasting{newStore()}
			return func(*testing.T) brook.Store { return last }
		},
		"forgets": func() func(*testing.T) brook.Store {
			return func(*testing.T) brook.Store { return newStore() }
		},
	} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				apptest.Early(t, apptest.EarlyRun{
					Open: open(), Instances: 1, Orders: 60, Seed: seed,
				})
			})
		}
	}
}

// What waits for too long is reported, and waits on.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var letters []brook.DeadLetter
		c := config(memdriver.New(), newStore())
		c.Hooks.DeadLetter = func(l brook.DeadLetter) {
			mu.Lock()
			defer mu.Unlock()
			letters = append(letters, l)
		}
		reported := func() []brook.DeadLetter {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(letters)
		}
		app := newParcels(t, c, &parcels.Shop{})
		done := make(chan error, 1)
		go func() { done <- app.Run(t.Context()) }()
		pos, err := app.Publish.Paid(t.Context(), parcels.Paid{Order: "o0", Cents: 1})
		if err != nil {
			t.Fatal(err)
		}
		waits := make(chan error, 1)
		go func() { waits <- app.WaitFor(t.Context(), pos) }()
		time.Sleep(15*time.Minute - time.Second)
		synctest.Wait()
		if len(reported()) > 0 || len(waits) > 0 {
			t.Errorf("reported too early: %v", reported())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		all := reported()
		if len(all) != 1 || all[0].Stage != brook.StageEarly || all[0].Attempts != 1 {
			t.Errorf("reported %v", all)
		}
		if err := <-waits; !errors.Is(err, brook.ErrDeadLetter) {
			t.Errorf("WaitFor returns %v", err)
		}
		placed, err := app.Publish.Placed(t.Context(), parcels.Placed{Order: "o0"})
		if err != nil {
			t.Fatal(err)
		}
		if err := app.WaitFor(t.Context(), placed); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the payment runs right after
		if err := app.WaitFor(t.Context(), pos); err != nil {
			t.Fatal(err)
		}
		if o, err := app.Views.Orders.Get("o0"); err != nil || o.Paid != 1 {
			t.Errorf("%+v, %v", o, err)
		}
		for l := range app.DeadLetters() {
			t.Errorf("letter %v", l)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil && !errors.Is(err, brook.ErrClosed) {
			t.Error(err)
		}
	})
}
