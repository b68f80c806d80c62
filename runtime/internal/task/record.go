package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// processRecord runs one record through the handler sets. Unless the outcome is kept, nothing of it stays, and the
// error says why.
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
	d.Skips = t.Target.Dropped(d.Position)
	if r.Value == nil && delivery.Tombstone(t.set.Config.Envelope, r) || slices.Contains(d.Skips, "") { // the latter was dropped for all sets
		t.Batch.events++
		t.Batch.discarded++
		return accepted, nil
	}
	t.unwrap(d)
	repeat, err := p.Repeats.Repeated(ctx, t.set.Reader, t.Gen.Folded, t.Gen.Window, &d.Message, d.Named)
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
// nobody.
func (t *Task) Prepare(ctx context.Context, d *delivery.Delivery, r *brook.Record) {
	t.current = nil
	d.Prepare(ctx, t.Tx, t.set.Def, r, nobody{}, t.set.Config.Group)
}

// unwrap opens the record's envelope.
func (t *Task) unwrap(d *delivery.Delivery) { d.Unwrap(t.set.Config.Envelope, t.set.Bare, t.set.Code) }

// Dispatch runs the generated code.
func (t *Task) Dispatch(d *delivery.Delivery) { d.Dispatch(t.Deliver) }

// classify says what becomes of an event that was dispatched.
func (t *Task) classify(p *Partition, d *delivery.Delivery) (outcome, error) {
	switch {
	case t.Tx.CrossKey():
		t.last = d.Strayed()
		return crossKey, nil
	case d.Ctx.Err() != nil:
		return cancelled, d.Ctx.Err()
	case t.Tx.StoreFault() != nil:
		return storeUnavailable, t.Tx.StoreFault()
	}
	for i := range d.Results {
		if r := &d.Results[i]; r.Again && p.Attempts+1 < t.set.Config.Retry.Attempts {
			return retryLater, fmt.Errorf("%s: %w", r.Set, r.Err)
		}
	}
	if !t.Target.Stops() {
		return accepted, nil
	}
	if d.DecodeErr != nil {
		return stopApp, &brook.RecordError{Position: d.Position, Type: d.Message.Type, Err: d.DecodeErr}
	}
	for i := range d.Results {
		if r := &d.Results[i]; r.Err != nil {
			return stopApp, &brook.RecordError{Position: d.Position, Type: d.Message.Type, Err: fmt.Errorf("set %s: %s: %w", r.Set, r.Stage, r.Err)}
		}
	}
	return accepted, nil
}

// accept takes into the batch what became of an event.
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
		t.park(p, t.letter(d, d.Only, brook.StageDecode, d.DecodeErr, p.Attempts+1, key)) // of one set it stays that set's: others took it before
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
	switch {
	case len(d.Emissions)+len(d.Effects) == 0:
	default:
		t.Target.Stage(t, p, d)
	}
}

// acted reports whether nothing is to be done about an event any more: an earlier run, or another member of the group, did. What is redriven
// was not done yet, wherever the group stands.
func (t *Task) acted(p *Partition, d *delivery.Delivery) bool {
	return d.Silent && len(d.Owes) == 0 || d.Position.Offset < p.Silent || t != t.set.Exclusive && t.set.Outbox.Acted(d.Position)
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
		t.Batch.effects = append(t.Batch.effects, outbox.Effect{Position: d.Position, Set: e.Set, Run: e.Run})
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
	source := ""
	if t.current != nil {
		source = t.current.source(k)
	} else {
		source = k.Stem()
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

func (t *Task) letter(d *delivery.Delivery, set, stage string, err error, attempts int, key []byte) deadletter.Letter {
	if errors.Is(err, brook.ErrTooLarge) {
		stage = brook.StageApply
	}
	var stack []byte
	if p := (*brook.PanicError)(nil); errors.As(err, &p) {
		stack = p.Stack
	}
	return deadletter.Letter{Stack: stack, Owes: d.Owed(set), DeadLetter: brook.DeadLetter{Position: d.Position, ID: d.Message.ID, Type: d.Message.Type, Author: d.Message.Author,
		Stage: stage, Set: set, Error: deadletter.ErrorText(err), Attempts: attempts, Time: time.Now().UTC(), Key: key, Record: *d.Record, Silent: d.Silent && (set == "" || !d.Owing(set))}}
}

// park takes a letter into the batch.
func (t *Task) park(p *Partition, letter deadletter.Letter) {
	t.Target.Silence(&letter)
	t.Batch.Letters = append(t.Batch.Letters, letter)
	p.Blocked.Add(&letter, t.set.Config.OnFailure != brook.GoOn)
}
