package nexmark

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/measure"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q0"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q1"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q17"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q18"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q2"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q20"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var count = flag.Int("events", 500_000, "how many events the log has")

// app is what the apps of all queries have.
type app interface {
	Run(context.Context) error
	WaitFor(context.Context, brook.Position) error
	Close() error
}

// of returns what makes an app of a query.
func of[A app, Q any](newApp func(brook.Config, Q) (A, error),
	query Q) func(brook.Config) (app, error) {
	return func(c brook.Config) (app, error) { return newApp(c, query) }
}

// queries are the queries, with what becomes of their result: rows of a view, or nothing.
var queries = []struct {
	name, sink string
	make       func(brook.Config) (app, error)
}{
	{"q0", "blackhole", of(q0.NewApp, q0.Query{Blackhole: true})},
	{"q0", "view", of(q0.NewApp, q0.Query{})},
	{"q1", "blackhole", of(q1.NewApp, q1.Query{Blackhole: true})},
	{"q1", "view", of(q1.NewApp, q1.Query{})},
	{"q2", "blackhole", of(q2.NewApp, q2.Query{Blackhole: true})},
	{"q2", "view", of(q2.NewApp, q2.Query{})},
	{"q17", "view", of(q17.NewApp, q17.Query{})},
	{"q18", "view", of(q18.NewApp, q18.Query{})},
	{"q20", "blackhole", of(q20.NewApp, q20.Query{Blackhole: true})},
	{"q20", "view", of(q20.NewApp, q20.Query{})},
}

// stores are what the views lie in. Badger is synced with each commit, or not.
var stores = []struct {
	name string
	open func(*testing.B) brook.Store
}{
	{"map", func(*testing.B) brook.Store { return mapstore.New() }},
	{"badger", func(b *testing.B) brook.Store { return openBadger(b, badgerstore.NoSync()) }},
	{"badger-sync", func(b *testing.B) brook.Store { return openBadger(b) }},
}

func openBadger(b *testing.B, options ...badgerstore.Option) brook.Store {
	b.Helper()
	dir, err := os.MkdirTemp("", "nexmark")
	if err != nil {
		b.Fatal(err)
	}
	store, err := badgerstore.Open(dir,
		append(options, badgerstore.Log(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return store
}

// BenchmarkQuery folds a log of Nexmark's events, of which one in 50 is a person, three are
// auctions and the rest are bids, into a new view. All events count, as in published figures. Its
// CPU time is all that the process uses meanwhile: the log in memory, decoding, the handler, the
// store and the collector.
func BenchmarkQuery(b *testing.B) {
	measure.PrintCard()
	all := made(*count, 0)
	for _, partitions := range []int{1, 2} {
		log := publish(b, all, partitions)
		for _, query := range queries {
			for _, store := range stores {
				b.Run(fmt.Sprintf("query=%s/sink=%s/store=%s/partitions=%d", query.name, query.sink,
					store.name, partitions), func(b *testing.B) {
					var wall, cpu time.Duration
					for b.Loop() {
						w, c := fold(b, log, store.open(b), partitions, query.make)
						wall, cpu = wall+w, cpu+c
					}
					events := float64(b.N) * float64(*count)
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(events/wall.Seconds(), "events/s")
					b.ReportMetric(float64(cpu.Nanoseconds())/events, "cpu-ns/event")
					b.ReportMetric(events/cpu.Seconds(), "events/s/core")
				})
			}
		}
	}
}

// fold folds the whole log, a task for each partition, and returns how long it took.
func fold(b *testing.B, log *memdriver.Driver, store brook.Store, partitions int,
	newApp func(brook.Config) (app, error)) (wall, cpu time.Duration) {
	b.Helper()
	c := config(log, store)
	mode := make(chan brook.Mode, 1)
	c.Hooks.Mode = func(m brook.Mode) { mode <- m }
	c.Hooks.DeadLetter = func(l brook.DeadLetter) { b.Error(l) }
	a, err := newApp(c)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	ends, err := log.Partitions(b.Context(), author)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	runtime.GC() // what the run before left
	begin := time.Now()
	cpu = measure.CPU()
	go func() { done <- a.Run(ctx) }()
	for _, p := range ends {
		if err := a.WaitFor(ctx,
			brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.End - 1}); err != nil {
			b.Fatal(err)
		}
	}
	wall, cpu = time.Since(begin), measure.CPU()-cpu
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if m := <-mode; m.Lanes != partitions {
		b.Fatalf("%d tasks: %s", m.Lanes, m.Reason)
	}
	return wall, cpu
}
