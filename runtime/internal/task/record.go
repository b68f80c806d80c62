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
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// processRecord runs one record through the handler sets. Unless the outcome is kept, nothing of it stays, and the
// error says why.
func (l *Task) processRecord(ctx context.Context, f *Partition, r *brook.Record) (outcome, error) {
	if l.Batch.started.IsZero() {
		l.Batch.started = time.Now()
	}
	m := &l.M
	l.Prepare(ctx, m, r)
	l.current = f
	l.Batch.last = m.Position
	if l.tooLarge != nil && l.tooLargeAt == m.Position {
		m.Forced = l.tooLarge
	}
	m.Skips = l.Target.Dropped(m.Position)
	if r.Value == nil && delivery.Tombstone(l.set.Config.Envelope, r) || slices.Contains(m.Skips, "") { // the latter was dropped for all sets
		l.Batch.events++
		l.Batch.discarded++
		return accepted, nil
	}
	l.unwrap(m)
	repeat, err := f.Repeats.Repeated(ctx, l.set.Reader, l.Gen.Folded, l.Gen.Window, &m.Message, m.Named)
	if err != nil {
		return storeUnavailable, err
	}
	if repeat {
		l.Batch.events++
		l.Batch.repeats++
		return accepted, nil
	}
	l.Tx.Begin(txn.Event{Ctx: ctx, Confined: l.Parallel})
	if m.DecodeErr == nil {
		l.Dispatch(m)
	}
	what, err := l.classify(f, m)
	if what != accepted {
		l.Tx.Revert()
		return what, err
	}
	l.accept(f, m)
	f.Repeats.Accept(&m.Message, m.Handled || m.DecodeErr != nil)
	l.Batch.events++
	return accepted, nil
}

// Prepare clears the delivery for a record of an event that waits behind nobody.
func (l *Task) Prepare(ctx context.Context, m *delivery.Delivery, r *brook.Record) {
	l.current = nil
	m.Prepare(ctx, l.Tx, l.set.Def, r, l, l.set.Config.Group)
}

// unwrap opens the record's envelope.
func (l *Task) unwrap(m *delivery.Delivery) { m.Unwrap(l.set.Config.Envelope, l.set.Bare, l.set.Code) }

// Dispatch runs the generated code.
func (l *Task) Dispatch(m *delivery.Delivery) { m.Dispatch(l.Deliver) }

// classify says what becomes of an event that was dispatched.
func (l *Task) classify(f *Partition, m *delivery.Delivery) (outcome, error) {
	switch {
	case l.Tx.CrossKey():
		l.last = m.Strayed()
		return crossKey, nil
	case m.Ctx.Err() != nil:
		return cancelled, m.Ctx.Err()
	case l.Tx.StoreFault() != nil:
		return storeUnavailable, l.Tx.StoreFault()
	}
	for i := range m.Results {
		if r := &m.Results[i]; r.Again && f.Attempts+1 < l.set.Config.Retry.Attempts {
			return retryLater, fmt.Errorf("%s: %w", r.Set, r.Err)
		}
	}
	if !l.Target.Stops() {
		return accepted, nil
	}
	if m.DecodeErr != nil {
		return stopApp, &brook.RecordError{Position: m.Position, Type: m.Message.Type, Err: m.DecodeErr}
	}
	for i := range m.Results {
		if r := &m.Results[i]; r.Err != nil {
			return stopApp, &brook.RecordError{Position: m.Position, Type: m.Message.Type, Err: fmt.Errorf("set %s: %s: %w", r.Set, r.Stage, r.Err)}
		}
	}
	return accepted, nil
}

// accept takes into the batch what became of an event.
func (l *Task) accept(f *Partition, m *delivery.Delivery) {
	if m.DecodeErr != nil {
		l.Tx.Revert()
		var key []byte
		if m.Message.Keyed {
			key = m.Record.Key
		}
		if m.Letter != nil {
			key = m.Letter.Key
		}
		l.park(f, l.letter(m, m.Only, brook.StageDecode, m.DecodeErr, f.Attempts+1, key)) // of one set it stays that set's: others took it before
		return
	}
	switch {
	case !m.Known:
		l.Batch.Unknown = append(l.Batch.Unknown, Unknown{m.Position, m.Message.Type})
	case !m.Handled:
		l.Batch.discarded++
	}
	for i := range m.Results {
		r := &m.Results[i]
		if r.Err == nil {
			continue
		}
		attempts := f.Attempts + 1
		if r.Waits {
			attempts = 0
		}
		l.park(f, l.letter(m, r.Set, r.Stage, r.Err, attempts, l.keyText(m)))
	}
	l.Tx.Accept()
	switch {
	case len(m.Emissions)+len(m.Effects) == 0:
	default:
		l.Target.Stage(l, f, m)
	}
}

// acted reports whether nothing is to be done about an event any more: an earlier run, or another member of the group, did. What is redriven
// was not done yet, wherever the group stands.
func (l *Task) acted(f *Partition, m *delivery.Delivery) bool {
	return m.Silent && len(m.Owes) == 0 || m.Position.Offset < f.Silent || l != l.set.Exclusive && l.set.Outbox.Acted(m.Position)
}

// StageEffects takes the emissions and effects of an event into the batch.
func (l *Task) StageEffects(m *delivery.Delivery) {
	for i := range m.Emissions {
		if !m.Owing(l.set.Def.Sets[m.Emissions[i].Set]) {
			continue
		}
		if item := l.item(m, &m.Emissions[i]); item != nil {
			l.Batch.Items = append(l.Batch.Items, item)
		}
	}
	for _, e := range m.Effects {
		if !m.Owing(e.Set) {
			continue
		}
		l.Batch.effects = append(l.Batch.effects, outbox.Effect{Position: m.Position, Set: e.Set, Run: e.Run})
	}
}

// item makes the outbox entry of an emission; one that its envelope refuses is a dead letter of its own.
func (l *Task) item(m *delivery.Delivery, e *delivery.Emission) *outbox.Item {
	a, set := l.set, l.set.Def.Sets[e.Set]
	out := &e.Out
	source := a.stem()
	if l.current != nil {
		source = l.current.source(a)
	}
	out.Message.Author = a.Config.Author
	out.Message.Cause = m.Message.ID
	out.Message.Time = m.Message.Time
	out.Message.Headers = trace(out.Message.Headers, m.Message.Headers)
	out.Message.ID = outbox.EmissionID(source, &m.Message, m.Position, set, e.Ordinal)
	number := int64(0)
	if l == a.Exclusive {
		number = l.number(&out.Message)
	} else {
		outbox.Sign(&out.Message, source+"/"+set, brook.Sequence{Offset: m.Position.Offset, Ordinal: int32(e.Ordinal)})
	}
	item := &outbox.Item{Free: number > 0, Position: m.Position, Author: m.Message.Author, Type: out.Message.Type, ID: m.Message.ID, Set: set, Ordinal: e.Ordinal,
		Key: outbox.ItemKey(m.Position, m.Message.ID, number, e.Set, e.Ordinal)}
	if err := a.Wrap(out, &item.Record); err != nil {
		if l.current == nil { // of Process: it counts for no partition
			l.Batch.Letters = append(l.Batch.Letters, publisher.LetterOf(item, err))
		} else {
			l.park(l.current, publisher.LetterOf(item, err))
		}
		return nil
	}
	a.Publisher.Targets.Choose(m.Ctx, &item.Record, out.Message.ID)
	return item
}

// trace hands the trace context of a handled event to what its handler emits: that of the record, and that which CloudEvents have
// as an extension, the trace of where it all began. Of two headers of one name the last one counts; what is no text was made by nobody's tracer.
func trace(headers, cause []brook.Header) []brook.Header {
	first := len(headers)
	for i := range cause {
		h := &cause[i]
		switch h.Key {
		case "traceparent", "tracestate", "ce_traceparent", "ce_tracestate":
			if len(h.Value) == 0 || text.Check(h.Value) != nil {
				continue
			}
			same := func(other brook.Header) bool { return other.Key == h.Key }
			if at := slices.IndexFunc(headers[first:], same); at >= 0 {
				headers[first+at] = *h
			} else {
				headers = append(headers, *h)
			}
		}
	}
	return headers
}

// Blocker reports whether the event has to wait for a set, and behind which position.
func (l *Task) Blocker(m *delivery.Delivery, set string) (brook.Position, bool) {
	f := l.current
	if f == nil || f.Blocked.Empty() || len(m.Key) == 0 {
		return brook.Position{}, false
	}
	offset, ok := f.Blocked.Blocker(set, l.keyText(m), m.Position.Offset)
	return f.ID.At(offset), ok
}

// keyText gives the event's key as text, nil where it has none.
func (l *Task) keyText(m *delivery.Delivery) []byte {
	if len(m.Key) == 0 {
		return nil
	}
	text, err := l.set.Code.Events[m.Message.Type].Shape.Text([]byte{}, m.Key)
	if err != nil {
		return nil
	}
	return text
}

func (l *Task) letter(m *delivery.Delivery, set, stage string, err error, attempts int, key []byte) deadletter.Letter {
	if errors.Is(err, brook.ErrTooLarge) {
		stage = brook.StageApply
	}
	var stack []byte
	if p := (*brook.PanicError)(nil); errors.As(err, &p) {
		stack = p.Stack
	}
	return deadletter.Letter{Stack: stack, Owes: m.Owed(set), DeadLetter: brook.DeadLetter{Position: m.Position, ID: m.Message.ID, Type: m.Message.Type, Author: m.Message.Author,
		Stage: stage, Set: set, Error: deadletter.ErrorText(err), Attempts: attempts, Time: time.Now().UTC(), Key: key, Record: *m.Record, Silent: m.Silent && (set == "" || !m.Owing(set))}}
}

// park takes a letter into the batch.
func (l *Task) park(f *Partition, letter deadletter.Letter) {
	l.Target.Silence(&letter)
	l.Batch.Letters = append(l.Batch.Letters, letter)
	f.Blocked.Add(&letter, l.set.Config.OnFailure != brook.GoOn)
}
