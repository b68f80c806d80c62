package brookotel_test

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A program makes its providers as always. Here the spans stay in memory, and show the way of an
// event from who publishes it to its handler.
func ExampleInstrument() {
	spans := tracetest.NewInMemoryExporter()
	tracers := trace.NewTracerProvider(trace.WithSyncer(spans))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))

	config := brook.Config{Author: "ledger", Driver: memdriver.New(), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}
	_, err := brookotel.Instrument(&config, brookotel.Options{
		TracerProvider: tracers, MeterProvider: meters,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	app, err := ledger.NewApp(config, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer app.Close()

	ctx, request := tracers.Tracer("example").Start(context.Background(), "POST /accounts")
	if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "ada"}); err != nil {
		fmt.Println(err)
		return
	}
	request.End()
	if err := app.CatchUp(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name, s.SpanKind, s.SpanContext.TraceID() == request.SpanContext().TraceID())
	}
	// Output:
	// send ledger producer true
	// POST /accounts internal true
	// Books.Opened internal true
	// process ledger consumer true
}
