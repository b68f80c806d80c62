package badger

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	"github.com/brookgen/brookgen/benchmarks/measure"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/dgraph-io/badger/v4"
)

const reason = "a text of some length, as events have"

func id(i int) string { return fmt.Sprintf("counter/%08d", i) }

// ids gives the same sequence of n random counters of so many, each time.
func ids(n, of int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		rnd := rand.New(rand.NewPCG(1, uint64(of)))
		for range n {
			if !yield(id(rnd.IntN(of))) {
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

type fixture struct {
	*counters.App
	store *badgerstore.Store
	dir   string
}

func newFixture(b *testing.B, options ...badgerstore.Option) *fixture {
	b.Helper()
	return newFixtureOver(b, memdriver.New(), options...)
}

func newFixtureOver(b *testing.B, log brook.Driver, options ...badgerstore.Option) *fixture {
	b.Helper()
	return newFixtureOf(b, brook.Config{Driver: log}, options...)
}

func newFixtureOf(b *testing.B, c brook.Config, options ...badgerstore.Option) *fixture {
	b.Helper()
	dir, err := os.MkdirTemp("", "badgerstore")
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	store, err := badgerstore.Open(dir, append(options, badgerstore.Log(quiet))...)
	if err != nil {
		b.Fatal(err)
	}
	c.Author, c.Store, c.Log = "counters", store, quiet
	app, err := counters.NewApp(c, counters.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := app.Close(); err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return &fixture{App: app, store: store, dir: dir}
}

func (f *fixture) publish(b *testing.B, events func(yield func(brook.Outgoing) bool)) {
	b.Helper()
	if _, err := f.PublishAll(b.Context(), events); err != nil {
		b.Fatal(err)
	}
}

func (f *fixture) catchUp(b *testing.B) {
	b.Helper()
	if err := f.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// fill makes rows 0 to n.
func (f *fixture) fill(b *testing.B, n int, history bool) {
	b.Helper()
	f.publish(b, func(yield func(brook.Outgoing) bool) {
		for i := range n {
			if !yield(outgoing(id(i), history)) {
				return
			}
		}
	})
	f.catchUp(b)
}

// keys is how many counters there are.
const keys = 10_000

func variants(b *testing.B, f func(b *testing.B, history, sync bool)) {
	for _, history := range []bool{false, true} {
		for _, sync := range []bool{true, false} {
			name := map[bool]string{true: "history", false: "rows"}[history] + "/" +
				map[bool]string{true: "sync", false: "nosync"}[sync]
			b.Run(name, func(b *testing.B) { f(b, history, sync) })
		}
	}
}

// BenchmarkFold folds b.N events from the in-memory log into the store, 1,000 a commit.
func BenchmarkFold(b *testing.B) {
	variants(b, func(b *testing.B, history, sync bool) {
		var options []badgerstore.Option
		if !sync {
			options = append(options, badgerstore.NoSync())
		}
		f := newFixture(b, options...)
		f.fill(b, keys, history)
		f.publish(b, func(yield func(brook.Outgoing) bool) {
			for id := range ids(b.N, keys) {
				if !yield(outgoing(id, history)) {
					return
				}
			}
		})
		b.ReportAllocs()
		b.ResetTimer()
		begin := measure.CPU()
		f.catchUp(b)
		b.ReportMetric(float64(measure.CPU()-begin)/float64(b.N), "cpu-ns/event")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

func openBare(b *testing.B, sync bool) *badger.DB {
	b.Helper()
	dir, err := os.MkdirTemp("", "bare")
	if err != nil {
		b.Fatal(err)
	}
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil).WithSyncWrites(sync).
		WithDetectConflicts(false))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return db
}

// BenchmarkBare writes with Badger's WriteBatch what the store writes for b.N events, in as many
// commits. The sizes are those of BenchmarkFold's keys and values.
func BenchmarkBare(b *testing.B) {
	variants(b, func(b *testing.B, history, sync bool) {
		db := openBare(b, sync)
		row, head, entry := []byte(strings.Repeat("r", 60)), make([]byte,
			16), []byte(strings.Repeat("e", 190))
		written := map[string]int{}
		b.ReportAllocs()
		b.ResetTimer()
		begin := measure.CPU()
		batch := db.NewWriteBatch()
		set := func(key string, value []byte) {
			if err := batch.Set([]byte(key), append([]byte(nil), value...)); err != nil {
				b.Fatal(err)
			}
		}
		n := 0
		for id := range ids(b.N, keys) {
			set("1234r"+id, row)
			if history {
				seq := written[id]
				written[id]++
				set("1234h"+id, head)
				set(fmt.Sprintf("1234e%s%020d", id, seq), entry)
				if seq >= 10 {
					if err := batch.Delete(fmt.Appendf(nil, "1234e%s%020d", id,
						seq-10)); err != nil {
						b.Fatal(err)
					}
				}
			}
			if n++; n%1000 == 0 || n == b.N {
				set("1234rposition", make([]byte, 40))
				if err := batch.Flush(); err != nil {
					b.Fatal(err)
				}
				batch = db.NewWriteBatch()
			}
		}
		batch.Cancel()
		b.ReportMetric(float64(measure.CPU()-begin)/float64(b.N), "cpu-ns/event")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
