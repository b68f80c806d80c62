package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/orgs"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// folded runs the app until f returns.
func folded(t *testing.T, driver brook.Driver, store brook.Store,
	f func(context.Context, *orgs.App)) {
	t.Helper()
	c := config(driver, store)
	c.Author = "orgs"
	app, err := orgs.NewApp(c, orgs.Catalog{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	f(ctx, app)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// datasets waits until all of the log is folded, and returns the rows.
func datasets(ctx context.Context, t *testing.T, driver brook.Driver, app *orgs.App) []string {
	t.Helper()
	partitions, err := driver.Partitions(ctx, "orgs")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		if p.End > 0 {
			if err := app.WaitFor(ctx, brook.Position{Topic: p.Topic, Partition: p.Number,
				Offset: p.End - 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return slices.Sorted(maps.Keys(brook.Must(brook.Map(app.Views.Datasets.All()))))
}

// A handler that reads a row that another key's events make gives the same views however the log
// comes to it: live, in a rebuild, to a new store, and as a backlog (rules 8 and 9).
func TestColdStartFindsWhatLiveFoldingFound(t *testing.T) {
	driver := memdriver.New(memdriver.Partitions(12))
	const pairs = 200
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var want []string
	half := mapstore.New()
	publish := func(ctx context.Context, app *orgs.App, from, to int) {
		for i := from; i < to; i++ {
			id, at := fmt.Sprint(i), base.Add(time.Duration(i)*time.Second)
			pos, err := app.Publish.Founded(ctx, orgs.Founded{ID: "o" + id}, brook.WithTime(at))
			if err == nil {
				err = app.WaitFor(ctx, pos) // partitions are read side by side: what was not folded yet may come second
			}
			if err != nil {
				t.Fatal(err)
			}
			pos, err = app.Publish.Added(ctx, orgs.Added{ID: "d" + id, Org: "o" + id},
				brook.WithTime(at.Add(time.Millisecond)))
			if err == nil {
				err = app.WaitFor(ctx, pos)
			}
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, "d"+id)
		}
	}
	same := func(how string, got []string) {
		t.Helper()
		if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: %d data sets, want %d", how, len(got), len(want))
		}
	}
	folded(t, driver, half,
		func(ctx context.Context, app *orgs.App) { publish(ctx, app, 0, pairs/2) })
	folded(t, driver, mapstore.New(), func(ctx context.Context, app *orgs.App) {
		publish(ctx, app, pairs/2, pairs)
		same("live", datasets(ctx, t, driver, app))
		if err := app.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		same("rebuilt", datasets(ctx, t, driver, app))
	})
	folded(t, driver, half, func(ctx context.Context, app *orgs.App) {
		same("backlog", datasets(ctx, t, driver, app))
	})
	for i := range 5 {
		for name, store := range map[string]brook.Store{"map store": mapstore.New(),
			"byte store": bytestore.New(), "far store": bytestore.NewFar()} {
			folded(t, driver, store, func(ctx context.Context, app *orgs.App) {
				same(fmt.Sprintf("cold start %d of a %s", i, name), datasets(ctx, t, driver, app))
			})
		}
	}
}

// runs runs an app until the test ends.
func runs(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
