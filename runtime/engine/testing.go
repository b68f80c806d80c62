package engine

import (
	"context"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/reads"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// StaticSource returns a source for views over tables that belong to no app, for tests of handlers
// as plain functions. The tables are each collection's rows, then its indexes, collection by
// collection. Package brooktest uses it.
func StaticSource(
	reader brook.Reader, tables []brook.Table, collections ...*brook.Collection,
) brook.Source {
	return &reads.Fixed{
		Slots: plan.LayoutOf(collections), Tables: tables, Reader: reader,
		Ctx: context.Background(), OneInstant: true,
	}
}

// Backstage is what tests need of an app and programs do not: hooks for testing. Its methods are
// safe for concurrent use, except for OnEffect and SetClock. Package brooktest uses it.
type Backstage struct{ app *App }

// BackstageOf returns the testing hooks of the app that s reads; false if s is no app's source.
func BackstageOf(s brook.Source) (Backstage, bool) {
	l, ok := s.(*source)
	if !ok {
		return Backstage{}, false
	}
	return Backstage{l.app}, true
}

// Config returns what the app runs on, with defaults.
func (b Backstage) Config() brook.Config { return b.app.config }

// Topics returns the topics that the app reads.
func (b Backstage) Topics() []string { return slices.Clone(b.app.code.Topics) }

// EventOf returns the event type whose payload data points to; nil if it is none of the package's.
func (b Backstage) EventOf(data any) *brook.EventDef { return b.app.tasks.Def.EventOf(data) }

// TopicOf returns the topic of an event type.
func (b Backstage) TopicOf(def *brook.EventDef) string { return b.app.code.Topic(def.Topic) }

// Record returns the record that publishing an event would make, without publishing it.
func (b Backstage) Record(
	event brook.Outgoing, options ...brook.PublishOption,
) (r brook.Record, err error) {
	out, err := outbound(b.app.tasks.Def, event, options)
	if err == nil {
		err = b.app.tasks.Emissions.Wrap(out, &r)
		r.Time = out.Message.Time
	}
	return r, err
}

// Wrap returns the record of a message, which may hold anything, on the topic of its type.
func (b Backstage) Wrap(m brook.Message, key []byte) (brook.Record, error) {
	code := b.app.code
	topic := code.Topic(code.Events[code.Today(m.Type)].Topic)
	r := brook.Record{Topic: topic, Key: key, Time: m.Time}
	err := b.app.config.Envelope.Wrap(&m, &r)
	return r, err
}

// EffectCall is an effect that is due. Package brooktest uses it.
type EffectCall struct {
	Position brook.Position // of the event; zero if it came through no log
	ID, Type string         // of the event
	Set      string
	Run      brook.Effect
}

// OnEffect makes the app call f in place of every effect, and again with the same call if f
// returned an error and Config.Retry allows. It is called once, before the app folds its first
// event.
func (b Backstage) OnEffect(f func(ctx context.Context, call *EffectCall) error) {
	_ = b.app.tasks.Lock.Lock(context.Background()) // which does not end
	defer b.app.tasks.Lock.Unlock()
	diverted := func(deliver func(*delivery.Delivery)) func(*delivery.Delivery) {
		return func(m *delivery.Delivery) {
			deliver(m)
			for i := range m.Effects {
				e := &m.Effects[i]
				call := &EffectCall{m.Position, m.Message.ID, m.Message.Type, e.Set, e.Run}
				e.Run = func(ctx context.Context) error { return f(ctx, call) }
			}
		}
	}
	def := *b.app.tasks.Def
	deliverer := def.Lane
	def.Lane = func(tx *txn.Tx) func(*delivery.Delivery) { return diverted(deliverer(tx)) }
	b.app.tasks.Def = &def
	b.app.calls.Exclusive.Reset()
}

// SetClock makes timers and jobs due by a clock of the test's, and parked events wait by it; events
// that are published or processed without a time, and what workers publish, have its time. It is
// called once, before the app publishes or folds its first event. Any goroutine calls now.
func (b Backstage) SetClock(now func() time.Time) {
	b.app.timers.Clock, b.app.tasks.Clock = now, now
	if b.app.workers != nil {
		b.app.workers.Board.SetClock(now)
	}
}

// Parked returns the events that are parked because they came too early, with those that wait
// behind them, as the dead letters by which they are reported, or will be.
func (b Backstage) Parked(ctx context.Context) ([]brook.DeadLetter, error) {
	return b.app.letters.Parked(ctx)
}

// Clear removes every row of the collections named, or of all, with histories and index entries.
// Positions in the log, dead letters and emissions stay as they are. Tasks rest meanwhile. An error
// is that of a name that no collection has, or the store's.
func (b Backstage) Clear(ctx context.Context, collections ...string) error {
	return b.app.calls.Clear(ctx, collections...)
}
