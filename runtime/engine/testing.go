package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/reads"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// StaticSource gives a source for views over tables that belong to no app, for tests of handlers as plain functions.
// The tables are each collection's rows, then its indexes, collection by collection. Package brooktest uses it.
func StaticSource(reader brook.Reader, tables []brook.Table, collections ...brook.AnyCollection) brook.Source {
	return &reads.Fixed{
		Slots: plan.LayoutOf(collections), Tables: tables, Reader: reader, Ctx: context.Background(), OneInstant: true,
	}
}

// Backstage is what tests need of an app and programs do not. Package brooktest uses it.
type Backstage struct{ app *App }

// BackstageOf returns the back door of the app that s reads; false if s is no app's source.
func BackstageOf(s brook.Source) (Backstage, bool) {
	l, ok := s.(*source)
	if !ok {
		return Backstage{}, false
	}
	return Backstage{l.app}, true
}

// Config gives what the app runs on, defaults filled in.
func (b Backstage) Config() brook.Config { return b.app.config }

// Topics returns the topics that the app reads.
func (b Backstage) Topics() []string { return slices.Clone(b.app.code.Topics) }

// Events gives the package's event types: each an *EventDef of its payload.
func (b Backstage) Events() []brook.AnyEvent { return slices.Clone(b.app.def.Events) }

// Record gives the record that publishing an event would make, without publishing it.
func (b Backstage) Record(event brook.Outgoing, options ...brook.PublishOption) (r brook.Record, err error) {
	out, err := b.app.encoded(event, options)
	if err == nil {
		err = b.app.tasks.Emissions.Wrap(out, &r)
		r.Time = out.Message.Time
	}
	return r, err
}

// Wrap gives the record of a message, which may hold anything, on the topic of its type.
func (b Backstage) Wrap(m brook.Message, key []byte) (brook.Record, error) {
	r := brook.Record{Topic: b.app.code.Topic(b.app.code.Events[m.Type].Topic), Key: key, Time: m.Time}
	err := b.app.config.Envelope.Wrap(&m, &r)
	return r, err
}

// EffectCall is an effect that is due. Package brooktest uses it.
type EffectCall struct {
	Position brook.Position // of the event; zero where it came through no log
	ID, Type string         // of the event
	Set      string
	Run      brook.Effect
}

// OnEffect has f called in place of every effect, and again with the same call where it gave an error and
// Config.Retry allows. It has to be set before the app folds its first event.
func (b Backstage) OnEffect(f func(ctx context.Context, call *EffectCall) error) {
	_ = b.app.lock.Lock(context.Background()) // which does not end
	defer b.app.lock.Unlock()
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
	def := *b.app.def
	lane := def.Lane
	def.Lane = func(tx *txn.Tx) func(*delivery.Delivery) { return diverted(lane(tx)) }
	b.app.def, b.app.tasks.Def = &def, &def
	b.app.tasks.Exclusive.Deliver = diverted(b.app.tasks.Exclusive.Deliver)
}

// Clear removes every row of the collections named, or of all, with histories and index entries. Positions in the
// log, dead letters and emissions stay as they are. It takes turns with the apply loop.
func (b Backstage) Clear(ctx context.Context, collections ...string) error {
	a := b.app
	if err := a.lock.Lock(ctx); err != nil {
		return err
	}
	defer a.lock.Unlock()
	if err := a.catalog.ClaimLocked(ctx); err != nil {
		return err
	}
	known := make([]string, len(a.code.Layout.Collections))
	for ord, info := range a.code.Layout.Collections {
		known[ord] = info.Name
	}
	for _, name := range collections {
		if !slices.Contains(known, name) {
			return fmt.Errorf("brook: clear: there is no collection %q, but %q", name, known)
		}
	}
	for ord, name := range known {
		if len(collections) > 0 && !slices.Contains(collections, name) {
			continue
		}
		for more := true; more; {
			var err error
			if more, err = a.tasks.Exclusive.RemoveSome(ctx, a.code.Layout.Rows[ord]); err != nil {
				return fmt.Errorf("brook: clear %s: %w", name, err)
			}
		}
	}
	return nil
}

// Seed stores rows in one commit as if handlers had created them, whatever was there: in key order, with their index entries, and
// with the events of past as their history. Where the value carries its key and that field is zero, it is set. The
// view has to be an app's. Package brooktest uses it.
func Seed[K comparable, V any](ctx context.Context, v brook.View[K, V], rows map[K]V, past ...brook.Outgoing) error {
	from, ordinal, def := v.Place()
	s, ok := from.(*source)
	if !ok {
		return fmt.Errorf("brook: seed %s: only the views of an app can be seeded", def.Name)
	}
	a, l := s.app, s.app.tasks.Exclusive
	var entries []*brook.HistoryEntry
	for _, event := range past {
		out, err := a.encoded(event, nil)
		if err != nil {
			return fmt.Errorf("brook: seed %s: %w", def.Name, err)
		}
		m := out.Message
		entries = append(entries, &brook.HistoryEntry{ID: a.ids.Next(), Type: m.Type, Author: a.config.Author, Time: now(), Key: out.Key, Data: m.Data})
	}
	if err := a.lock.Lock(ctx); err != nil {
		return err
	}
	defer a.lock.Unlock()
	if err := a.catalog.ClaimLocked(ctx); err != nil {
		return err
	}
	defer l.Forget()
	l.Begin(ctx)
	table := brook.RowsOf(l.Tx, ordinal, def)
	table.Apply(creations(def, rows)...)
	switch {
	case l.Tx.StoreFault() != nil:
		return l.Tx.StoreFault()
	case l.Tx.Failure() != nil:
		return l.Tx.Failure()
	}
	if err := l.Tx.Release(); err != nil {
		return err
	}
	if !def.History {
		entries = nil
	}
	l.Tx.SetHistories(ordinal, entries)
	return l.CommitOnce(ctx)
}

// creations gives changes that create rows, in key order.
func creations[K comparable, V any](def *brook.Collection[K, V], rows map[K]V) []brook.Change[K, V] {
	var zero K
	changes := make([]brook.Change[K, V], 0, len(rows))
	for k, value := range rows {
		if def.Key != nil && *def.Key(&value) == zero {
			*def.Key(&value) = k
		}
		changes = append(changes, brook.Create(k, value))
	}
	slices.SortFunc(changes, func(c, d brook.Change[K, V]) int {
		return bytes.Compare(def.AppendKey(nil, c.Key()), def.AppendKey(nil, d.Key()))
	})
	return changes
}

// encoded encodes an event of whichever type.
func (a *App) encoded(event brook.Outgoing, options []brook.PublishOption) (*brook.Outbound, error) {
	out := &brook.Outbound{}
	for _, o := range options {
		o.Apply(out)
	}
	if event == nil || !a.def.Outgoing(event, out) {
		return nil, fmt.Errorf("brook: %T is no event of this package", event)
	}
	return out, out.Err
}
