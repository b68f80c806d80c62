// Package emission makes the records of what an app publishes, and the outbox entries of what its
// handlers emit: who wrote it, what caused it, its ID, and its number in a stream.
//
// Tasks, and packages engine and control, use it. Maker.Numbers, and with them Open, Number,
// Renumber and Counted, are for who holds the quiesce lock; all else may be called from any
// goroutine.
package emission

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// Maker makes the records and the outbox entries of an app.
type Maker struct {
	Config    *brook.Config // with defaults
	Code      *plan.Code
	Sets      []string // names of the handler sets, in order
	IDs       *ids.Source
	Reader    brook.Reader // of what was committed last
	Publisher *publisher.Publisher
	Observer  *operation.Observer
	// Restoration is the ID of the restoration that the store comes from, see brook.Restored.
	Restoration string
	// Clock returns the time of what is published without one; nil: time.Now.
	Clock func() time.Time

	// Numbers is the stream of numbered emissions as the store has it; nil: it is not known.
	// Guarded by the quiesce lock.
	Numbers *publisher.Sequence
}

// now returns the time of an event that has no other.
func (k *Maker) now() time.Time {
	if k.Clock == nil {
		return time.Now().UTC()
	}
	return k.Clock().UTC()
}

// Wrap makes the record of an event that the app publishes.
func (k *Maker) Wrap(out *brook.Outbound, r *brook.Record) error {
	if out.Err != nil {
		return out.Err
	}
	m := &out.Message
	if m.ID == "" {
		m.ID = k.IDs.Next()
	}
	if m.Time.IsZero() {
		m.Time = k.now()
	}
	m.Author = k.Config.Author
	if err := m.Check(); err != nil {
		return fmt.Errorf("brook: publish %s: %w", m.Type, err)
	}
	unkeyed := out.Key == nil || delivery.Unkeyed(k.Config.Envelope)
	if out.Keyed && text.IsNull(m.Data) && unkeyed {
		return fmt.Errorf("brook: publish %s: its JSON is null, so that nobody who reads it "+
			"could tell its key", m.Type)
	}
	// The time of the record is the log's: what was emitted comes after its cause.
	r.Topic, r.Key = k.Code.Topic(out.Topic), out.Key
	if err := k.Config.Envelope.Wrap(m, r); err != nil {
		return fmt.Errorf("brook: publish %s: %w", m.Type, err)
	}
	return nil
}

// Item returns the outbox entry of an emission of a delivered event, whose source is that of its
// partition. It takes the emission's number from number, or without one from the event's offset. If
// the envelope refuses the event, Item returns an error, and the entry without a record.
func (k *Maker) Item(
	d *delivery.Delivery, e *delivery.Emission, source string, number func(*brook.Message) int64,
) (*outbox.Item, error) {
	out, set := &e.Out, k.Sets[e.Set]
	m := &out.Message
	m.Author = k.Config.Author
	m.Cause = d.Message.ID
	m.Time = d.Message.Time
	m.Headers = d.Trace(m.Headers, e.Set)
	if e.Failed {
		set += "/failed" // once it is redriven, the event may emit
	}
	m.ID = stream.EmissionID(source, &d.Message, d.Position, set, e.Ordinal)
	n := int64(0)
	if number != nil {
		n = number(m)
	} else {
		stream.Sign(m, source+"/"+set, brook.Sequence{
			Offset: d.Position.Offset, Ordinal: int32(e.Ordinal),
		})
	}
	item := &outbox.Item{
		Free: n > 0, Position: d.Position, Author: d.Message.Author, Type: m.Type,
		ID: d.Message.ID, Set: k.Sets[e.Set], Ordinal: e.Ordinal,
		Key: outbox.ItemKey(d.Position, d.Message.ID, n, e.Set, e.Ordinal),
	}
	if d.Woken != nil {
		item.By = d.Woken.By
	}
	if err := k.emit(d.Within(e.Set), nil, item, out); err != nil {
		return item, err
	}
	k.Publisher.Destinations.Choose(d.Ctx, &item.Record, m.ID)
	return item, nil
}

// emit makes the record of an outbox entry, as an operation within that of ctx; nil: it is within
// none. headers have the trace that it belongs to if ctx has none.
func (k *Maker) emit(
	ctx context.Context, headers []brook.Header, item *outbox.Item, out *brook.Outbound,
) error {
	if k.Observer == nil {
		return k.Wrap(out, &item.Record)
	}
	if ctx == nil {
		ctx = context.Background()
	}
	op := brook.Operation{Position: item.Position, Set: item.Set, Headers: headers}
	return k.Observe(ctx, &op, out, &item.Record)
}

// Observe makes the record of an event that is published later, as an operation: out carries its
// trace. op has what is known of the event besides. The observer must not be nil.
func (k *Maker) Observe(
	ctx context.Context, op *brook.Operation, out *brook.Outbound, r *brook.Record,
) error {
	m := &out.Message
	op.Kind, op.ID, op.Type, op.Author = brook.OperationEmit, m.ID, m.Type, k.Config.Author
	op.Known, op.Topic = true, k.Code.Topic(out.Topic)
	within := k.Observer.Begin(ctx, op)
	m.Headers = stream.With(m.Headers, k.Observer.Trace(within))
	err := k.Wrap(out, r)
	op.ID = m.ID
	k.Observer.End(within, op, operation.OutcomeOf(ctx, err), err)
	return err
}
