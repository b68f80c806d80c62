package brook_test

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

func BenchmarkFold(b *testing.B) {
	d := memdriver.New()
	c := brook.Config{Author: "ledger", Driver: d, Store: mapstore.New(), Log: slog.New(slog.DiscardHandler)}
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	const keys = 10000
	_, err = app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for i := range b.N {
			if !yield(brook.Emit(ledger.Opened{Account: fmt.Sprint(i % keys), Email: "somebody@example.org"})) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := app.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
