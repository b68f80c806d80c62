package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkFold folds b.N moves of 10,000 accounts from the in-memory log into the map store: per
// event a read, a merge of a row with history, a new row without, in two sets.
func BenchmarkFold(b *testing.B) { benchmarkFold(b, brook.Hooks{}) }

// BenchmarkFoldObserved is BenchmarkFold with hooks that see every event and set begin and end, and
// do nothing.
func BenchmarkFoldObserved(b *testing.B) {
	benchmarkFold(b, brook.Hooks{
		Begin: func(ctx context.Context, _ *brook.Operation) context.Context { return ctx },
		End:   func(context.Context, *brook.Operation) {},
	})
}

func benchmarkFold(b *testing.B, hooks brook.Hooks) {
	benchmarkFoldWith(b, hooks, func(*ledger.App) (stop func()) { return func() {} })
}

// benchmarkFoldWith is benchmarkFold while something runs beside it.
func benchmarkFoldWith(b *testing.B, hooks brook.Hooks, beside func(*ledger.App) (stop func())) {
	d := memdriver.New()
	c := brook.Config{Author: "ledger", Driver: d, Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler), Hooks: hooks}
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	const accounts = 10000
	publish := func(n int, event func(i int) brook.Outgoing) {
		_, err = app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
			for i := range n {
				if !yield(event(i)) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	publish(accounts, func(i int) brook.Outgoing {
		return brook.Emit(ledger.Opened{Account: fmt.Sprint(i), Email: "somebody@example.org"})
	})
	if err := app.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
	publish(b.N, func(i int) brook.Outgoing {
		return brook.Emit(ledger.Moved{Account: fmt.Sprint(i % accounts), Cents: 1, Order: "quiet"})
	})
	stop := beside(app)
	b.ReportAllocs()
	b.ResetTimer()
	if err := app.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	stop()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
