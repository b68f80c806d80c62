package apptest

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	v1 "github.com/brookgen/brookgen/runtime/internal/grown/v1"
	v2 "github.com/brookgen/brookgen/runtime/internal/grown/v2"
	v3 "github.com/brookgen/brookgen/runtime/internal/grown/v3"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Grown runs packages whose events get other names and newer versions one after another over a
// store that keeps bytes. Nothing but the events' names and versions differs, so none may find the
// views stale: each is told to fail if it does.
func Grown(t *testing.T, s brook.Store, partitions int) {
	t.Helper()
	d := memdriver.New(memdriver.Partitions(partitions))
	g := &grown{t: t, config: brook.Config{Author: "grown", Driver: d, Store: s,
		OnStale: brook.Fail, Log: slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond}}}
	g.first()
	g.second()
	g.third()
	// All of it once more, from the log alone.
	g.config.Store = mapstore.New()
	app, err := v3.NewApp(g.config, v3.Ledger{})
	g.check(err)
	defer func() { g.check(app.Close()) }()
	g.check(app.CatchUp(t.Context()))
	sameRows(g, app.Views.Payments.All(), "a [1 2 3 4 5 6]", "b [-1 2]")
	sameRows(g, app.Views.Targets.All(), "d [x y z u v w]")
	g.thirdHistories(app)
	g.letters(app, "dataset.updated decode upcaster DatasetV1.Upcast: there is no target",
		"dataset.updated decode upcaster DatasetV1.Upcast: panic: at the upcaster",
		"dataset.updated decode the payload has version 9 of dataset.updated, and this code knows "+
			"none above 3: run code that knows it, and redrive the event")
}

// grown is one run of Grown.
type grown struct {
	t      *testing.T
	config brook.Config
	// blocker is where the event is that the first package refused.
	blocker brook.Position
}

func (g *grown) check(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// sent checks the error of a Publish.
func (g *grown) sent(_ brook.Position, err error) {
	g.t.Helper()
	g.check(err)
}

// first makes views and a letter that holds up an event.
func (g *grown) first() {
	ctx := g.t.Context()
	app, err := v1.NewApp(g.config, v1.Projection{})
	g.check(err)
	for n := range int64(4) {
		g.sent(app.Publish.Captured(ctx, v1.Captured{ID: "a", Cents: n + 1}))
	}
	g.sent(app.Publish.Captured(ctx, v1.Captured{ID: "b", Cents: -1}))
	for _, target := range []string{"x", "y"} {
		g.sent(app.Publish.Dataset(ctx, v1.Dataset{ID: "d", TargetDataset: target}))
	}
	g.check(app.CatchUp(ctx))
	g.letters(app, "payment.captured handle it is negative")
	g.check(app.Close())
}

// second finds events of the first and publishes its own.
func (g *grown) second() {
	ctx := g.t.Context()
	app, err := v2.NewApp(g.config, v2.Ledger{})
	g.check(err)
	g.letters(app, "payment.settled handle it is negative")
	g.sent(app.Publish.Settled(ctx, v2.Settled{ID: "b", Cents: 2})) // waits for the one before
	g.sent(app.Publish.Settled(ctx, v2.Settled{ID: "a", Cents: 5}))
	g.sent(app.Publish.Dataset(ctx, v2.Dataset{ID: "d", TargetDatasets: []string{"z", "u"}}))
	g.raw("none", "1", `{"id":"none","targetDataset":""}`)
	g.check(app.CatchUp(ctx))
	const refused = "dataset.updated decode upcaster DatasetV1.Upcast: there is no target"
	g.letters(app, refused, "payment.settled handle it is negative",
		"payment.settled handle waits behind the dead letter at "+g.blocker.String())
	sameRows(g, app.Views.Payments.All(), "a [1 2 3 4 5]")
	n, err := app.Redrive(ctx, nil)
	if g.check(err); n != 2 {
		g.t.Errorf("%d letters were applied", n)
	}
	g.letters(app, refused)
	g.check(app.CatchUp(ctx))
	check := func() {
		g.t.Helper()
		sameRows(g, app.Views.Payments.All(), "a [1 2 3 4 5]", "b [-1 2]")
		sameRows(g, app.Views.Targets.All(), "d [x y z u]")
		events, err := app.Views.Payments.Events("a")
		if g.check(err); len(events) != 3 {
			g.t.Fatalf("the history is %v", events)
		}
		for i, e := range events {
			want := v2.Settled{ID: "a", Cents: int64(i + 3)}
			if e.Type != "payment.settled" || e.Data != want {
				g.t.Errorf("event %d is %s %+v", i, e.Type, e.Data)
			}
		}
		of, err := app.Views.Targets.EventsOfDataset("d")
		g.check(err)
		var targets []string
		for _, e := range of {
			targets = append(targets, strings.Join(e.Data.TargetDatasets, "+"))
		}
		if want := []string{"x", "y", "z+u"}; !slices.Equal(targets, want) {
			g.t.Errorf("the datasets are %q", targets)
		}
	}
	check()
	g.check(app.Rebuild(ctx))
	check()
	g.noticed()
	g.check(app.Close())
}

// third finds events of both.
func (g *grown) third() {
	ctx := g.t.Context()
	app, err := v3.NewApp(g.config, v3.Ledger{})
	g.check(err)
	g.sent(app.Publish.Paid(ctx, v3.Paid{ID: "a", Cents: 6}))
	g.raw("panics", "1", `{"id":"panics","targetDataset":"panic"}`)
	g.raw("future", "9", `{}`)
	g.check(app.CatchUp(ctx))
	n, err := app.Drop(ctx, nil)
	if g.check(err); n != 3 {
		g.t.Errorf("%d letters were dropped", n)
	}
	g.sent(app.Publish.Dataset(ctx, v3.Dataset{ID: "d", Targets: []v3.Goal{{Name: "v"}}}))
	g.check(app.CatchUp(ctx))
	g.check(app.Process.Dataset(ctx, v3.Dataset{ID: "d", Targets: []v3.Goal{{Name: "w"}}}))
	check := func(more ...string) {
		g.t.Helper()
		sameRows(g, app.Views.Payments.All(), "a [1 2 3 4 5 6]", "b [-1 2]")
		sameRows(g, app.Views.Targets.All(), "d [x y z u v"+strings.Join(more, "")+"]")
	}
	check(" w")
	g.thirdHistories(app)
	g.check(app.Rebuild(ctx))
	check()
	g.letters(app)
	g.sent(app.Publish.Dataset(ctx, v3.Dataset{ID: "d", Targets: []v3.Goal{{Name: "w"}}}))
	g.check(app.CatchUp(ctx))
	check(" w")
	g.thirdHistories(app)
	g.check(app.Close())
}

// thirdHistories compares the histories of the third package.
func (g *grown) thirdHistories(app *v3.App) {
	g.t.Helper()
	payments, err := app.Views.Payments.Events("a")
	if g.check(err); len(payments) != 3 {
		g.t.Fatalf("the history is %v", payments)
	}
	for i, e := range payments {
		want := v3.Paid{ID: "a", Cents: int64(i + 4)}
		if e.Type != "payment.paid" || e.Data != want {
			g.t.Errorf("event %d is %s %+v", i, e.Type, e.Data)
		}
	}
	datasets, err := app.Views.Targets.Events("d")
	g.check(err)
	var targets []string
	for _, e := range datasets {
		var names []string
		for _, goal := range e.Data.(v3.Dataset).Targets {
			names = append(names, goal.Name)
		}
		targets = append(targets, strings.Join(names, "+"))
		if len(e.Headers) > 0 {
			g.t.Errorf("an event of the history has the headers %s", e.Headers)
		}
	}
	if want := []string{"x", "y", "z+u", "v", "w"}; !slices.Equal(targets, want) {
		g.t.Errorf("the datasets are %q", targets)
	}
}

// noticed checks that emissions carry the version that they were made with.
func (g *grown) noticed() {
	g.t.Helper()
	ctx := g.t.Context()
	partitions, err := g.config.Driver.Partitions(ctx, "noticed")
	g.check(err)
	versions := map[int]int{}
	for _, p := range partitions {
		if p.End == 0 {
			continue
		}
		reader, err := g.config.Driver.Open(ctx,
			brook.Position{Topic: "noticed", Partition: p.Number})
		g.check(err)
		chunk, err := reader.Read(ctx, 1000)
		g.check(errors.Join(err, reader.Close()))
		for _, r := range chunk.Records {
			var m brook.Message
			g.check(brook.CloudEvents{}.Open(&r, &m))
			if versions[m.Version]++; (m.Version == 2) != strings.Contains(string(m.Data), "texts") {
				g.t.Errorf("%s has version %d", m.Data, m.Version)
			}
		}
	}
	if versions[0] != 4 || versions[2] != 3 {
		g.t.Errorf("emissions by version are %v", versions)
	}
}

// raw publishes dataset.updated as another producer does.
func (g *grown) raw(key, version, data string) {
	g.t.Helper()
	_, err := g.config.Driver.Publish(g.t.Context(), []brook.Record{{
		Topic: "grown", Key: []byte(key), Value: []byte(data),
		Headers: Headers("ce_specversion", "1.0", "ce_type", "dataset.updated", "ce_brookversion", version),
	}})
	g.check(err)
}

// sameRows compares rows, of whatever type, as text.
func sameRows[V any](g *grown, all iter.Seq2[brook.Entry[string, V], error], want ...string) {
	g.t.Helper()
	var got []string
	for e, err := range all {
		g.check(err)
		got = append(got, strings.Trim(fmt.Sprint(e.Value), "{}"))
	}
	if !slices.Equal(got, want) {
		g.t.Errorf("the rows are %q, want %q", got, want)
	}
}

// letters compares all dead letters.
func (g *grown) letters(app interface {
	DeadLetters() iter.Seq2[brook.DeadLetter, error]
}, want ...string) {
	g.t.Helper()
	var got []string
	for l, err := range app.DeadLetters() {
		g.check(err)
		got = append(got, fmt.Sprintf("%s %s %s", l.Type, l.Stage, l.Error))
		if string(l.Record.Key) == "b" && l.Attempts > 0 {
			g.blocker = l.Position
		}
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		g.t.Errorf("the letters are %q, want %q", got, want)
	}
}
