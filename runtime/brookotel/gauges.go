package brookotel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	brook "github.com/brookgen/brookgen/runtime"
)

// gauge is what is reported of a Status under one name.
type gauge struct {
	name, unit, description string
	report                  func(s *brook.Status, observe observer)
}

// observer reports a value with attributes.
type observer func(value float64, attributes ...attribute.KeyValue)

// states are those that brook.state has, each with 1 or 0.
var states = []brook.State{
	brook.StateStarting, brook.StateCatchingUp, brook.StateLive, brook.StateWaitingForStore,
	brook.StateWaitingForLog, brook.StatePaused, brook.StateStopped,
}

// gauges are all of them.
var gauges = []gauge{
	{"brook.state", "", "1 for the state that the app is in, 0 for all others.",
		func(s *brook.Status, observe observer) {
			for _, of := range states {
				observe(number(s.State == of), state.String(string(of)))
			}
		}},
	{"brook.lanes", "{lane}", "Number of lanes that fold partitions side by side.",
		func(s *brook.Status, observe observer) { observe(float64(s.Mode.Lanes)) }},
	{"brook.lag.records", "{record}", "Number of records that are yet to be dealt with.",
		each(func(p *brook.PartitionStatus) float64 { return float64(p.Lag()) })},
	{"brook.lag.time", "s", "How long the oldest record has been in the log that is yet to be dealt with.",
		each(func(p *brook.PartitionStatus) float64 { return p.Behind.Seconds() })},
	{"brook.position", "{record}", "Offset below which every record is dealt with.",
		each(func(p *brook.PartitionStatus) float64 { return float64(p.Next) })},
	{"brook.standing", "", "1 if the partition stands still for a reason that Status names, else 0.",
		each(func(p *brook.PartitionStatus) float64 { return number(p.Stands != "") })},
	{"brook.dead_letters.waiting", "{letter}", "Number of dead letters to be redriven or dropped.",
		func(s *brook.Status, observe observer) { observe(float64(s.Letters)) }},
	{"brook.parked", "{event}", "Number of events that came too early, and of those behind them.",
		func(s *brook.Status, observe observer) { observe(float64(s.Parked)) }},
	{"brook.jobs", "{job}", "Number of jobs that are not done.",
		func(s *brook.Status, observe observer) { observe(float64(s.Jobs)) }},
	{"brook.outbox", "{event}", "Number of emissions that are committed and not published.",
		func(s *brook.Status, observe observer) { observe(float64(s.Outbox)) }},
	{"brook.timers", "{timer}", "Number of timers that wait.",
		func(s *brook.Status, observe observer) {
			if s.Timers >= 0 { // they are counted
				observe(float64(s.Timers))
			}
		}},
	{"brook.stale", "", "1 if the code differs from what made the views, else 0.",
		func(s *brook.Status, observe observer) { observe(number(s.Stale != nil)) }},
	{"brook.rebuild.running", "", "1 while a rebuild or a preview runs, else 0.",
		func(s *brook.Status, observe observer) {
			observe(number(s.Rebuild != nil && s.Rebuild.Running))
		}},
	{"brook.rebuild.read", "{record}", "Number of records that the rebuild which runs has folded.",
		rebuilding(func(p *brook.RebuildProgress) float64 { return float64(p.Read) })},
	{"brook.rebuild.total", "{record}", "Number of records that the rebuild which runs is to fold.",
		rebuilding(func(p *brook.RebuildProgress) float64 { return float64(p.Total) })},
	{"brook.rebuild.left", "s", "About how long the rebuild which runs still takes.",
		rebuilding(func(p *brook.RebuildProgress) float64 { return p.Left.Seconds() })},
}

// number returns 1 for true.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// each reports a value of each partition.
func each(of func(*brook.PartitionStatus) float64) func(*brook.Status, observer) {
	return func(s *brook.Status, observe observer) {
		for i := range s.Partitions {
			p := &s.Partitions[i]
			observe(of(p), semconv.MessagingDestinationName(p.Topic), partitionID(p.Partition))
		}
	}
}

// rebuilding reports a value of the rebuild that runs.
func rebuilding(of func(*brook.RebuildProgress) float64) func(*brook.Status, observer) {
	return func(s *brook.Status, observe observer) {
		if s.Rebuild != nil && s.Rebuild.Running {
			observe(of(&s.Rebuild.Progress))
		}
	}
}

// observe reports an app's Status in gauges, until stop is called.
func (m *metrics) observe(of App) (stop func() error, err error) {
	var instruments []metric.Float64ObservableGauge
	var all []metric.Observable
	var errs []error
	for _, g := range gauges {
		i, err := m.meter.Float64ObservableGauge(g.name, metric.WithUnit(g.unit),
			metric.WithDescription(g.description))
		instruments, all, errs = append(instruments, i), append(all, i), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	own := app.String(m.app)
	registration, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := of.Status()
		for i := range gauges {
			gauges[i].report(&s, func(value float64, attributes ...attribute.KeyValue) {
				o.ObserveFloat64(instruments[i], value, metric.WithAttributes(append(attributes, own)...))
			})
		}
		return nil
	}, all...)
	if err != nil {
		return nil, err
	}
	return registration.Unregister, nil
}
