package brook

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Encode fills out from an emission. Generated code uses it.
func Encode[E any](out *Outbound, def *EventDef[E], e Emission[E]) {
	encode(out, def, &e.data)
}

func encode[E any](out *Outbound, def *EventDef[E], data *E) {
	out.message.Type, out.topic = def.Type, def.Topic
	if out.err != nil {
		return // an option's
	}
	if out.message.Data, out.err = def.Append(nil, data); out.err != nil {
		out.err = fmt.Errorf("brook: encode %s: %w", def.Type, out.err)
		return
	}
	if out.keyed = def.AppendKey != nil; !out.keyed {
		return
	}
	if encoded := def.AppendKey(nil, data); encoded != nil {
		out.key, out.err = def.Shape.Text([]byte{}, encoded)
	}
	if out.err == nil && !textual(def.Shape, out.key) {
		out.err = fmt.Errorf("brook: encode %s: its key %.100q is no UTF-8, and JSON can't hold it", def.Type, out.key)
	}
}

// Publish encodes data and appends it to the log, and gives its position there. It does not wait until it
// is handled: see [App.WaitFor]. It neither needs Run nor tries again: the error is the driver's. It is safe for
// concurrent use. Generated code uses it.
func Publish[E any](ctx context.Context, a *App, def *EventDef[E], data E, options []PublishOption) (Position, error) {
	var out Outbound
	for _, o := range options {
		o.apply(&out)
	}
	Encode(&out, def, Emit(data))
	positions, err := a.publish(ctx, []*Outbound{&out})
	if err != nil {
		return Position{}, err
	}
	return positions[0], nil
}

// publishBatch is how many emissions are handed to the driver at a time. PublishAll hands over manyEvents, or as many as have manyBytes: they may
// be for a thousand partitions, and a broker's work is by batch of a partition.
const (
	publishBatch = 500
	manyEvents   = 20_000
	manyBytes    = 4 << 20
)

// PublishAll publishes many events in order, a batch at a time, and gives the position of the last one; an
// [Emission] of any of the package's events is an [Outgoing]. After an error the position is that of the last whole batch, zero
// where there is none; some events of the batch that failed may stand in the log. To wait for all events, wait for the last
// one of each partition.
func (a *App) PublishAll(ctx context.Context, events iter.Seq[Outgoing]) (last Position, err error) {
	var batch []Record
	size := 0
	if events == nil {
		return last, nil
	}
	flush := func() error {
		positions, err := a.send(ctx, batch)
		if err == nil && len(positions) > 0 {
			last = positions[len(positions)-1]
		}
		clear(batch)
		batch, size = batch[:0], 0
		return err
	}
	for event := range events {
		out := &Outbound{}
		if event == nil || !a.def.Outgoing(event, out) {
			return last, errors.Join(fmt.Errorf("brook: publish: %T is no event of this package", event), flush())
		}
		var record Record
		if err := a.wrap(out, &record); err != nil {
			return last, errors.Join(err, flush())
		}
		size += len(record.Key) + len(record.Value)
		if batch = append(batch, record); len(batch) == manyEvents || size >= manyBytes {
			if err := flush(); err != nil {
				return last, err
			}
		}
	}
	return last, flush()
}

func (a *App) publish(ctx context.Context, outs []*Outbound) ([]Position, error) {
	records := make([]Record, len(outs))
	for i, out := range outs {
		if err := a.wrap(out, &records[i]); err != nil {
			return nil, err
		}
	}
	return a.send(ctx, records)
}

// send publishes records.
func (a *App) send(ctx context.Context, records []Record) ([]Position, error) {
	if len(records) == 0 {
		return nil, nil
	}
	if a.closed.Load() {
		return nil, ErrClosed
	}
	positions, err := a.config.Driver.Publish(ctx, records)
	if err != nil {
		return positions, fmt.Errorf("brook: publish: %w", err)
	}
	return positions, nil
}

// wrap makes the record of an event.
func (a *App) wrap(out *Outbound, r *Record) error {
	if out.err != nil {
		return out.err
	}
	m := &out.message
	if m.ID == "" {
		m.ID = a.ids.next()
	}
	if m.Time.IsZero() {
		m.Time = time.Now().UTC()
	}
	m.Author = a.config.Author
	if err := m.check(); err != nil {
		return fmt.Errorf("brook: publish %s: %w", m.Type, err)
	}
	if out.keyed && isNull(m.Data) && (out.key == nil || unkeyed(a.config.Envelope)) {
		return fmt.Errorf("brook: publish %s: its JSON is null, so that nobody who reads it could tell its key", m.Type)
	}
	r.Topic, r.Key = a.topic(out.topic), out.key // its time is the log's: what was emitted comes after its cause
	if err := a.config.Envelope.Wrap(m, r); err != nil {
		return fmt.Errorf("brook: publish %s: %w", m.Type, err)
	}
	return nil
}

func (a *App) topic(declared string) string {
	if declared == "" {
		return a.config.Topic
	}
	return declared
}
