package brookotel_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// traces are the spans that were made.
type traces struct {
	*tracetest.InMemoryExporter
	provider *sdktrace.TracerProvider
}

func newTraces(t *testing.T) traces {
	t.Helper()
	x := tracetest.NewInMemoryExporter()
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(x))
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil { // the test's context has ended
			t.Error(err)
		}
	})
	return traces{x, p}
}

// options has the spans made, and measures nothing.
func (x traces) options() brookotel.Options {
	return brookotel.Options{
		TracerProvider: x.provider, MeterProvider: metricnoop.NewMeterProvider(),
	}
}

// lines returns the spans of a trace, or of all others if not is set, as "name kind < parent", sorted.
func (x traces) lines(id trace.TraceID, not bool) (lines []string) {
	spans := x.GetSpans()
	names := map[trace.SpanID]string{}
	for _, s := range spans {
		names[s.SpanContext.SpanID()] = s.Name
	}
	for _, s := range spans {
		if (s.SpanContext.TraceID() == id) == not {
			continue
		}
		line := fmt.Sprintf("%s (%s) < %s", s.Name, s.SpanKind, names[s.Parent.SpanID()])
		for _, l := range s.Links {
			line += ", linked to " + names[l.SpanContext.SpanID()]
		}
		if s.Status.Code == codes.Error {
			line += ", failed"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func want(t *testing.T, what string, got []string, lines ...string) {
	t.Helper()
	slices.Sort(lines)
	if !slices.Equal(got, lines) {
		t.Errorf("%s are\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"),
			strings.Join(lines, "\n\t"))
	}
}

// span returns the last span of a name.
func (x traces) span(t *testing.T, name string) tracetest.SpanStub {
	t.Helper()
	for _, s := range slices.Backward(x.GetSpans()) {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no span %q", name)
	return tracetest.SpanStub{}
}

func attributesOf(s tracetest.SpanStub) (all []string) {
	for _, a := range s.Attributes {
		all = append(all, string(a.Key)+"="+a.Value.String())
	}
	slices.Sort(all)
	return all
}

// One trace goes from who publishes an event through the handler set and the job that it asks for to
// what the worker publishes, and on; in whatever envelope, over the log in memory.
func TestOneTrace(t *testing.T) {
	for name, envelope := range map[string]brook.Envelope{
		"CloudEvents": brook.CloudEvents{}, "PlainJSON": brook.PlainJSON{},
	} {
		t.Run(name, func(t *testing.T) { testOneTrace(t, memdriver.New(), "errands", envelope) })
	}
}

// The same over Kafka, whose headers carry the trace.
func TestOneTraceOverKafka(t *testing.T) {
	brokers := os.Getenv("BROOK_KAFKA")
	if brokers == "" {
		t.Skip("SKIPPED: BROOK_KAFKA does not name a broker (host:port), so this is NOT tested; " +
			"scripts/kafka starts one")
	}
	for name, envelope := range map[string]brook.Envelope{
		"CloudEvents": brook.CloudEvents{}, "PlainJSON": brook.PlainJSON{},
	} {
		t.Run(name, func(t *testing.T) {
			driver, err := kafkadriver.Open(strings.Split(brokers, ","), nil,
				kafkadriver.CreateTopics(2, 1))
			if err != nil {
				t.Fatal(err)
			}
			defer driver.Close()
			testOneTrace(t, driver, "errands-"+strings.ToLower(rand.Text()), envelope)
		})
	}
}

func testOneTrace(t *testing.T, driver brook.Driver, topic string, envelope brook.Envelope) {
	x := newTraces(t)
	c := brook.Config{Author: "errands", Name: topic, Topic: topic, Driver: driver,
		Store: mapstore.New(), Envelope: envelope, Log: slog.New(slog.DiscardHandler),
		Jobs: brook.Jobs{Min: time.Millisecond}}
	if _, err := brookotel.Instrument(&c, x.options()); err != nil {
		t.Fatal(err)
	}
	tracer := x.provider.Tracer("test")
	mail := func(ctx context.Context, j brook.Job[errands.SendMail]) error {
		_, span := tracer.Start(ctx, "SMTP")
		defer span.End()
		if j.Attempt == 1 {
			return errors.New("not yet")
		}
		return nil
	}
	app, err := errands.NewApp(c, &errands.Mailer{Mail: mail}, errands.Desk{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	running, stop := context.WithCancel(ctx)
	defer stop()
	running, program := tracer.Start(running, "program")
	done := make(chan error, 1)
	go func() { done <- app.Run(running) }()

	request, span := tracer.Start(ctx, "request")
	placed := errands.Placed{Order: "o1", User: "u1", Mails: 1}
	if _, err := app.Publish.Placed(request, placed); err != nil {
		t.Fatal(err)
	}
	span.End()
	for u, err := range app.Views.Orders.Watch(ctx, "o1") {
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Value.Sent) == 1 {
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	program.End()

	want(t, "the spans of the trace", x.lines(span.SpanContext().TraceID(), false),
		"request (internal) < ",
		"send "+topic+" (producer) < request",
		"process "+topic+" (consumer) < send "+topic+", linked to send "+topic,
		"Desk.Placed (internal) < process "+topic,
		"job mail.send (internal) < Desk.Placed, failed",
		"SMTP (internal) < job mail.send",
		"job mail.send (internal) < Desk.Placed",
		"SMTP (internal) < job mail.send",
		"create "+topic+" (producer) < job mail.send",
		"process "+topic+" (consumer) < create "+topic+", linked to create "+topic,
		"Desk.Sent (internal) < process "+topic,
	)
	want(t, "all other spans", x.lines(span.SpanContext().TraceID(), true),
		"program (internal) < ",
		"send "+topic+" (client) < , linked to create "+topic)
}

// What fails is the failure of its span, with the stack of a panic; a span has the attributes that
// the conventions want.
func TestFailedSpan(t *testing.T) {
	x := newTraces(t)
	d := memdriver.New()
	c := brook.Config{Author: "ledger", Driver: d, Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}
	if _, err := brookotel.Instrument(&c, x.options()); err != nil {
		t.Fatal(err)
	}
	panics := func(context.Context, brook.Event[ledger.Moved]) error { panic("oh") }
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{Do: panics})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if _, err := app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	moved := ledger.Moved{Account: "a", Cents: 5}
	pos, err := app.Publish.Moved(t.Context(), moved, brook.WithID("m1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := x.span(t, "Audit.Moved")
	if s.Status.Code != codes.Error || !strings.Contains(s.Status.Description, "oh") ||
		len(s.Events) != 1 {
		t.Errorf("the span is %+v", s)
	}
	want(t, "attributes of the set", attributesOf(s), "brook.event.type=money.moved",
		"brook.outcome=failed", "brook.set=Audit", "code.function.name=Audit.Moved",
		"error.type=panic")
	partition := fmt.Sprintf("messaging.destination.partition.id=%d", pos.Partition)
	offset := fmt.Sprintf("messaging.kafka.offset=%d", pos.Offset)
	want(t, "attributes of the event", attributesOf(x.span(t, "process ledger")),
		"brook.event.type=money.moved", "brook.outcome=failed", "error.type=panic",
		"messaging.consumer.group.name=ledger", "messaging.destination.name=ledger", partition,
		offset, "messaging.message.id=m1", "messaging.operation.name=process",
		"messaging.operation.type=process", "messaging.system=kafka")
	want(t, "attributes of the publishing", attributesOf(x.span(t, "send ledger")),
		"brook.event.type=money.moved", "brook.outcome=done", "messaging.destination.name=ledger",
		partition, offset, "messaging.message.id=m1", "messaging.operation.name=send",
		"messaging.operation.type=send", "messaging.system=kafka")

	// Who redrives it has a span, which that of the event is linked to: it belongs to its own trace.
	x.Reset()
	ctx, span := x.provider.Tracer("test").Start(t.Context(), "operator")
	if _, err := app.Redrive(ctx, nil); err != nil {
		t.Fatal(err)
	}
	span.End()
	again := x.span(t, "process ledger")
	if again.SpanContext.TraceID() != s.SpanContext.TraceID() || len(again.Links) != 2 ||
		again.Links[1].SpanContext.TraceID() != span.SpanContext().TraceID() {
		t.Errorf("redriven, its span is %+v", again)
	}

	// A rebuild is one span, within the caller's.
	x.Reset()
	ctx, span = x.provider.Tracer("test").Start(t.Context(), "operator")
	if err := app.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	span.End()
	want(t, "spans of a rebuild", x.lines(span.SpanContext().TraceID(), false),
		"operator (internal) < ", "rebuild ledger (internal) < operator")
	want(t, "other spans", x.lines(span.SpanContext().TraceID(), true))
}

// A producer that knows nothing of tracing may write the extension of CloudEvents. Of several headers
// the last one counts, and what is no trace is none.
func TestForeignTraces(t *testing.T) {
	const (
		first  = "00-11111111111111111111111111111111-1111111111111111-01"
		second = "00-22222222222222222222222222222222-2222222222222222-01"
	)
	header := func(name, value string) brook.Header {
		return brook.Header{Key: name, Value: []byte(value)}
	}
	for name, c := range map[string]struct {
		headers []brook.Header
		trace   string
	}{
		"one":       {[]brook.Header{header("traceparent", first)}, first},
		"the last":  {[]brook.Header{header("traceparent", first), header("traceparent", second)}, second},
		"extension": {[]brook.Header{header("ce_traceparent", first)}, first},
		"both":      {[]brook.Header{header("traceparent", second), header("ce_traceparent", first)}, second},
		"none":      {[]brook.Header{header("traceparent", "00-nothing")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTraces(t)
			d := memdriver.New()
			c2 := brook.Config{Author: "ledger", Driver: d, Store: mapstore.New(),
				Log: slog.New(slog.DiscardHandler)}
			if _, err := brookotel.Instrument(&c2, x.options()); err != nil {
				t.Fatal(err)
			}
			app, err := ledger.NewApp(c2, ledger.Books{}, &ledger.Audit{})
			if err != nil {
				t.Fatal(err)
			}
			defer app.Close()
			_, err = d.Publish(t.Context(), []brook.Record{{
				Topic: "ledger", Key: []byte("a"), Value: []byte(`{"account":"a"}`),
				Headers: append([]brook.Header{
					header("ce_specversion", "1.0"), header("ce_id", "1"),
					header("ce_source", "them"), header("ce_type", ledger.OpenedType),
				}, c.headers...),
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := x.span(t, "process ledger")
			switch {
			case c.trace == "":
				if s.Parent.IsValid() || len(s.Links) > 0 {
					t.Errorf("its parent is %v", s.Parent)
				}
			case !strings.Contains(c.trace, s.SpanContext.TraceID().String()) ||
				!strings.Contains(c.trace, s.Parent.SpanID().String()):
				t.Errorf("its trace is %s, want %s", s.SpanContext.TraceID(), c.trace)
			}
		})
	}
}
