package faulttest_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// silent is a driver that accepts what is to be published, and drops it: an app over it only looks.
type silent struct{ brook.Driver }

func (silent) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	return make([]brook.Position, len(records)), nil
}

// onePass returns what the log amounts to when nothing goes wrong.
func onePass(t *testing.T, ctx context.Context, driver brook.Driver,
	topic string) apptest.Observed {
	t.Helper()
	app, err := ledger.NewApp(config(silent{driver}, mapstore.New(), topic),
		ledger.Books{}, audit())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	return apptest.Observe(t, app)
}

// same wants what is observed of apps to equal one pass over the log, by a client that
// nothing happens to.
func same(t *testing.T, ctx context.Context, c *cluster, topic string,
	apps ...*instance) apptest.Observed {
	t.Helper()
	want := onePass(t, ctx, c.steady(), topic)
	for n, app := range apps {
		equal(t, fmt.Sprintf("app %d: ", n), apptest.Observe(t, app.App), want)
	}
	return want
}

func equal(t *testing.T, name string, got, want apptest.Observed) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n%.4000s", name, brooktest.Diff(got, want))
	}
}
