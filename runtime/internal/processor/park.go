package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// ErrParkedFull is why an event becomes a dead letter that came too early.
var ErrParkedFull = errors.New("its partition has Config.MaxParked parked events")

// park takes an event into the batch that a set parks.
func (x *Processor) park(d *delivery.Delivery, r *delivery.Result, attempts int) {
	l := letter(d, r.Set, r.Stage, r.Err, attempts, keyText(x.parts.Code, d))
	if len(r.Missed) == 0 {
		l.Attempts = 0 // it only waits
	}
	x.target.Silence(&l)
	x.Batch.Parked.Park(parked.New(l, x.rows(r.Missed), x.parts.Now()))
}

// rows returns rows by the names of their tables.
func (x *Processor) rows(missed []txn.RowKey) (rows []parked.Row) {
	for _, m := range missed {
		rows = append(rows, x.parts.Places.Row(m.Slot, []byte(m.Key)))
	}
	return rows
}

// crowded makes results that are to be parked failures if the partition has too many parked events.
func (x *Processor) crowded(p *Partition, d *delivery.Delivery) {
	for i := range d.Results {
		r := &d.Results[i]
		if !r.Parks {
			continue
		}
		if n, _ := x.Batch.Parked.Events().Len(p.ID); n < x.parts.Config.MaxParked {
			continue
		}
		r.Parks, r.Waits, r.Stage = false, len(r.Missed) == 0, brook.StageHandle
		r.Err = d.Speak(r.Set, fmt.Errorf("%w: %w", ErrParkedFull, r.Err))
	}
}

// wake makes the parked events due that wait for a row which the event made appear.
func (x *Processor) wake(by parked.Due) {
	j := &x.Batch.Parked
	if j.Events().Empty() {
		return
	}
	for _, c := range x.Tx.All() {
		if c.Cell.Known() && c.Cell.Value() != nil {
			j.Appeared(c.Cell.Slot(), c.Cell.Key(), by)
		}
	}
}

// by returns by what the event wakes others.
func (x *Processor) by(p *Partition, d *delivery.Delivery) parked.Due {
	switch {
	case d.Woken != nil:
		return *d.Woken
	case p == nil || d.Letter != nil:
		return parked.Due{By: d.Position, Free: true}
	}
	return parked.Due{By: d.Position, Silent: d.Position.Offset < p.Silent}
}

// abroad reports whether the event wakes one of a partition that runs in another task.
func (x *Processor) abroad() bool {
	events := x.Batch.Parked.Events()
	if x.Elsewhere == nil || events.Empty() {
		return false
	}
	for _, c := range x.Tx.All() {
		if c.Cell.Known() && c.Cell.Value() != nil &&
			events.Waits(c.Cell.Slot(), c.Cell.Key(), x.Elsewhere) {
			return true
		}
	}
	return false
}

// ProcessParked runs a parked event through its set, woken by what it is due for, or for free if it
// is not due. If the outcome is Accepted, what becomes of it is in the batch; else nothing of it
// stays, and the error says why. tries is how often the event was tried since it is due. applied
// says that the set took it.
func (x *Processor) ProcessParked(
	ctx context.Context, p *Partition, e *parked.Event, tries int,
) (what Outcome, applied bool, err error) {
	if e, err = e.Whole(ctx, x.parts.Reader, x.Gen.Parked); err != nil {
		return StoreUnavailable, false, err
	}
	d := x.delivery
	record := e.Record
	one := x.Single(input.Single(p.ID, p.Log, tries), p.Blocked)
	one.tasks = p.tasks
	x.prepare(ctx, one, &record)
	d.Letter, d.Only, d.Silent, d.Owes = &e.Letter, e.Set, e.Silent, e.Owes
	if d.Woken = e.Due; d.Woken == nil {
		d.Woken = &parked.Due{By: e.Position, Free: true}
	}
	if x.TooLarge.Err != nil && x.TooLarge.At == d.Position {
		d.Forced = x.TooLarge.Err
	}
	x.Batch.Last = d.Position
	d.Unwrap(x.parts.Config.Envelope, x.parts.Bare, x.parts.Code)
	if d.Observed() {
		ctx = x.begin(one, d)
	}
	x.Tx.Begin(txn.Event{Ctx: ctx, Confined: x.Parallel, Redriven: true})
	if d.DecodeErr == nil {
		d.Dispatch(x.Deliver)
	}
	if d.DecodeErr == nil && len(d.Results) == 0 && !x.Tx.CrossKey() && x.Tx.StoreFault() == nil {
		d.Results = append(d.Results, unhandled(d))
	}
	if what, err = x.classify(one, d); what == Accepted && !x.Numbers && x.numbered(p, d) {
		what = Numbered
	}
	if what != Accepted {
		x.endIf(d, what, err)
		x.Tx.Revert()
		return what, false, err
	}
	x.Batch.Bytes += len(e.Record.Key) + len(e.Record.Value)
	applied = x.acceptParked(p, d, e, tries)
	x.endIf(d, Accepted, nil)
	return Accepted, applied, nil
}

// unhandled is the result of a letter whose handler is gone.
func unhandled(d *delivery.Delivery) delivery.Result {
	d.Known, d.Handled = true, true
	return delivery.Result{Set: d.Only, Stage: brook.StageHandle,
		Err: fmt.Errorf("there is no handler of %s in a set %s any more: "+
			"drop the letter, or bring it back", d.Message.Type, d.Only)}
}

// numbered reports whether the target takes emissions or letters of the event that need numbers.
func (x *Processor) numbered(p *Partition, d *delivery.Delivery) bool {
	return x.actor != nil && (len(d.Emissions) > 0 || x.fails(d)) && x.actor.Acts(x, p, d)
}

// acceptParked takes into the batch what became of a parked event, and reports whether it was
// applied.
func (x *Processor) acceptParked(
	p *Partition, d *delivery.Delivery, e *parked.Event, tries int,
) (applied bool) {
	letters := len(x.Batch.Letters)
	defer func() { x.publishLetters(p, d, letters) }()
	j, by := &x.Batch.Parked, *d.Woken
	attempts := e.Attempts + tries + 1
	if d.DecodeErr != nil {
		x.Tx.Revert()
		j.Removed(e, by)
		x.Park(p, letter(d, e.Set, brook.StageDecode, d.DecodeErr, attempts, e.Letter.Key))
		return false
	}
	r := &d.Results[0]
	switch {
	case r.Err == nil:
		j.Removed(e, by)
		applied = true
	case r.Parks:
		l := e.Letter
		if l.Time = time.Now().UTC(); len(r.Missed) > 0 {
			l.Attempts, l.Error = attempts, deadletter.ErrorText(r.Err)
		}
		j.Stays(e, l, x.rows(r.Missed))
	case r.Waits:
		j.Removed(e, by)
		x.Park(p, letter(d, e.Set, r.Stage, r.Err, 0, e.Letter.Key))
	default:
		j.Removed(e, by)
		x.Park(p, letter(d, e.Set, r.Stage, r.Err, attempts, e.Letter.Key))
	}
	x.tally.count(x.Batch, d)
	x.wake(by)
	x.Tx.Accept()
	if len(d.Emissions)+len(d.Requests)+len(d.Effects) > 0 {
		x.target.Stage(x, p, d)
	}
	return applied
}

// ParkedAhead returns the last parked event that the event has to wait behind for a set.
func (p *Partition) ParkedAhead(d *delivery.Delivery, set string) (brook.Position, bool) {
	events := p.events()
	if events.Empty() || len(d.Key) == 0 {
		return brook.Position{}, false
	}
	return events.Ahead(p.ID, set, keyText(p.parts.Code, d), d.Position.Offset)
}

// Appears reports whether the set that ran made a row appear that an event of its key waits for
// which is ahead.
func (p *Partition) Appears(d *delivery.Delivery, set string) bool {
	key, events := keyText(p.parts.Code, d), p.events()
	for _, c := range d.Tx.Changes() {
		if c.Cell.Known() && c.Cell.Value() != nil && events.Misses(p.ID, set, key,
			d.Position.Offset, c.Cell.Slot(), c.Cell.Key()) {
			return true
		}
	}
	return false
}

// events returns the parked events of the generation that the partition is folded into.
func (p *Partition) events() *parked.Events {
	if p.on == nil {
		return nil
	}
	return p.on.Batch.Parked.Events()
}

// holds reports whether an event of the partition is parked.
func (p *Partition) holds() bool {
	n, _ := p.events().Len(p.ID)
	return n > 0
}

// Letters returns how many dead letters the partition has, of all stages.
func (p *Partition) Letters() int {
	_, reported := p.events().Len(p.ID)
	return p.Blocked.Len() + reported
}

// CompleteParked reads the records of the parked events that the batch stores and that memory does
// not have.
func (x *Processor) CompleteParked(ctx context.Context) error {
	return x.Batch.Parked.Complete(func(e *parked.Event) (*parked.Event, error) {
		return e.Whole(ctx, x.parts.Reader, x.Gen.Parked)
	})
}

// Parks makes the processor park events among these.
func (x *Processor) Parks(events *parked.Events) { x.Batch.Parked.On(events) }
