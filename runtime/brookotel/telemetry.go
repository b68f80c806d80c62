// Package brookotel reports what an app does to OpenTelemetry: its events, handlers, emissions, jobs
// and effects as spans of one trace, from whoever published an event to all that it causes, and what
// it has done and has yet to do as metrics.
//
//	telemetry, err := brookotel.Instrument(&config, brookotel.Options{})
//	app, err := shop.NewApp(config, shop.Projection{})
//	stop, err := telemetry.Observe(app)
//
// It uses the API of OpenTelemetry only: where spans and metrics go is up to the providers of the
// program. Names and attributes of what concerns the log are those of the semantic conventions for
// messaging, in the version of [SchemaURL]; all others begin with brook. Attributes of metrics come
// from closed sets: topics, partitions, event types and handlers of the code, outcomes, kinds of
// errors. docs/observability.md lists all spans and metrics.
package brookotel

import (
	"cmp"
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	brook "github.com/brookgen/brookgen/runtime"
)

// SchemaURL names the version of the semantic conventions that spans and metrics follow.
const SchemaURL = semconv.SchemaURL

// scope is the name of the tracer and the meter.
const scope = "github.com/brookgen/brookgen/runtime/brookotel"

// Options say where spans and metrics go. The zero Options uses the global providers.
type Options struct {
	// TracerProvider makes spans; nil is otel.GetTracerProvider, as it is when Instrument is called.
	// With one of package trace/noop nothing is traced, and events carry on the trace that they came
	// with.
	TracerProvider trace.TracerProvider
	// MeterProvider makes metrics; nil is otel.GetMeterProvider. With one of package metric/noop
	// nothing is measured.
	MeterProvider metric.MeterProvider
	// Propagator reads and writes the headers of records; nil is that of the W3C trace context, with
	// the headers traceparent and tracestate.
	Propagator propagation.TextMapPropagator
	// System is the attribute messaging.system; "" is kafka.
	System string
}

// Telemetry reports what one app does. It is safe for concurrent use.
type Telemetry struct {
	spans   *spans   // nil: nothing is traced
	metrics *metrics // nil: nothing is measured
}

// Instrument makes an app report to OpenTelemetry: it joins its hooks to those of the app's Config,
// which it does not call before. config has Author, and Name if the app has another one.
func Instrument(config *brook.Config, options Options) (*Telemetry, error) {
	t := &Telemetry{}
	names := names{
		app:    cmp.Or(config.Name, config.Author),
		system: cmp.Or(options.System, semconv.MessagingSystemKafka.Value.AsString()),
	}
	tracers, meters := options.TracerProvider, options.MeterProvider
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	if _, off := tracers.(tracenoop.TracerProvider); !off {
		t.spans = newSpans(names, tracers, options.Propagator)
	}
	if _, off := meters.(metricnoop.MeterProvider); !off {
		var err error
		if t.metrics, err = newMetrics(names, meters); err != nil {
			return nil, err
		}
	}
	config.Hooks = brook.JoinHooks(config.Hooks, t.hooks())
	return t, nil
}

// names are what all spans and metrics of an app have in common.
type names struct{ app, system string }

// hooks returns the hooks of an app. Without traces nothing is done when an operation begins.
func (t *Telemetry) hooks() brook.Hooks {
	var h brook.Hooks
	if t.spans != nil {
		h.Begin, h.Trace = t.spans.begin, t.spans.headers
	}
	if t.spans != nil || t.metrics != nil {
		h.End = t.end
	}
	if m := t.metrics; m != nil {
		h.Commit, h.DeadLetter, h.Stray, h.Failure = m.commit, m.letter, m.stray, m.failure
	}
	return h
}

// end ends an operation: it is measured within its span, so that histograms can point to it.
func (t *Telemetry) end(ctx context.Context, op *brook.Operation) {
	if t.metrics != nil {
		t.metrics.end(ctx, op)
	}
	if t.spans != nil {
		t.spans.end(ctx, op)
	}
}

// App is what Observe asks: each app that brookgen generates.
type App interface {
	// Status returns what the app does, how far it is, and what is left to do.
	Status() brook.Status
}

// Observe reports what the app does now and has yet to do whenever metrics are collected, until stop
// is called: how far it is behind the log, dead letters, jobs and the like. It asks for the app's
// Status then, which reads neither store nor log. An app that is closed goes on to be reported, as
// stopped.
func (t *Telemetry) Observe(app App) (stop func() error, err error) {
	if app == nil {
		return nil, errors.New("brookotel: Observe of a nil app")
	}
	if t.metrics == nil {
		return func() error { return nil }, nil
	}
	return t.metrics.observe(app)
}
