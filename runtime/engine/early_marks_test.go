package engine_test

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// actedUpTo returns how far the app of parcels acted in a topic of one partition, as the log has it.
func actedUpTo(t *testing.T, d *memdriver.Driver, topic string) int64 {
	t.Helper()
	marks, err := d.Marks(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range marks {
		if p.Topic == topic {
			return p.Offset
		}
	}
	return 0
}

// An app whose store forgets had come to an order before its payment, and acted on the order alone.
// Folded anew, the payment comes first and is parked: what it emits is published all the same, and
// once.
func TestEarlyInAnotherOrderThanBefore(t *testing.T) {
	for name, fold := range map[string]func(*testing.T, *parcels.App){
		"CatchUp": func(t *testing.T, app *parcels.App) {
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"Run": func(t *testing.T, app *parcels.App) {
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- app.Run(ctx) }()
			at := brook.Position{Topic: "payments", Offset: 0}
			err := app.WaitFor(t.Context(), at)
			stop()
			if err = errors.Join(err, <-done, app.CatchUp(t.Context())); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := memdriver.New()
			c := config(d, newStore())
			app := newParcels(t, c, &parcels.Shop{})
			publishParcels(t, app, []brook.Outgoing{paid("o", 1), placed("o")})
			before := []brook.Position{{Topic: "orders", Offset: 1}}
			if err := d.Mark(t.Context(), "ledger", before); err != nil {
				t.Fatal(err)
			}
			fold(t, app)
			if n := receiptsIn(t, d); n != 1 {
				t.Errorf("%d receipts, want 1", n)
			}
			if at := actedUpTo(t, d, "payments"); at != 1 {
				t.Errorf("it acted up to %d, want 1", at)
			}
			c.Store = newStore()
			fold(t, newParcels(t, c, &parcels.Shop{}))
			if n := receiptsIn(t, d); n != 1 {
				t.Errorf("%d receipts after another start, want 1", n)
			}
		})
	}
}

// The mark of an app whose store forgets waits for what is parked, whoever goes on.
func TestMarkWaitsForParkedEvents(t *testing.T) {
	d := memdriver.New()
	app := newParcels(t, config(d, newStore()), &parcels.Shop{})
	for _, step := range []struct {
		event brook.Outgoing
		want  int64
	}{{paid("o", 1), 0}, {paid("p", 2), 0}, {placed("p"), 0}, {placed("o"), 2}, {paid("o", 3), 3}} {
		publishParcels(t, app, []brook.Outgoing{step.event})
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if at := actedUpTo(t, d, "payments"); at != step.want {
			t.Errorf("after %v it acted up to %d, want %d", step.event, at, step.want)
		}
	}
	if n := receiptsIn(t, d); n != 3 {
		t.Errorf("%d receipts, want 3", n)
	}
}
