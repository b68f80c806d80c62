package badger

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	"github.com/brookgen/brookgen/benchmarks/measure"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// BenchmarkAll reads all of 10,000 rows after so many merges into them, and then in a store that was
// opened again.
func BenchmarkAll(b *testing.B) {
	log := &endless{rows: keys}
	f := newFixtureOver(b, log, badgerstore.NoSync())
	for _, merges := range []int64{0, 30_000, 300_000, 3_000_000} {
		b.Run(fmt.Sprint(merges), func(b *testing.B) {
			log.end.Store(keys + merges)
			f.catchUp(b)
			readAll(b, f.App)
		})
	}
	if err := errors.Join(f.App.Close(), f.store.Close()); err != nil {
		b.Fatal(err)
	}
	store, err := badgerstore.Open(f.dir, badgerstore.NoSync(),
		badgerstore.Log(slog.New(slog.DiscardHandler)))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	app, err := counters.NewApp(brook.Config{Author: "counters", Driver: log, Store: store,
		Log: slog.New(slog.DiscardHandler)}, counters.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	b.Run("reopened", func(b *testing.B) { // its first scan, with N = 1, is slow
		readAll(b, app)
	})
}

func readAll(b *testing.B, app *counters.App) {
	b.ResetTimer()
	begin := measure.CPU()
	for range b.N {
		n := 0
		for _, err := range app.Views.Tallies.All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != keys {
			b.Fatal(n, "rows")
		}
	}
	b.ReportMetric(float64(measure.CPU()-begin)/float64(b.N), "cpu-ns/op")
}
