package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// step runs one record through the handler sets. Unless the outcome is kept, nothing of it stays, and the
// error says why.
func (l *lane) step(ctx context.Context, f *feed, r *brook.Record) (outcome, error) {
	if l.batch.started.IsZero() {
		l.batch.started = now()
	}
	m := &l.m
	l.prepare(ctx, m, r)
	l.current = f
	l.batch.last = m.position
	if l.tooLarge != nil && l.tooLargeAt == m.position {
		m.forced = l.tooLarge
	}
	m.skips = l.target.dropped(m.position)
	if r.Value == nil && tombstone(l.app.config.Envelope, r) || slices.Contains(m.skips, "") { // the latter was dropped for all sets
		l.batch.events++
		l.batch.discarded++
		return kept, nil
	}
	l.unwrap(m)
	repeat, err := f.repeats.Repeated(ctx, l.app.reader, l.gen.Folded, l.gen.Window, &m.message, m.named)
	if err != nil {
		return broken, err
	}
	if repeat {
		l.batch.events++
		l.batch.repeats++
		return kept, nil
	}
	l.tx.Begin(txn.Event{Ctx: ctx, Confined: l.parallel})
	if m.decodeErr == nil {
		l.dispatch(m)
	}
	what, err := l.judge(f, m)
	if what != kept {
		l.tx.Revert()
		return what, err
	}
	l.keep(f, m)
	f.repeats.Accept(&m.message, m.handled || m.decodeErr != nil)
	l.batch.events++
	return kept, nil
}

// prepare clears the delivery for a record of an event that waits behind nobody.
func (l *lane) prepare(ctx context.Context, m *Delivery, r *brook.Record) {
	l.current = nil
	m.prepare(ctx, l.tx, l.app.def, r, l, l.app.config.Group)
}

// unwrap opens the record's envelope.
func (l *lane) unwrap(m *Delivery) { m.unwrap(l.app.config.Envelope, l.app.bare, l.app.code) }

// dispatch runs the generated code.
func (l *lane) dispatch(m *Delivery) { m.dispatch(l.deliver) }

// judge says what becomes of an event that was dispatched.
func (l *lane) judge(f *feed, m *Delivery) (outcome, error) {
	switch {
	case l.tx.CrossKey():
		l.last = m.strayed()
		return stray, nil
	case m.ctx.Err() != nil:
		return ended, m.ctx.Err()
	case l.tx.StoreFault() != nil:
		return broken, l.tx.StoreFault()
	}
	for i := range m.results {
		if r := &m.results[i]; r.again && f.Attempts+1 < l.app.config.Retry.Attempts {
			return again, fmt.Errorf("%s: %w", r.set, r.err)
		}
	}
	if !l.target.stops() {
		return kept, nil
	}
	if m.decodeErr != nil {
		return halted, &brook.RecordError{Position: m.position, Type: m.message.Type, Err: m.decodeErr}
	}
	for i := range m.results {
		if r := &m.results[i]; r.err != nil {
			return halted, &brook.RecordError{Position: m.position, Type: m.message.Type, Err: fmt.Errorf("set %s: %s: %w", r.set, r.stage, r.err)}
		}
	}
	return kept, nil
}

// keep takes into the batch what became of an event.
func (l *lane) keep(f *feed, m *Delivery) {
	if m.decodeErr != nil {
		l.tx.Revert()
		var key []byte
		if m.message.Keyed {
			key = m.record.Key
		}
		if m.letter != nil {
			key = m.letter.Key
		}
		l.put(f, l.letter(m, m.only, brook.StageDecode, m.decodeErr, f.Attempts+1, key)) // of one set it stays that set's: others took it before
		return
	}
	switch {
	case !m.known:
		l.batch.unknown = append(l.batch.unknown, unknownEvent{m.position, m.message.Type})
	case !m.handled:
		l.batch.discarded++
	}
	for i := range m.results {
		r := &m.results[i]
		if r.err == nil {
			continue
		}
		attempts := f.Attempts + 1
		if r.waits {
			attempts = 0
		}
		l.put(f, l.letter(m, r.set, r.stage, r.err, attempts, l.keyText(m)))
	}
	l.tx.Accept()
	switch {
	case len(m.emissions)+len(m.effects) == 0:
	default:
		l.target.stage(l, f, m)
	}
}

// acted reports whether nothing is to be done about an event any more: an earlier run, or another member of the group, did. What is redriven
// was not done yet, wherever the group stands.
func (l *lane) acted(f *feed, m *Delivery) bool {
	return m.silent && len(m.owes) == 0 || m.position.Offset < f.Silent || l != l.app.solo && l.app.outbox.Acted(m.position)
}

// act takes the emissions and effects of an event into the batch.
func (l *lane) act(m *Delivery) {
	for i := range m.emissions {
		if !m.owing(l.app.def.Sets[m.emissions[i].set]) {
			continue
		}
		if item := l.item(m, &m.emissions[i]); item != nil {
			l.batch.items = append(l.batch.items, item)
		}
	}
	for _, e := range m.effects {
		if !m.owing(e.set) {
			continue
		}
		l.batch.effects = append(l.batch.effects, outbox.Effect{Position: m.position, Set: e.set, Run: e.run})
	}
}

// item makes the outbox entry of an emission; one that its envelope refuses is a dead letter of its own.
func (l *lane) item(m *Delivery, e *emission) *outbox.Item {
	a, set := l.app, l.app.def.Sets[e.set]
	out := &e.out
	source := a.stem()
	if l.current != nil {
		source = l.current.source(a)
	}
	out.Message.Author = a.config.Author
	out.Message.Cause = m.message.ID
	out.Message.Time = m.message.Time
	out.Message.Headers = trace(out.Message.Headers, m.message.Headers)
	out.Message.ID = outbox.EmissionID(source, &m.message, m.position, set, e.ordinal)
	number := int64(0)
	if l == a.solo {
		number = l.number(&out.Message)
	} else {
		outbox.Sign(&out.Message, source+"/"+set, brook.Sequence{Offset: m.position.Offset, Ordinal: int32(e.ordinal)})
	}
	item := &outbox.Item{Free: number > 0, Position: m.position, Author: m.message.Author, Type: out.Message.Type, ID: m.message.ID, Set: set, Ordinal: e.ordinal,
		Key: outbox.ItemKey(m.position, m.message.ID, number, e.set, e.ordinal)}
	if err := a.wrap(out, &item.Record); err != nil {
		if l.current == nil { // of Process: it counts for no partition
			l.batch.letters = append(l.batch.letters, publisher.LetterOf(item, err))
		} else {
			l.put(l.current, publisher.LetterOf(item, err))
		}
		return nil
	}
	a.publisher.Targets.Choose(m.ctx, &item.Record, out.Message.ID)
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
func (l *lane) Blocker(m *Delivery, set string) (brook.Position, bool) {
	f := l.current
	if f == nil || f.waits.Empty() || len(m.key) == 0 {
		return brook.Position{}, false
	}
	offset, ok := f.waits.Blocker(set, l.keyText(m), m.position.Offset)
	return f.ID.At(offset), ok
}

// keyText gives the event's key as text, nil where it has none.
func (l *lane) keyText(m *Delivery) []byte {
	if len(m.key) == 0 {
		return nil
	}
	text, err := l.app.code.Events[m.message.Type].Shape.Text([]byte{}, m.key)
	if err != nil {
		return nil
	}
	return text
}

func (l *lane) letter(m *Delivery, set, stage string, err error, attempts int, key []byte) deadletter.Letter {
	if errors.Is(err, brook.ErrTooLarge) {
		stage = brook.StageApply
	}
	var stack []byte
	if p := (*brook.PanicError)(nil); errors.As(err, &p) {
		stack = p.Stack
	}
	return deadletter.Letter{Stack: stack, Owes: m.owed(set), DeadLetter: brook.DeadLetter{Position: m.position, ID: m.message.ID, Type: m.message.Type, Author: m.message.Author,
		Stage: stage, Set: set, Error: deadletter.ErrorText(err), Attempts: attempts, Time: now(), Key: key, Record: *m.record, Silent: m.silent && (set == "" || !m.owing(set))}}
}

// put takes a letter into the batch.
func (l *lane) put(f *feed, letter deadletter.Letter) {
	l.target.silence(&letter)
	l.batch.letters = append(l.batch.letters, letter)
	f.waits.Add(&letter, l.app.config.OnFailure != brook.GoOn)
}
