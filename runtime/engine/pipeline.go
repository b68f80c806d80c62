package engine

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// A pipeline publishes what PublishAll is given: it encodes a batch of events while the one before
// is on its way. There are two batches in turns, whose memory is used again. One goroutine uses it.
type pipeline struct {
	app  *App
	ctx  context.Context
	last brook.Position // of the last whole batch

	batch  *outgoingBatch     // being filled; nil: none
	free   *outgoingBatch     // the other one, unless it is on its way
	flight *outgoingBatch     // on its way; nil: none
	answer chan publishAnswer // of the batch on its way
}

// publishAnswer is what came of a batch.
type publishAnswer struct {
	last brook.Position
	err  error
}

// A batch of PublishAll has manyEvents, or as many as have manyBytes: they may be for a thousand
// partitions, and a broker's work is by batch of a partition.
const (
	manyEvents = 20_000
	manyBytes  = 4 << 20
)

// add encodes an event, and sends its batch if that is full. It returns the error of a batch that
// was on its way as soon as that is there.
func (p *pipeline) add(event brook.Outgoing) error {
	if p.flight != nil && len(p.answer) > 0 {
		if err := p.wait(); err != nil {
			p.batch = nil
			return err
		}
	}
	if p.batch == nil {
		p.take()
	}
	if err := p.batch.add(p.ctx, p.app, event); err != nil {
		return err
	}
	if !p.batch.full() {
		return nil
	}
	if err := p.wait(); err != nil {
		p.batch = nil // it must not overtake what failed
		return err
	}
	p.send()
	return nil
}

// take begins a batch.
func (p *pipeline) take() {
	if p.batch, p.free = p.free, nil; p.batch == nil {
		p.batch = &outgoingBatch{}
	}
}

// send sends the batch. Nothing is on its way.
func (p *pipeline) send() {
	if p.answer == nil {
		p.answer = make(chan publishAnswer, 1)
	}
	p.flight, p.batch = p.batch, nil
	records := p.flight.records
	go func() {
		last, err := p.app.sendAll(p.ctx, records)
		p.answer <- publishAnswer{last, err}
	}()
}

// wait waits for the batch that is on its way, and returns its error.
func (p *pipeline) wait() error {
	if p.flight == nil {
		return nil
	}
	answer := <-p.answer
	p.flight.reset()
	p.free, p.flight = p.flight, nil
	if answer.err != nil {
		return answer.err
	}
	p.last = answer.last
	return nil
}

// end publishes what is left, unless what came before failed, and returns what PublishAll returns.
// An event that can't be published does not hold up those before it.
func (p *pipeline) end(err error) (brook.Position, error) {
	if waited := p.wait(); waited != nil {
		return p.last, errors.Join(err, waited)
	}
	if p.batch == nil || len(p.batch.records) == 0 {
		return p.last, err
	}
	last, sent := p.app.sendAll(p.ctx, p.batch.records)
	if sent == nil {
		p.last = last
	}
	return p.last, errors.Join(err, sent)
}

// sendAll publishes records, and returns the position of the last one.
func (a *App) sendAll(
	ctx context.Context, records []brook.Record,
) (last brook.Position, err error) {
	if len(records) == 0 {
		return last, nil
	}
	err = a.tasks.Observer.Publish(ctx, records, true, func(ctx context.Context) error {
		positions, err := a.send(ctx, records)
		if err == nil && len(positions) > 0 {
			last = positions[len(positions)-1]
		}
		return err
	})
	return last, err
}

// An outgoingBatch is the records of some events, and the memory of their payloads: a driver keeps
// none of it once it has returned.
type outgoingBatch struct {
	records []brook.Record
	out     brook.Outbound // of one event after another
	room    []byte         // the payloads since it was made anew
	size    int
}

// add appends the record of an event.
func (b *outgoingBatch) add(ctx context.Context, a *App, event brook.Outgoing) (err error) {
	b.out = brook.Outbound{Room: b.room[len(b.room):]}
	if !encode(a.tasks.Def, event, &b.out) {
		return fmt.Errorf("brook: publish: %T is no event of this package", event)
	}
	b.took(b.out.Message.Data)
	b.records = append(b.records, brook.Record{})
	record := &b.records[len(b.records)-1]
	if a.tasks.Observer == nil {
		err = a.tasks.Emissions.Wrap(&b.out, record)
	} else {
		op := brook.Operation{Headers: b.out.Message.Headers, Called: true}
		err = a.tasks.Emissions.Observe(ctx, &op, &b.out, record)
	}
	if err != nil {
		b.records = b.records[:len(b.records)-1]
		return err
	}
	b.size += len(record.Key) + len(record.Value)
	return nil
}

func (b *outgoingBatch) full() bool { return len(b.records) >= manyEvents || b.size >= manyBytes }

// took notes that a payload is in the room, or makes a larger one if it is not.
func (b *outgoingBatch) took(payload []byte) {
	n := len(b.room)
	if len(payload) == 0 {
		return
	}
	if shared := b.room[n:cap(b.room)]; len(shared) >= len(payload) && &shared[0] == &payload[0] {
		b.room = b.room[:n+len(payload)]
		return
	}
	b.room = make([]byte, 0, min(max(2*cap(b.room), leastRoom), manyBytes))
}

// leastRoom is how large the first memory for payloads is.
const leastRoom = 16 << 10

// reset empties the batch.
func (b *outgoingBatch) reset() {
	clear(b.records)
	b.records, b.room, b.size, b.out = b.records[:0], b.room[:0], 0, brook.Outbound{}
}
