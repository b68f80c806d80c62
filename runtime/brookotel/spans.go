package brookotel

import (
	"context"
	"errors"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	brook "github.com/brookgen/brookgen/runtime"
)

// mostLinks is how many links a span of a batch has, the limit that SDKs have by default.
const mostLinks = 128

// spans makes spans of operations.
type spans struct {
	names
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	// always are the attributes that all spans of messages begin with.
	always []attribute.KeyValue
}

func newSpans(
	n names, provider trace.TracerProvider, propagator propagation.TextMapPropagator,
) *spans {
	if propagator == nil {
		propagator = propagation.TraceContext{}
	}
	return &spans{
		names: n, propagator: propagator,
		tracer: provider.Tracer(scope, trace.WithSchemaURL(SchemaURL),
			trace.WithInstrumentationVersion(brook.Version)),
		always: []attribute.KeyValue{semconv.MessagingSystemKey.String(n.system)},
	}
}

// traced reports whether an operation has a span. Commits are of many traces; and what is folded
// again, in a rebuild or at the start of an app, was traced the first time.
func traced(op *brook.Operation) bool {
	switch op.Kind {
	case brook.OperationCommit:
		return false
	case brook.OperationEvent, brook.OperationSet:
		return !op.Replay
	}
	return true
}

// begin begins the span of an operation, and returns its context.
func (s *spans) begin(ctx context.Context, op *brook.Operation) context.Context {
	if !traced(op) {
		if op.Kind == brook.OperationEvent && trace.SpanContextFromContext(ctx).IsValid() {
			// What a rebuild makes belongs to the traces of the events.
			return trace.ContextWithSpanContext(ctx, trace.SpanContext{})
		}
		return ctx
	}
	name, kind, attributes := s.describe(op)
	options := make([]trace.SpanStartOption, 0, 5)
	options = append(options, trace.WithTimestamp(op.Start), trace.WithSpanKind(kind),
		trace.WithAttributes(attributes...))
	parent, links := s.parent(ctx, op)
	if links != nil {
		options = append(options, trace.WithLinks(links...))
	}
	ctx, _ = s.tracer.Start(parent, name, options...)
	return ctx
}

// parent returns the context whose span an operation is within, and the links of its span. That is
// the span of who published an event, or asked for a job; a caller's own span is linked then. What
// nobody called for has no parent otherwise: the context of Run may have a span of the program.
func (s *spans) parent(ctx context.Context, op *brook.Operation) (context.Context, []trace.Link) {
	if op.Kind == brook.OperationSet {
		return ctx, nil
	}
	outer := trace.SpanContextFromContext(ctx)
	if cause := s.extract(op.Headers); cause.IsValid() {
		var links []trace.Link
		if op.Kind == brook.OperationEvent {
			links = append(links, trace.Link{SpanContext: cause})
		}
		if op.Called && outer.IsValid() && !outer.Equal(cause) {
			links = append(links, trace.Link{SpanContext: outer})
		}
		return trace.ContextWithRemoteSpanContext(ctx, cause), links
	}
	links := s.created(op.Records)
	if outer.IsValid() && !op.Called && op.Kind != brook.OperationEmit {
		return trace.ContextWithSpanContext(ctx, trace.SpanContext{}), links
	}
	return ctx, links
}

// created returns links to the spans that records were made in.
func (s *spans) created(records []brook.Record) (links []trace.Link) {
	for i := range records {
		if len(links) == mostLinks {
			break
		}
		if made := s.extract(records[i].Headers); made.IsValid() {
			links = append(links, trace.Link{SpanContext: made})
		}
	}
	return links
}

// extract returns the span context that headers carry.
func (s *spans) extract(headers []brook.Header) trace.SpanContext {
	if len(headers) == 0 {
		return trace.SpanContext{}
	}
	ctx := s.propagator.Extract(context.Background(), &carrier{headers})
	return trace.SpanContextFromContext(ctx)
}

// headers returns the headers that carry the span of a context.
func (s *spans) headers(ctx context.Context) []brook.Header {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return nil
	}
	var c carrier
	s.propagator.Inject(ctx, &c)
	return c.headers
}

// describe returns the name, kind and attributes of the span of an operation, as far as they are
// known when it begins.
func (s *spans) describe(op *brook.Operation) (string, trace.SpanKind, []attribute.KeyValue) {
	switch op.Kind {
	case brook.OperationEvent:
		topic := op.Position.Topic
		a := s.messaging(9, "process", semconv.MessagingOperationTypeProcess, topic)
		a = append(a, semconv.MessagingConsumerGroupName(s.app), eventType.String(op.Type),
			semconv.MessagingMessageID(op.ID))
		if topic == "" { // of Process
			return "process " + op.Type, trace.SpanKindInternal, a
		}
		a = append(a, partitionID(op.Position.Partition),
			semconv.MessagingKafkaOffset(int(op.Position.Offset)))
		return "process " + topic, trace.SpanKindConsumer, a
	case brook.OperationSet:
		return op.Handler, trace.SpanKindInternal, []attribute.KeyValue{
			set.String(op.Set), eventType.String(op.Type), semconv.CodeFunctionName(op.Handler),
		}
	case brook.OperationEmit:
		a := s.messaging(7, "create", semconv.MessagingOperationTypeCreate, op.Topic)
		a = append(a, eventType.String(op.Type), semconv.MessagingMessageID(op.ID))
		return "create " + op.Topic, trace.SpanKindProducer, a
	case brook.OperationPublish:
		a := s.messaging(7, "send", semconv.MessagingOperationTypeSend, op.Topic)
		if op.Records != nil {
			a = append(a, semconv.MessagingBatchMessageCount(op.Events))
			return spanName("send", op.Topic), trace.SpanKindClient, a
		}
		return spanName("send", op.Topic), trace.SpanKindProducer, append(a, eventType.String(op.Type))
	case brook.OperationJob:
		return "job " + op.Type, trace.SpanKindInternal, []attribute.KeyValue{
			app.String(s.app), jobType.String(op.Type), jobID.String(op.ID),
			attempt.Int(op.Attempt), semconv.CodeFunctionName(op.Handler),
		}
	case brook.OperationEffect:
		return "effect " + op.Set, trace.SpanKindInternal, []attribute.KeyValue{
			app.String(s.app), set.String(op.Set), attempt.Int(op.Attempt),
		}
	}
	return spanName(string(op.Kind), s.app), trace.SpanKindInternal,
		[]attribute.KeyValue{app.String(s.app)}
}

// messaging returns the attributes of an operation on messages, with room for n in all. The topic of
// a batch for several is not known.
func (s *spans) messaging(
	n int, name string, typ attribute.KeyValue, topic string,
) []attribute.KeyValue {
	a := append(make([]attribute.KeyValue, 0, n), s.always...)
	a = append(a, semconv.MessagingOperationName(name), typ)
	if topic != "" {
		a = append(a, semconv.MessagingDestinationName(topic))
	}
	return a
}

// spanName returns the name of a span, which has the least that tells it from others.
func spanName(what, of string) string {
	if of == "" {
		return what
	}
	return what + " " + of
}

func partitionID(n int32) attribute.KeyValue {
	return semconv.MessagingDestinationPartitionID(strconv.Itoa(int(n)))
}

// end ends the span of an operation.
func (s *spans) end(ctx context.Context, op *brook.Operation) {
	if !traced(op) {
		return
	}
	span := trace.SpanFromContext(ctx)
	if span.IsRecording() {
		span.SetAttributes(outcome.String(string(op.Outcome)))
		if op.Kind == brook.OperationPublish && op.Records == nil && op.Err == nil {
			span.SetAttributes(semconv.MessagingMessageID(op.ID),
				partitionID(op.Position.Partition),
				semconv.MessagingKafkaOffset(int(op.Position.Offset)))
		}
		if failed(op.Outcome) {
			fail(span, op.Err)
		}
	}
	span.End(trace.WithTimestamp(op.Start.Add(op.Duration)))
}

// fail makes a span that of a failure.
func fail(span trace.Span, err error) {
	span.SetAttributes(errorType(err))
	if err == nil {
		span.SetStatus(codes.Error, "")
		return
	}
	span.SetStatus(codes.Error, err.Error())
	if p := (*brook.PanicError)(nil); errors.As(err, &p) {
		span.RecordError(err, trace.WithAttributes(semconv.ExceptionStacktrace(string(p.Stack))))
	}
}

// failed reports whether an outcome is a failure.
func failed(o brook.Outcome) bool {
	switch o {
	case brook.OutcomeFailed, brook.OutcomeRetry, brook.OutcomeUnavailable, brook.OutcomeCanceled:
		return true
	}
	return false
}
