package task

import (
	"context"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// processRecord runs one record through the handler sets. If the outcome is not accepted, nothing
// of it stays, and the error says why.
func (t *Task) processRecord(ctx context.Context, p *Partition, r *brook.Record) (outcome, error) {
	if t.Batch.started.IsZero() {
		t.Batch.started = time.Now()
	}
	d := &t.M
	t.prepare(ctx, d, r, p)
	t.Batch.last = d.Position
	if t.tooLarge != nil && t.tooLargeAt == d.Position {
		d.Forced = t.tooLarge
	}
	d.DroppedFor = t.Target.Dropped(d.Position)
	dropped := slices.Contains(d.DroppedFor, "") // for all sets
	if dropped || r.Value == nil && delivery.Tombstone(t.set.Config.Envelope, r) {
		t.Batch.events++
		t.Batch.discarded++
		return accepted, nil
	}
	t.unwrap(d)
	repeat, err := p.Repeats.Repeated(
		ctx, t.set.Reader, t.Gen.Folded, t.Gen.Window, &d.Message, d.Named,
	)
	if err != nil {
		return storeUnavailable, err
	}
	if repeat {
		t.Batch.events++
		t.Batch.repeats++
		return accepted, nil
	}
	t.Tx.Begin(txn.Event{Ctx: ctx, Confined: t.Parallel})
	if d.DecodeErr == nil {
		t.Dispatch(d)
	}
	what, err := t.classify(p, d)
	if what != accepted {
		t.Tx.Revert()
		return what, err
	}
	t.accept(p, d)
	p.Repeats.Accept(&d.Message, d.Handled || d.DecodeErr != nil)
	t.Batch.events++
	return accepted, nil
}

// prepare clears the delivery for a record of p.
func (t *Task) prepare(ctx context.Context, d *delivery.Delivery, r *brook.Record, p *Partition) {
	t.current = p
	d.Prepare(ctx, t.Tx, t.set.Def, r, p, t.set.Config.Group)
}

// Prepare clears the delivery for a record of Process, which is in no partition and waits behind
// nothing.
func (t *Task) Prepare(ctx context.Context, d *delivery.Delivery, r *brook.Record) {
	t.current = nil
	d.Prepare(ctx, t.Tx, t.set.Def, r, nobody{}, t.set.Config.Group)
}

// unwrap opens the record's envelope.
func (t *Task) unwrap(d *delivery.Delivery) {
	d.Unwrap(t.set.Config.Envelope, t.set.Bare, t.set.Code)
}

// Dispatch runs the generated code on a delivery.
func (t *Task) Dispatch(d *delivery.Delivery) { d.Dispatch(t.Deliver) }

// accept takes into the batch what became of an event: letters, emissions and effects. Its changes
// stay in the transaction.
func (t *Task) accept(p *Partition, d *delivery.Delivery) {
	if d.DecodeErr != nil {
		t.Tx.Revert()
		var key []byte
		if d.Message.Keyed {
			key = d.Record.Key
		}
		if d.Letter != nil {
			key = d.Letter.Key
		}
		// The letter of one set stays that set's: the others took the event before.
		t.park(p, t.letter(d, d.Only, brook.StageDecode, d.DecodeErr, p.Attempts+1, key))
		return
	}
	switch {
	case !d.Known:
		t.Batch.Unknown = append(t.Batch.Unknown, Unknown{d.Position, d.Message.Type})
	case !d.Handled:
		t.Batch.discarded++
	}
	for i := range d.Results {
		r := &d.Results[i]
		if r.Err == nil {
			continue
		}
		attempts := p.Attempts + 1
		if r.Waits {
			attempts = 0
		}
		t.park(p, t.letter(d, r.Set, r.Stage, r.Err, attempts, t.set.keyText(d)))
	}
	t.Tx.Accept()
	if len(d.Emissions)+len(d.Effects) > 0 {
		t.Target.Stage(t, p, d)
	}
}

// acted reports whether nothing is left to be done about an event, because an earlier run or
// another member of the group did it. What is redriven was not done yet, however far the group
// came.
func (t *Task) acted(p *Partition, d *delivery.Delivery) bool {
	return d.Silent && len(d.Owes) == 0 || d.Position.Offset < p.Silent ||
		t != t.set.Exclusive && t.set.Outbox.Acted(d.Position)
}

// StageEffects takes the emissions and effects of an event into the batch.
func (t *Task) StageEffects(d *delivery.Delivery) {
	for i := range d.Emissions {
		if !d.Owing(t.set.Def.Sets[d.Emissions[i].Set]) {
			continue
		}
		if item := t.item(d, &d.Emissions[i]); item != nil {
			t.Batch.Items = append(t.Batch.Items, item)
		}
	}
	for _, e := range d.Effects {
		if !d.Owing(e.Set) {
			continue
		}
		effect := outbox.Effect{Position: d.Position, Set: e.Set, Run: e.Run}
		t.Batch.effects = append(t.Batch.effects, effect)
	}
}

// item returns the outbox entry of an emission. If the envelope refuses it, item returns nil, and
// the emission becomes a dead letter of its own.
func (t *Task) item(d *delivery.Delivery, e *delivery.Emission) *outbox.Item {
	k := t.set.Emissions
	var number func(*brook.Message) int64
	if t == t.set.Exclusive {
		number = t.number
	}
	source := k.Stem()
	if t.current != nil {
		source = t.current.source(k)
	}
	item, err := k.Item(d, e, source, number)
	switch {
	case err == nil:
		return item
	case t.current == nil: // of Process: it counts for no partition
		t.Batch.Letters = append(t.Batch.Letters, publisher.LetterOf(item, err))
	default:
		t.park(t.current, publisher.LetterOf(item, err))
	}
	return nil
}
