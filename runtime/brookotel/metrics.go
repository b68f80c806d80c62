package brookotel

import (
	"context"
	"errors"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/messagingconv"

	brook "github.com/brookgen/brookgen/runtime"
)

// buckets are the bounds of durations in seconds: those of the conventions for messaging, and some
// below, since most handlers take microseconds.
var buckets = metric.WithExplicitBucketBoundaries(0.00001, 0.0001, 0.001, 0.005, 0.01, 0.025, 0.05,
	0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)

// metrics measures operations, and counts what the hooks report.
type metrics struct {
	names
	meter metric.Meter

	process  metric.Float64Histogram // of events
	client   metric.Float64Histogram // of calls of the driver
	consumed metric.Int64Counter
	sent     metric.Int64Counter

	handlers metric.Float64Histogram
	commits  metric.Float64Histogram
	effects  metric.Float64Histogram
	jobs     metric.Float64Histogram
	rebuilds metric.Float64Histogram

	events   metric.Int64Counter
	letters  metric.Int64Counter
	strays   metric.Int64Counter
	failures metric.Int64Counter

	sets attributeSets
}

func newMetrics(n names, provider metric.MeterProvider) (*metrics, error) {
	m := &metrics{names: n, meter: provider.Meter(scope, metric.WithSchemaURL(SchemaURL),
		metric.WithInstrumentationVersion(brook.Version))}
	var errs []error
	histogram := func(h *metric.Float64Histogram, name, description string) {
		var err error
		*h, err = m.meter.Float64Histogram(name, metric.WithUnit("s"),
			metric.WithDescription(description), buckets)
		errs = append(errs, err)
	}
	counter := func(c *metric.Int64Counter, name, unit, description string) {
		var err error
		*c, err = m.meter.Int64Counter(name, metric.WithUnit(unit),
			metric.WithDescription(description))
		errs = append(errs, err)
	}
	process, client := messagingconv.ProcessDuration{}, messagingconv.ClientOperationDuration{}
	histogram(&m.process, process.Name(), process.Description())
	histogram(&m.client, client.Name(), client.Description())
	consumed, sent := messagingconv.ClientConsumedMessages{}, messagingconv.ClientSentMessages{}
	counter(&m.consumed, consumed.Name(), consumed.Unit(), consumed.Description())
	counter(&m.sent, sent.Name(), sent.Unit(), sent.Description())

	histogram(&m.handlers, "brook.handler.duration", "Duration of a handler set for one event.")
	histogram(&m.commits, "brook.commit.duration", "Duration of a commit to the store.")
	histogram(&m.effects, "brook.effect.duration", "Duration of one try of an effect.")
	histogram(&m.jobs, "brook.job.duration", "Duration of one try of a job.")
	histogram(&m.rebuilds, "brook.rebuild.duration", "Duration of a rebuild of the views.")
	counter(&m.events, "brook.events", "{event}",
		"Number of events that were dealt with and committed.")
	counter(&m.letters, "brook.dead_letters.made", "{letter}",
		"Number of dead letters that were made.")
	counter(&m.strays, "brook.strays", "{event}",
		"Number of events that touched rows of another key and ran alone.")
	counter(&m.failures, "brook.failures", "{failure}",
		"Number of things that failed, whether they were tried again or given up.")
	return m, errors.Join(errs...)
}

// end measures an operation.
func (m *metrics) end(ctx context.Context, op *brook.Operation) {
	seconds := op.Duration.Seconds()
	switch op.Kind {
	case brook.OperationEvent:
		o := m.of(op)
		if !op.Replay {
			m.process.Record(ctx, seconds, o.record...)
		}
		if op.Attempt == 1 && !op.Called {
			m.consumed.Add(ctx, 1, m.ofTopic("process", op.Position.Topic, false).add...)
		}
	case brook.OperationSet:
		if !op.Replay {
			m.handlers.Record(ctx, seconds, m.of(op).record...)
		}
	case brook.OperationPublish:
		m.published(ctx, op, seconds)
	case brook.OperationCommit:
		m.commits.Record(ctx, seconds, m.of(op).record...)
	case brook.OperationEffect:
		m.effects.Record(ctx, seconds, m.of(op).record...)
	case brook.OperationJob:
		m.jobs.Record(ctx, seconds, m.of(op).record...)
	case brook.OperationRebuild:
		m.rebuilds.Record(ctx, seconds, m.of(op).record...)
	}
}

// published measures a call of the driver, and counts the messages for each topic.
func (m *metrics) published(ctx context.Context, op *brook.Operation, seconds float64) {
	m.client.Record(ctx, seconds, m.of(op).record...)
	bad := failed(op.Outcome)
	if op.Records == nil {
		m.sent.Add(ctx, 1, m.ofTopic("send", op.Topic, bad).add...)
		return
	}
	for i := 0; i < len(op.Records); {
		topic, n := op.Records[i].Topic, 0
		for ; i < len(op.Records) && op.Records[i].Topic == topic; i++ {
			n++
		}
		m.sent.Add(ctx, int64(n), m.ofTopic("send", topic, bad).add...)
	}
}

// commit counts the events of a commit by what became of them.
func (m *metrics) commit(c brook.Commit) {
	folded := c.Events - c.Discarded - c.Unknown - c.Repeats - c.Lapsed
	for _, of := range [...]struct {
		outcome brook.Outcome
		n       int
	}{
		{brook.OutcomeDone, folded + c.Woken},
		{brook.OutcomeDiscarded, c.Discarded}, {brook.OutcomeUnknown, c.Unknown},
		{brook.OutcomeRepeat, c.Repeats}, {brook.OutcomeLapsed, c.Lapsed},
		{brook.OutcomeParked, c.Parked},
	} {
		if of.n > 0 {
			k := key{kind: "events", outcome: of.outcome}
			m.events.Add(context.Background(), int64(of.n), m.sets.get(k, m.own).add...)
		}
	}
}

// letter counts a dead letter.
func (m *metrics) letter(l brook.DeadLetter) {
	k := key{kind: "letter", name: l.Stage, set: l.Set}
	m.letters.Add(context.Background(), 1, m.sets.get(k, m.own).add...)
}

// stray counts an event that ran alone.
func (m *metrics) stray(s brook.Stray) {
	k := key{kind: "stray", name: s.Handler}
	m.strays.Add(context.Background(), 1, m.sets.get(k, m.own).add...)
}

// failure counts something that failed.
func (m *metrics) failure(f brook.Failure) {
	k := key{kind: "failure", name: failureName(f.What), bad: f.Final, err: errorName(f.Err)}
	m.failures.Add(context.Background(), 1, m.sets.get(k, m.own).add...)
}

// failureNames are the first words of Failure.What: what follows them is for people.
var failureNames = map[string]bool{
	"close": true, "collecting": true, "commit": true, "counting": true, "effect": true,
	"filling": true, "folding": true, "following": true, "forgetting": true, "group": true,
	"handle": true, "job": true, "lease": true, "listening": true, "looking": true, "mark": true,
	"open": true, "publish": true, "publishing": true, "read": true, "reading": true,
	"rebuild": true, "redrive": true, "reload": true, "removal": true, "store": true,
	"taking": true, "timers": true,
}

// failureName returns the word for what failed.
func failureName(what string) string {
	word, _, _ := strings.Cut(what, " ")
	if failureNames[word] {
		return word
	}
	return other
}

// of returns the attributes of an operation.
func (m *metrics) of(op *brook.Operation) *options {
	k := key{kind: op.Kind, set: op.Set, name: op.Handler, outcome: op.Outcome}
	switch op.Kind {
	case brook.OperationEvent, brook.OperationSet:
		k.topic, k.typ = op.Position.Topic, other
		if op.Known {
			k.typ = op.Type
		}
	case brook.OperationPublish:
		k.topic = op.Topic
	case brook.OperationJob:
		k.typ = op.Type
	}
	if failed(op.Outcome) {
		k.err = errorName(op.Err)
	}
	return m.sets.get(k, m.attributes)
}

// attributes returns the attributes of a histogram's measurement.
func (m *metrics) attributes(k key) (a []attribute.KeyValue) {
	switch k.kind {
	case brook.OperationEvent:
		a = m.messaging("process", k.topic)
		a = append(a, semconv.MessagingConsumerGroupName(m.app), eventType.String(k.typ))
	case brook.OperationPublish:
		a = append(m.messaging("send", k.topic), semconv.MessagingOperationTypeSend, app.String(m.app))
	case brook.OperationSet:
		a = append(a, app.String(m.app), set.String(k.set), handler.String(k.name),
			eventType.String(k.typ))
	case brook.OperationJob:
		a = append(a, app.String(m.app), jobType.String(k.typ), handler.String(k.name))
	case brook.OperationEffect:
		a = append(a, app.String(m.app), set.String(k.set))
	default:
		a = append(a, app.String(m.app))
	}
	a = append(a, outcome.String(string(k.outcome)))
	if k.err != "" {
		a = append(a, semconv.ErrorTypeKey.String(k.err))
	}
	return a
}

// messaging returns the attributes that all measurements of messages have.
func (m *metrics) messaging(name, topic string) []attribute.KeyValue {
	a := []attribute.KeyValue{
		semconv.MessagingSystemKey.String(m.system), semconv.MessagingOperationName(name),
	}
	if topic != "" {
		a = append(a, semconv.MessagingDestinationName(topic))
	}
	return a
}

// ofTopic returns the attributes of a count of messages.
func (m *metrics) ofTopic(name, topic string, bad bool) *options {
	return m.sets.get(key{kind: "messages", name: name, topic: topic, bad: bad}, m.counted)
}

func (m *metrics) counted(k key) []attribute.KeyValue {
	a := m.messaging(k.name, k.topic)
	if k.name == "process" {
		a = append(a, semconv.MessagingConsumerGroupName(m.app))
	} else {
		a = append(a, app.String(m.app))
	}
	if k.bad {
		a = append(a, semconv.ErrorTypeKey.String(other))
	}
	return a
}

// own returns the attributes of brook's own counters.
func (m *metrics) own(k key) []attribute.KeyValue {
	a := []attribute.KeyValue{app.String(m.app)}
	switch k.kind {
	case "events":
		a = append(a, outcome.String(string(k.outcome)))
	case "letter":
		a = append(a, stage.String(k.name), set.String(k.set))
	case "stray":
		a = append(a, handler.String(k.name))
	case "failure":
		a = append(a, what.String(k.name), final.Bool(k.bad), semconv.ErrorTypeKey.String(k.err))
	}
	return a
}
