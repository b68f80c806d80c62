package engine

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

// step runs one record through the handler sets. Unless the outcome is kept, nothing of it stays, and the
// error says why.
func (l *lane) step(ctx context.Context, f *feed, r *brook.Record) (outcome, error) {
	if l.batch.started.IsZero() {
		l.batch.started = time.Now()
	}
	m := &l.m
	l.prepare(ctx, m, r)
	l.current = f
	l.batch.last = m.Position
	if l.tooLarge != nil && l.tooLargeAt == m.Position {
		m.Forced = l.tooLarge
	}
	m.Skips = l.target.dropped(m.Position)
	if r.Value == nil && delivery.Tombstone(l.app.config.Envelope, r) || slices.Contains(m.Skips, "") { // the latter was dropped for all sets
		l.batch.events++
		l.batch.discarded++
		return kept, nil
	}
	l.unwrap(m)
	repeat, err := f.repeats.Repeated(ctx, l.app.reader, l.gen.Folded, l.gen.Window, &m.Message, m.Named)
	if err != nil {
		return broken, err
	}
	if repeat {
		l.batch.events++
		l.batch.repeats++
		return kept, nil
	}
	l.tx.Begin(txn.Event{Ctx: ctx, Confined: l.parallel})
	if m.DecodeErr == nil {
		l.dispatch(m)
	}
	what, err := l.judge(f, m)
	if what != kept {
		l.tx.Revert()
		return what, err
	}
	l.keep(f, m)
	f.repeats.Accept(&m.Message, m.Handled || m.DecodeErr != nil)
	l.batch.events++
	return kept, nil
}

// prepare clears the delivery for a record of an event that waits behind nobody.
func (l *lane) prepare(ctx context.Context, m *delivery.Delivery, r *brook.Record) {
	l.current = nil
	m.Prepare(ctx, l.tx, l.app.def, r, l, l.app.config.Group)
}

// unwrap opens the record's envelope.
func (l *lane) unwrap(m *delivery.Delivery) { m.Unwrap(l.app.config.Envelope, l.app.bare, l.app.code) }

// dispatch runs the generated code.
func (l *lane) dispatch(m *delivery.Delivery) { m.Dispatch(l.deliver) }

// judge says what becomes of an event that was dispatched.
func (l *lane) judge(f *feed, m *delivery.Delivery) (outcome, error) {
	switch {
	case l.tx.CrossKey():
		l.last = m.Strayed()
		return stray, nil
	case m.Ctx.Err() != nil:
		return ended, m.Ctx.Err()
	case l.tx.StoreFault() != nil:
		return broken, l.tx.StoreFault()
	}
	for i := range m.Results {
		if r := &m.Results[i]; r.Again && f.Attempts+1 < l.app.config.Retry.Attempts {
			return again, fmt.Errorf("%s: %w", r.Set, r.Err)
		}
	}
	if !l.target.stops() {
		return kept, nil
	}
	if m.DecodeErr != nil {
		return halted, &brook.RecordError{Position: m.Position, Type: m.Message.Type, Err: m.DecodeErr}
	}
	for i := range m.Results {
		if r := &m.Results[i]; r.Err != nil {
			return halted, &brook.RecordError{Position: m.Position, Type: m.Message.Type, Err: fmt.Errorf("set %s: %s: %w", r.Set, r.Stage, r.Err)}
		}
	}
	return kept, nil
}

// keep takes into the batch what became of an event.
func (l *lane) keep(f *feed, m *delivery.Delivery) {
	if m.DecodeErr != nil {
		l.tx.Revert()
		var key []byte
		if m.Message.Keyed {
			key = m.Record.Key
		}
		if m.Letter != nil {
			key = m.Letter.Key
		}
		l.put(f, l.letter(m, m.Only, brook.StageDecode, m.DecodeErr, f.Attempts+1, key)) // of one set it stays that set's: others took it before
		return
	}
	switch {
	case !m.Known:
		l.batch.unknown = append(l.batch.unknown, unknownEvent{m.Position, m.Message.Type})
	case !m.Handled:
		l.batch.discarded++
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
		l.put(f, l.letter(m, r.Set, r.Stage, r.Err, attempts, l.keyText(m)))
	}
	l.tx.Accept()
	switch {
	case len(m.Emissions)+len(m.Effects) == 0:
	default:
		l.target.stage(l, f, m)
	}
}

// acted reports whether nothing is to be done about an event any more: an earlier run, or another member of the group, did. What is redriven
// was not done yet, wherever the group stands.
func (l *lane) acted(f *feed, m *delivery.Delivery) bool {
	return m.Silent && len(m.Owes) == 0 || m.Position.Offset < f.Silent || l != l.app.solo && l.app.outbox.Acted(m.Position)
}

// act takes the emissions and effects of an event into the batch.
func (l *lane) act(m *delivery.Delivery) {
	for i := range m.Emissions {
		if !m.Owing(l.app.def.Sets[m.Emissions[i].Set]) {
			continue
		}
		if item := l.item(m, &m.Emissions[i]); item != nil {
			l.batch.items = append(l.batch.items, item)
		}
	}
	for _, e := range m.Effects {
		if !m.Owing(e.Set) {
			continue
		}
		l.batch.effects = append(l.batch.effects, outbox.Effect{Position: m.Position, Set: e.Set, Run: e.Run})
	}
}

// item makes the outbox entry of an emission; one that its envelope refuses is a dead letter of its own.
func (l *lane) item(m *delivery.Delivery, e *delivery.Emission) *outbox.Item {
	a, set := l.app, l.app.def.Sets[e.Set]
	out := &e.Out
	source := a.stem()
	if l.current != nil {
		source = l.current.source(a)
	}
	out.Message.Author = a.config.Author
	out.Message.Cause = m.Message.ID
	out.Message.Time = m.Message.Time
	out.Message.Headers = trace(out.Message.Headers, m.Message.Headers)
	out.Message.ID = outbox.EmissionID(source, &m.Message, m.Position, set, e.Ordinal)
	number := int64(0)
	if l == a.solo {
		number = l.number(&out.Message)
	} else {
		outbox.Sign(&out.Message, source+"/"+set, brook.Sequence{Offset: m.Position.Offset, Ordinal: int32(e.Ordinal)})
	}
	item := &outbox.Item{Free: number > 0, Position: m.Position, Author: m.Message.Author, Type: out.Message.Type, ID: m.Message.ID, Set: set, Ordinal: e.Ordinal,
		Key: outbox.ItemKey(m.Position, m.Message.ID, number, e.Set, e.Ordinal)}
	if err := a.wrap(out, &item.Record); err != nil {
		if l.current == nil { // of Process: it counts for no partition
			l.batch.letters = append(l.batch.letters, publisher.LetterOf(item, err))
		} else {
			l.put(l.current, publisher.LetterOf(item, err))
		}
		return nil
	}
	a.publisher.Targets.Choose(m.Ctx, &item.Record, out.Message.ID)
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
func (l *lane) Blocker(m *delivery.Delivery, set string) (brook.Position, bool) {
	f := l.current
	if f == nil || f.waits.Empty() || len(m.Key) == 0 {
		return brook.Position{}, false
	}
	offset, ok := f.waits.Blocker(set, l.keyText(m), m.Position.Offset)
	return f.ID.At(offset), ok
}

// keyText gives the event's key as text, nil where it has none.
func (l *lane) keyText(m *delivery.Delivery) []byte {
	if len(m.Key) == 0 {
		return nil
	}
	text, err := l.app.code.Events[m.Message.Type].Shape.Text([]byte{}, m.Key)
	if err != nil {
		return nil
	}
	return text
}

func (l *lane) letter(m *delivery.Delivery, set, stage string, err error, attempts int, key []byte) deadletter.Letter {
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

// put takes a letter into the batch.
func (l *lane) put(f *feed, letter deadletter.Letter) {
	l.target.silence(&letter)
	l.batch.letters = append(l.batch.letters, letter)
	f.waits.Add(&letter, l.app.config.OnFailure != brook.GoOn)
}
