package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/internal/people"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// early is an app of parcels that folds what a test publishes.
type early struct {
	*parcels.App
	t *testing.T
}

func newEarly(t *testing.T, change func(*brook.Config), shop *parcels.Shop) early {
	t.Helper()
	c := config(memdriver.New(), newStore())
	if change != nil {
		change(&c)
	}
	return early{newParcels(t, c, shop), t}
}

// fold publishes and folds events.
func (e early) fold(events ...brook.Outgoing) {
	e.t.Helper()
	publishParcels(e.t, e.App, events)
	if err := e.CatchUp(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
}

// want compares what is parked, as "type attempts", and the letters, as "stage attempts".
func (e early) want(parked, letters string) {
	e.t.Helper()
	back, _ := engine.BackstageOf(e.Source())
	all, err := back.Parked(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	var are, reported []string
	for _, l := range all {
		are = append(are, fmt.Sprint(l.Type, " ", l.Attempts))
	}
	for l, err := range e.DeadLetters() {
		if err != nil {
			e.t.Fatal(err)
		}
		reported = append(reported, fmt.Sprint(l.Stage, " ", l.Attempts))
	}
	if got := strings.Join(are, ", "); got != parked {
		e.t.Errorf("parked are %q, want %q", got, parked)
	}
	if got := strings.Join(reported, ", "); got != letters {
		e.t.Errorf("letters are %q, want %q", got, letters)
	}
}

func (e early) wantPaid(order string, want int) {
	e.t.Helper()
	if o, err := e.Views.Orders.Get(order); err != nil || o.Paid != want {
		e.t.Errorf("order %s is %+v, %v, want %d paid", order, o, err, want)
	}
}

func paid(order string, cents int) brook.Outgoing {
	return brook.Emit(parcels.Paid{Order: order, Cents: cents})
}

func placed(order string) brook.Outgoing { return brook.Emit(parcels.Placed{Order: order}) }

// Events of a key wait behind one that came too early, and run in order.
func TestEarlyHoldsItsKey(t *testing.T) {
	app := newEarly(t, nil, &parcels.Shop{})
	app.fold(paid("o", 1), paid("p", 2), paid("o", 4))
	app.want("order.paid 1, order.paid 1, order.paid 1", "") // each misses the row itself
	app.fold(placed("o"))
	app.want("order.paid 1", "")
	app.wantPaid("o", 5)
}

// Redrive tries what is parked: early again, it stays so. What is dropped is gone, and what waited
// behind it runs.
func TestEarlyRedriveAndDrop(t *testing.T) {
	broken := errors.New("broken")
	fails := false
	app := newEarly(t, nil, &parcels.Shop{Fails: func(event, order string) error {
		if fails && event == "paid" {
			return broken
		}
		return nil
	}})
	app.fold(paid("o", 1), paid("o", 2))
	if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d were applied, %v", n, err)
	}
	app.want("order.paid 2, order.paid 1", "")
	if n, err := app.Drop(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d unreported ones were dropped, %v", n, err)
	}
	first := func(l brook.DeadLetter) bool {
		return l.Stage == brook.StageEarly && l.Position.Offset == 0
	}
	if n, err := app.Drop(t.Context(), first); n != 1 || err != nil {
		t.Errorf("%d were dropped, %v", n, err)
	}
	app.want("order.paid 1", "")
	fails = true
	if n, err := app.Redrive(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d were applied, %v", n, err)
	}
	app.want("", "handle 2")
	fails = false
	app.fold(placed("o"))
	if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
		t.Errorf("%d were applied, %v", n, err)
	}
	app.want("", "")
	app.wantPaid("o", 2)
	if err := app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	app.wantPaid("o", 2) // what was dropped stays so
}

// Process returns the error of an event that comes too early, and wakes those that are parked.
func TestEarlyAndProcess(t *testing.T) {
	app := newEarly(t, nil, &parcels.Shop{})
	err := app.Process.Paid(t.Context(), parcels.Paid{Order: "o"})
	if !errors.Is(err, brook.ErrNotFound) {
		t.Errorf("Process returns %v", err)
	}
	app.want("", "")
	app.fold(paid("o", 1), brook.Emit(parcels.Sent{Order: "o", Parcel: "a"}))
	app.want("parcel.sent 1, order.paid 1", "")
	if err := app.Process.Placed(t.Context(), parcels.Placed{Order: "o"}); err != nil {
		t.Fatal(err)
	}
	app.want("", "")
	app.wantPaid("o", 1)
	if o, err := app.Views.Orders.Get("o"); err != nil || len(o.Parcels) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
}

// OnFailure Stop parks, too; one more than Config.MaxParked is a failure.
func TestEarlyLimits(t *testing.T) {
	app := newEarly(t, func(c *brook.Config) { c.OnFailure = brook.Stop }, &parcels.Shop{})
	app.fold(paid("o", 1))
	app.want("order.paid 1", "")
	app = newEarly(t, func(c *brook.Config) { c.MaxParked = 2 }, &parcels.Shop{})
	app.fold(paid("o", 1), paid("p", 2), paid("q", 4))
	app.want("order.paid 1, order.paid 1", "handle 1")
	app.fold(placed("o"), placed("p"), placed("q"))
	app.want("", "handle 1")
	if n, err := app.Redrive(t.Context(), nil); n != 1 || err != nil {
		t.Errorf("%d were applied, %v", n, err)
	}
	app.wantPaid("q", 4)
}

// WaitFor waits until an event that came too early is applied, or dropped.
func TestWaitForEarly(t *testing.T) {
	app := newEarly(t, nil, &parcels.Shop{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	var waits []chan error
	for i, order := range []string{"o", "p"} {
		at, err := app.Publish.Paid(ctx, parcels.Paid{Order: order, Cents: i})
		if err != nil {
			t.Fatal(err)
		}
		wait := make(chan error, 1)
		go func() { wait <- app.WaitFor(ctx, at) }()
		waits = append(waits, wait)
	}
	at, err := app.Publish.Placed(ctx, parcels.Placed{Order: "o"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(app.WaitFor(ctx, at), <-waits[0]); err != nil {
		t.Fatal(err)
	}
	app.want("order.paid 1", "")
	n, err := app.Drop(ctx, func(l brook.DeadLetter) bool { return l.Stage == brook.StageEarly })
	if err != nil || n != 1 {
		t.Errorf("%d were dropped, %v", n, err)
	}
	if err := <-waits[1]; err != nil {
		t.Errorf("what was dropped: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A parked event whose record the log has no more waits on in rebuilt views.
func TestEarlyOutlivesItsRecord(t *testing.T) {
	driver := memdriver.New()
	c := config(driver, newStore())
	c.OnRetention = brook.GoOn
	app := early{newParcels(t, c, &parcels.Shop{}), t}
	app.fold(paid("o", 1), paid("p", 2))
	if err := driver.Trim("payments", 0, 1); err != nil {
		t.Fatal(err)
	}
	if err := app.Rebuild(t.Context(), brook.AcceptLetters()); err != nil {
		t.Fatal(err)
	}
	app.want("order.paid 1, order.paid 1", "")
	app.fold(placed("o"), placed("p"))
	app.want("", "")
	app.wantPaid("o", 1)
	app.wantPaid("p", 2)
	if n := receiptsIn(t, driver); n != 2 {
		t.Errorf("%d receipts", n)
	}
}

// An event that found no row by an index waits until the index has one for the value: a row that is
// new, or that got the value. Has and Lookup count, scans do not.
func TestEarlyByAsking(t *testing.T) {
	type asks func(people.Email, brook.View[int64, people.Person],
		brook.Index[people.Email, int64, people.Person]) (bool, error)
	for name, ask := range map[string]asks{
		"index": func(to people.Email, _ brook.View[int64, people.Person],
			x brook.Index[people.Email, int64, people.Person]) (bool, error) {
			_, err := x.Get(to)
			return err == nil, nil
		},
		"has": func(_ people.Email, v brook.View[int64, people.Person],
			_ brook.Index[people.Email, int64, people.Person]) (bool, error) {
			return v.Has(7)
		},
		"lookup": func(_ people.Email, v brook.View[int64, people.Person],
			_ brook.Index[people.Email, int64, people.Person]) (bool, error) {
			_, ok, err := v.Lookup(7)
			return ok, err
		},
		"scan": func(to people.Email, _ brook.View[int64, people.Person],
			x brook.Index[people.Email, int64, people.Person]) (bool, error) {
			for _, err := range x.All(to) {
				return true, err
			}
			return false, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			post := &people.Post{Instead: func(
				e brook.Event[people.Wrote], v brook.View[int64, people.Person],
				x brook.Index[people.Email, int64, people.Person],
			) (c brook.Change[int64, people.Person], _ brook.Effect, err error) {
				there, err := ask(e.Data.To, v, x)
				if err == nil && !there {
					err = brook.Early(brook.ErrNotFound)
				}
				return brook.Merge(int64(7), func(p *people.Person) { p.Letters++ }), nil, err
			}}
			c := config(memdriver.New(), newStore())
			app, err := people.NewApp(c, people.Registry{}, post)
			if err != nil {
				t.Fatal(err)
			}
			defer app.Close()
			fold := func(e brook.Outgoing) {
				t.Helper()
				if _, err := app.PublishAll(t.Context(), slices.Values([]brook.Outgoing{e})); err != nil {
					t.Fatal(err)
				}
				if err := app.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			fold(brook.Emit(people.Wrote{To: "ada"}))
			letters := 0
			for range app.DeadLetters() {
				letters++
			}
			if name == "scan" {
				if letters != 1 {
					t.Errorf("%d letters, want that of a failure", letters)
				}
				return
			}
			if letters > 0 {
				t.Errorf("%d letters", letters)
			}
			fold(brook.Emit(people.Joined{ID: 8, Email: "bob"}))
			if n, err := app.Views.People.Len(); n != 1 || err != nil {
				t.Errorf("%d people, %v: it ran too early", n, err)
			}
			fold(brook.Emit(people.Joined{ID: 7, Email: "eve"}))
			fold(brook.Emit(people.Moved{ID: 7, Email: "ada"}))
			if p, err := app.Views.People.Get(7); err != nil || p.Letters != 1 {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}
