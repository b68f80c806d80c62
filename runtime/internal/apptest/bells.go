package apptest

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/engine"
	v1 "github.com/brookgen/brookgen/runtime/internal/bells/v1"
	v2 "github.com/brookgen/brookgen/runtime/internal/bells/v2"
	v3 "github.com/brookgen/brookgen/runtime/internal/bells/v3"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// TimersGrown has timers of one version of a package wait for the next one, in which their event has
// another name and a newer version, and for one that does not know it any more. The store outlives
// the apps.
func TimersGrown(t *testing.T, s brook.Store) {
	t.Helper()
	w := &tower{t: t, store: s, driver: memdriver.New(memdriver.Partitions(3)),
		start: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	w.publish(w.wound("due", 1, 3), w.wound("cancelled", 1, 3), w.wound("anew", 1, 3),
		w.wound("wrong", 1, 13), w.wound("late", 10, 2))
	w.fold("v1", 0, brook.Fail, "")
	w.publish(w.wound("published", -1, 5))
	w.publishOnly()

	// The version after it folds what it published, and what is due after.
	w.publish(brook.Emit(v1.Stopped{Tower: "cancelled"}), w.wound("anew", 2, 4))
	w.fold("v2", 0, brook.Fail, "published 10ns")
	w.fold("v2", 1, brook.Fail, "due 6ns, published 10ns")
	w.fold("v2", 3, brook.Fail, "anew 8ns, due 6ns, published 10ns")
	rings := w.rings()
	if n := len(rings); n != 4 || slices.Sorted(maps.Keys(rings))[3] != "wrong" {
		t.Errorf("bells are in the log of %v", rings)
	}

	// A version that does not know the event leaves its timers alone, and has others.
	w.publish(w.wound("lit", 5, 1))
	w.fold("v3", 4, brook.GoOn, "anew 8ns, due 6ns, published 10ns")
	w.fold("v3", 20, brook.GoOn, "anew 8ns, due 6ns, lit lit, published 10ns")
	w.fold("v2", 21, brook.GoOn, "anew 8ns, due 6ns, late 4ns, lit lit, published 10ns")

	// A rebuild sets what the new code sets, and what the code before set is gone with its views. The
	// bell that could not be decoded never rang: its timer is due once more, with today's payload.
	w.fold("v3", 22, brook.RebuildStale,
		"anew lit, due lit, late lit, lit lit, published lit, wrong lit")
	w.fold("v2", 23, brook.RebuildStale,
		"anew 8ns, due 6ns, late 4ns, lit 2ns, published 10ns, wrong 26ns")
	for tower, n := range w.rings() {
		want := 1
		if tower == "wrong" || tower == "published" { // which the first version did not hear of
			want = 2
		}
		if n != want {
			t.Errorf("the bell of %s is in the log %d times, want %d", tower, n, want)
		}
	}
}

// tower is a log, a store and a clock.
type tower struct {
	t      *testing.T
	driver *memdriver.Driver
	store  brook.Store
	start  time.Time
}

func (w *tower) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wound is the event of a clock that is to ring some hours after the start.
func (w *tower) wound(tower string, hours, hour int) brook.Outgoing {
	due := w.start.Add(time.Duration(hours) * time.Hour)
	return brook.Emit(v1.Wound{Tower: tower, Due: due, Hour: hour})
}

func (w *tower) config(stale brook.StalePolicy) brook.Config {
	return brook.Config{Author: "bells", Driver: w.driver, Store: w.store, OnStale: stale,
		OnFailure: brook.GoOn, KeepReplaced: 1, Log: slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Min: time.Microsecond, Max: time.Millisecond}}
}

// publish puts events into the log.
func (w *tower) publish(events ...brook.Outgoing) {
	w.t.Helper()
	c := w.config(brook.Fail)
	c.Author, c.Topic, c.Store = "clocks", "bells", mapstore.New()
	app, err := v1.NewApp(c, v1.Clockwork{})
	w.check(err)
	_, err = app.PublishAll(w.t.Context(), slices.Values(events))
	w.check(err)
	w.check(app.Close())
}

// publishOnly runs the first version, which ends right after it published what is due.
func (w *tower) publishOnly() {
	w.t.Helper()
	f := storetest.NewFault(storetest.CrashAfter, 1, drivertest.OpPublish)
	ctx, stop := f.Until(w.t.Context())
	defer stop()
	c := w.config(brook.Fail)
	c.Driver = drivertest.Faulty(w.driver, f)
	app, err := v1.NewApp(c, v1.Clockwork{})
	w.check(err)
	w.setClock(app.Source(), 0)
	_ = app.CatchUp(ctx) // it ends with the crash
	if !f.Crashed() {
		w.t.Error("nothing was published")
	}
	_ = app.Close()
}

// bells is an app of any of the versions.
type bells interface {
	Rebuild(context.Context, ...brook.RebuildOption) error
	CatchUp(context.Context) error
	Close() error
	Source() brook.Source
}

// fold has a version fold all that there is some hours after the start, and publish what is due then.
// With RebuildStale it rebuilds the views first, whatever becomes a letter. It compares what rang, as
// "tower rings, …".
func (w *tower) fold(version string, hours int, stale brook.StalePolicy, want string) {
	w.t.Helper()
	var app bells
	var rows func() (map[string][]string, error)
	c := w.config(stale)
	if stale == brook.RebuildStale {
		c.OnStale = brook.GoOn
	}
	switch version {
	case "v1":
		a, err := v1.NewApp(c, v1.Clockwork{})
		w.check(err)
		app, rows = a, func() (map[string][]string, error) {
			return rung(a.Views.Towers.All(), func(t v1.Tower) []string { return t.Rings })
		}
	case "v2":
		a, err := v2.NewApp(c, v2.Clockwork{})
		w.check(err)
		app, rows = a, func() (map[string][]string, error) {
			return rung(a.Views.Towers.All(), func(t v2.Tower) []string { return t.Rings })
		}
	default:
		a, err := v3.NewApp(c, v3.Clockwork{})
		w.check(err)
		app, rows = a, func() (map[string][]string, error) {
			return rung(a.Views.Towers.All(), func(t v3.Tower) []string { return t.Rings })
		}
	}
	w.setClock(app.Source(), hours)
	if stale == brook.RebuildStale {
		w.check(app.Rebuild(w.t.Context(), brook.AcceptLetters()))
	}
	w.check(app.CatchUp(w.t.Context()))
	all, err := rows()
	w.check(err)
	var got []string
	for _, tower := range slices.Sorted(maps.Keys(all)) {
		got = append(got, tower+" "+strings.Join(all[tower], " "))
	}
	if text := strings.Join(got, ", "); text != want {
		w.t.Errorf("%s after %d hours: %s; want %s", version, hours, text, want)
	}
	w.check(app.Close())
}

func (w *tower) setClock(source brook.Source, hours int) {
	back, _ := engine.BackstageOf(source)
	now := w.start.Add(time.Duration(hours)*time.Hour + time.Minute)
	back.SetClock(func() time.Time { return now })
}

// rung returns what rang, by tower.
func rung[V any](
	rows iter.Seq2[brook.Entry[string, V], error], rings func(V) []string,
) (map[string][]string, error) {
	all := map[string][]string{}
	for e, err := range rows {
		if err != nil {
			return nil, err
		}
		all[e.Key] = rings(e.Value)
	}
	return all, nil
}

// rings returns how many events of bells are in the log, by tower.
func (w *tower) rings() map[string]int {
	w.t.Helper()
	all := map[string]int{}
	partitions, err := w.driver.Partitions(w.t.Context(), "bells")
	w.check(err)
	for _, p := range partitions {
		for _, r := range recordsOf(w.t, w.driver, p) {
			var m brook.Message
			w.check(brook.CloudEvents{}.Open(&r, &m))
			if strings.HasPrefix(m.Type, "bell.") {
				all[string(r.Key)]++
			}
		}
	}
	return all
}
