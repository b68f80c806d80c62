package brookotel_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkFold folds b.N moves in two sets from the in-memory log into the map store: observed by
// nobody, measured, and traced with all or none of the traces sampled.
func BenchmarkFold(b *testing.B) {
	metrics := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
	sampled := func(s sdktrace.Sampler) *sdktrace.TracerProvider {
		return sdktrace.NewTracerProvider(sdktrace.WithSampler(s))
	}
	for _, c := range []struct {
		name    string
		options *brookotel.Options
	}{
		{"bare", nil},
		{"metrics", &brookotel.Options{
			MeterProvider: metrics, TracerProvider: tracenoop.NewTracerProvider()}},
		{"unsampled", &brookotel.Options{MeterProvider: metricnoop.NewMeterProvider(),
			TracerProvider: sampled(sdktrace.NeverSample())}},
		{"sampled", &brookotel.Options{MeterProvider: metricnoop.NewMeterProvider(),
			TracerProvider: sampled(sdktrace.AlwaysSample())}},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkFold(b, c.options) })
	}
}

func benchmarkFold(b *testing.B, options *brookotel.Options) {
	c := brook.Config{Author: "ledger", Driver: memdriver.New(), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}
	producer := c
	if options != nil {
		if _, err := brookotel.Instrument(&c, *options); err != nil {
			b.Fatal(err)
		}
	}
	producer.Name, producer.Store = "producer", mapstore.New()
	open := func(c brook.Config) *ledger.App {
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = app.Close() })
		return app
	}
	app, from := open(c), open(producer)
	const accounts = 10_000
	publish := func(n int, event func(i int) brook.Outgoing) {
		_, err := from.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
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
		return brook.Emit(ledger.Opened{Account: fmt.Sprint(i)})
	})
	if err := app.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
	publish(b.N, func(i int) brook.Outgoing {
		return brook.Emit(ledger.Moved{Account: fmt.Sprint(i % accounts), Cents: 1, Order: "quiet"})
	})
	b.ReportAllocs()
	b.ResetTimer()
	if err := app.CatchUp(context.Background()); err != nil {
		b.Fatal(err)
	}
}
