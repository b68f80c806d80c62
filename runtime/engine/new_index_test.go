package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// An index that is new in the code is filled although the views are stale and nothing is left to
// fold: under OnStale GoOn, and after a rebuild was refused.
func TestNewIndexOfStaleViews(t *testing.T) {
	fold := map[string]func(t *testing.T, app *ledger.App) error{
		"CatchUp": func(t *testing.T, app *ledger.App) error { return app.CatchUp(t.Context()) },
		"Run": func(t *testing.T, app *ledger.App) error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // of the bubble
			defer cancel()
			return app.Run(ctx)
		},
	}
	for name, fold := range fold {
		for _, policy := range []brook.StalePolicy{brook.GoOn, brook.RebuildStale} {
			t.Run(name+" "+string(policy), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { newIndex(t, policy, fold) })
			})
		}
	}
}

func newIndex(t *testing.T, policy brook.StalePolicy, fold func(*testing.T, *ledger.App) error) {
	d, s := memdriver.New(), newStore()
	c := config(d, s)
	app := newLedger(t, c, &ledger.Audit{})
	if _, err := app.PublishAll(t.Context(), slices.Values([]brook.Outgoing{
		brook.Emit(ledger.Opened{Account: "a", Email: "a@example.org"}),
		brook.Emit(ledger.Moved{Account: "a", Cents: 1, Order: "fail"}),
	})); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(app.CatchUp(t.Context()), app.Close()); err != nil {
		t.Fatal(err)
	}
	alter(t, s, foreignCode)
	alter(t, s, func(state map[string]any) {
		delete(state["Kept"].(map[string]any), "accounts Email string")
	})
	c.OnStale = policy
	var bug breaker // has a rebuild refused
	app = newLedger(t, c, &ledger.Audit{Do: bug.do})
	defer app.Close()
	err := fold(t, app)
	if err != nil && !errors.Is(err, brook.ErrRebuildRefused) {
		t.Fatal(err)
	}
	n := 0
	for a, err := range app.Views.Accounts.ByEmail("a@example.org") {
		if n++; err != nil || a.ID != "a" {
			t.Errorf("%+v, %v", a, err)
		}
	}
	if n != 1 {
		t.Errorf("%d rows by the new index, want 1", n)
	}
}
