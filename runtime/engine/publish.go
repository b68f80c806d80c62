package engine

import (
	"context"
	"fmt"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// Publish encodes data, a pointer to a payload, and appends it to the log, and returns its position
// there. It does not wait until it is handled: see [App.WaitFor]. It neither needs Run nor tries
// again: the error is the driver's, and wraps [brook.ErrClosed] if the app was closed before or
// meanwhile. It is safe for concurrent use. Generated code uses it.
func Publish(
	ctx context.Context, a *App, def *brook.EventDef, data any, options []brook.PublishOption,
) (brook.Position, error) {
	var one struct { // both escape: together they are one allocation
		out     brook.Outbound
		records [1]brook.Record
	}
	for _, o := range options {
		o.Apply(&one.out)
	}
	brook.Encode(&one.out, def, data)
	if a.tasks.Observer != nil {
		return a.publishObserved(ctx, &one.out, one.records[:])
	}
	if err := a.tasks.Emissions.Wrap(&one.out, &one.records[0]); err != nil {
		return brook.Position{}, err
	}
	positions, err := a.send(ctx, one.records[:])
	if err != nil {
		return brook.Position{}, err
	}
	return positions[0], nil
}

// publishObserved publishes an event as an operation, whose trace it carries.
func (a *App) publishObserved(
	ctx context.Context, out *brook.Outbound, records []brook.Record,
) (at brook.Position, err error) {
	o, m := a.tasks.Observer, &out.Message
	op := brook.Operation{
		Kind: brook.OperationPublish, ID: m.ID, Type: m.Type, Author: a.config.Author, Known: true,
		Topic: a.code.Topic(out.Topic), Headers: m.Headers, Events: 1, Called: true,
	}
	within := o.Begin(ctx, &op)
	defer func() {
		op.ID, op.Position = m.ID, at
		o.End(within, &op, operation.OutcomeOf(ctx, err), err)
	}()
	m.Headers = stream.With(m.Headers, o.Trace(within))
	if err := a.tasks.Emissions.Wrap(out, &records[0]); err != nil {
		return at, err
	}
	positions, err := a.send(within, records)
	if err != nil {
		return at, err
	}
	return positions[0], nil
}

// PublishAll publishes many events in order, a batch at a time, and returns the position of the
// last one; an [brook.Emission] of any of the package's events is an [brook.Outgoing]. While a
// batch is on its way it takes further events, but sends none of them before that batch is stored.
// After an error the position is that of the last whole batch, zero if there is none; some events
// of the batch that failed may stand in the log. To wait for all events, wait for the last one of
// each partition. It is safe for concurrent use.
func (a *App) PublishAll(
	ctx context.Context, events iter.Seq[brook.Outgoing],
) (brook.Position, error) {
	if events == nil {
		return brook.Position{}, nil
	}
	p := pipeline{app: a, ctx: ctx}
	defer func() { _ = p.wait() }() // if events panics
	for event := range events {
		if err := p.add(event); err != nil {
			return p.end(err)
		}
	}
	return p.end(nil)
}

// send publishes records. What is in flight may go on for Config.ShutdownTimeout after the app
// closed.
func (a *App) send(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if len(records) == 0 {
		return nil, nil
	}
	if err := a.life.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := a.life.WhileEnding(ctx)
	defer cancel()
	positions, err := a.config.Driver.Publish(ctx, records)
	if err != nil {
		return positions, lifetime.Closing(ctx, fmt.Errorf("brook: publish: %w", err))
	}
	return positions, nil
}

// outbound encodes an event of any type of a package.
func outbound(
	def *delivery.Definition, event brook.Outgoing, options []brook.PublishOption,
) (*brook.Outbound, error) {
	out := &brook.Outbound{}
	for _, o := range options {
		o.Apply(out)
	}
	if !encode(def, event, out) {
		return nil, fmt.Errorf("brook: %T is no event of this package", event)
	}
	return out, out.Err
}

// encode fills out from an event of any type of a package; it returns false for any other.
func encode(def *delivery.Definition, event brook.Outgoing, out *brook.Outbound) bool {
	if event == nil {
		return false
	}
	data := brook.DataOf(event)
	of := def.EventOf(data)
	if of == nil {
		return false
	}
	brook.Encode(out, of, data)
	return true
}
