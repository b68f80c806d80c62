package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

const (
	reason = "a text of some length, as events have"
	keys   = 10_000 // how many counters there are
	batch  = 1_000  // events per commit, brook's default
)

func id(i int) string { return fmt.Sprintf("counter/%08d", i) }

// ids gives the same sequence of n random counters, each time.
func ids(n int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		rnd := mathrand.New(mathrand.NewPCG(1, keys))
		for range n {
			if !yield(id(rnd.IntN(keys))) {
				return
			}
		}
	}
}

func outgoing(id string, history bool) brook.Outgoing {
	if history {
		return brook.Emit(counters.Added{ID: id, Amount: 1, Reason: reason})
	}
	return brook.Emit(counters.Counted{ID: id, Amount: 1, Reason: reason})
}

// connect gives an empty database.
func connect(b *testing.B) *redis.Client {
	b.Helper()
	addr := os.Getenv("BROOK_REDIS")
	if addr == "" {
		b.Skip("NOT MEASURED: there is no Redis server. Start one: scripts/redis run make bench, or set BROOK_REDIS to the address of one")
	}
	c := redis.NewClient(&redis.Options{Addr: addr})
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return c
}

// newApp gives an app whose view is its own, and the prefix of that.
func newApp(b *testing.B) (app *counters.App, prefix string) {
	b.Helper()
	return newAppOf(b, batch)
}

func newAppOf(b *testing.B, batch int) (app *counters.App, prefix string) {
	b.Helper()
	prefix = rand.Text()
	store, err := redisstore.New(b.Context(), connect(b), redisstore.Prefix(prefix))
	if err != nil {
		b.Fatal(err)
	}
	app, err = counters.NewApp(brook.Config{Author: "counters", Driver: memdriver.New(), Store: store, BatchSize: batch, Log: slog.New(slog.DiscardHandler)}, counters.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := app.Close(); err != nil {
			b.Error(err)
		}
	})
	return app, prefix
}

func fold(b *testing.B, app *counters.App, events func(yield func(string) bool),
	history bool) (catchUp func()) {
	b.Helper()
	_, err := app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for id := range events {
			if !yield(outgoing(id, history)) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if err := app.CatchUp(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func variants(b *testing.B, f func(b *testing.B, history bool)) {
	b.Run("rows", func(b *testing.B) { f(b, false) })
	b.Run("history", func(b *testing.B) { f(b, true) })
}

func all(yield func(string) bool) {
	for i := range keys {
		if !yield(id(i)) {
			return
		}
	}
}

// BenchmarkFold folds b.N events from the in-memory log into the store.
func BenchmarkFold(b *testing.B) {
	variants(b, func(b *testing.B, history bool) {
		app, _ := newApp(b)
		fold(b, app, all, history)()
		catchUp := fold(b, app, ids(b.N), history)
		b.ReportAllocs()
		b.ResetTimer()
		catchUp()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkBare sets in pipelines what the store writes for b.N events, as many a pipeline as the
// store has in a commit: the sizes are those of BenchmarkFold's keys and values. It reads nothing,
// checks nothing and keeps no order.
func BenchmarkBare(b *testing.B) {
	variants(b, func(b *testing.B, history bool) {
		c, prefix := connect(b), rand.Text()
		row, entry := strings.Repeat("r", 60), strings.Repeat("e", 190)
		pipe := c.Pipeline()
		b.ReportAllocs()
		b.ResetTimer()
		n := 0
		for id := range ids(b.N) {
			pipe.Set(b.Context(), prefix+id, row, 0)
			if history {
				pipe.Set(b.Context(), fmt.Sprint(prefix, id, n%10), entry, 0)
			}
			if n++; n%batch == 0 || n == b.N {
				if _, err := pipe.Exec(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkGet reads one row at a time, BenchmarkBareGet the same bytes from a hash.
func BenchmarkGet(b *testing.B) {
	app, _ := newApp(b)
	fold(b, app, all, false)()
	b.ReportAllocs()
	b.ResetTimer()
	for id := range ids(b.N) {
		if _, err := app.Views.Tallies.Get(id); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareGet(b *testing.B) {
	c, name := connect(b), rand.Text()
	for id := range all {
		if err := c.HSet(b.Context(), name, id, strings.Repeat("r", 60)).Err(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for id := range ids(b.N) {
		if err := c.HGet(b.Context(), name, id).Err(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan reads b.N rows in pages.
func BenchmarkScan(b *testing.B) {
	app, _ := newApp(b)
	fold(b, app, all, false)()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		for _, err := range app.Views.Tallies.All() {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n == b.N {
				break
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
