package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// commit writes the batch: changes, indexes, history, letters, emissions and positions, all or nothing. Where it is too
// large for the store it is put back, to come again in smaller ones.
func (l *lane) commit(ctx context.Context) error {
	b := &l.batch
	if !l.target.current(l.gen) {
		l.rewind()
		l.forget()
		return retry.ErrRestart
	}
	l.writes = l.assemble(l.writes[:0])
	moved, from := l.moves()
	for _, f := range l.feeds {
		if f.Dirty() {
			l.writes = f.repeats.Writes(l.writes, l.gen.Folded, l.gen.Window)
			l.writes = append(l.writes, brook.Write{Table: l.gen.Positions, Key: f.ID.AppendKey(nil), Value: f.Stage()})
		}
	}
	if len(l.writes) == 0 {
		l.forget()
		return nil
	}
	batch := &brook.Batch{ID: l.app.ids.Batch(), Writes: l.writes, Checks: l.checks()}
	marked := func() {}
	if slices.ContainsFunc(l.feeds, func(f *feed) bool { return f.New }) {
		marked = l.mark(batch)
	}
	l.overtaken = false
	commit := func() error {
		if l.overtaken {
			done, err := l.stored(ctx)
			switch {
			case err != nil:
				return err
			case !done:
				return errRewound
			}
			return l.recount(ctx)
		}
		return l.app.store.Commit(ctx, batch)
	}
	err := l.insist(ctx, "commit", commit)
	for errors.Is(err, brook.ErrTooLarge) && b.events <= 1 && l.shrinkLetters(batch) {
		err = l.insist(ctx, "commit", commit)
	}
	if err != nil {
		l.rewind()
		if errors.Is(err, brook.ErrConflict) {
			l.forget()
			return retry.ErrRestart
		}
		if errors.Is(err, errRewound) {
			l.forget()
			return err
		}
		if !errors.Is(err, brook.ErrTooLarge) {
			l.app.doubt(err)
			return err
		}
		return l.shrink(err, b.events)
	}
	marked()
	l.committed(moved, from)
	return nil
}

// assemble appends what the batch changes: rows with indexes and histories, letters, emissions, and what else was added to it.
func (l *lane) assemble(writes []brook.Write) []brook.Write {
	b := &l.batch
	writes = l.tx.Writes(writes)
	for i := range b.letters {
		writes = append(writes, b.letters[i].Write(l.gen.Letters))
	}
	for _, item := range b.items {
		writes = append(writes, item.Write(l.app.publisher.OutboxTable))
	}
	for _, item := range b.owed {
		writes = append(writes, item.Write(l.gen.Owed))
	}
	return append(writes, b.writes...)
}

// shrink makes the next batch smaller after one that was too large, down to a single event, which becomes
// a dead letter.
func (l *lane) shrink(err error, events int) error {
	switch at := l.batch.last; {
	case events > 1:
		l.limit = max(1, min(l.limit, events)/2)
	case events == 1 && l.tooLargeAt != at:
		l.limit, l.tooLarge, l.tooLargeAt = 1, err, at
	case events == 1: // the partition stands still, until the store takes more
		for _, f := range l.feeds {
			if f.ID == partition.Of(at) {
				f.unstored++
				f.HoldUntil(time.Now().Add(retry.Wait(l.app.config.Retry, f.unstored)))
				l.due.failures = append(l.due.failures, brook.Failure{What: "commit", Position: at, Attempts: f.unstored,
					Err: fmt.Errorf("not even the dead letter of the event can be stored, and its partition stands still until the store takes more in one commit: %w", err)})
			}
		}
	default:
		return err
	}
	l.forget()
	return errRewound
}

// rewind puts the batch back.
func (l *lane) rewind() {
	l.withhold()
	l.withheld = false
	for _, f := range l.feeds {
		f.Rewind()
		f.repeats.Reset()
	}
}

// moves returns how far the batch moves partitions on, and for each of them from where.
func (l *lane) moves() (moved []brook.Progress, from []brook.Position) {
	for _, f := range l.feeds {
		if f.Moved() {
			moved = append(moved, brook.Progress{Topic: f.ID.Topic, Partition: f.ID.Number, Next: f.Next(), End: max(f.End(), f.Next())})
			from = append(from, f.ID.At(f.Base()))
		}
	}
	return moved, from
}

// committed tells everybody what the batch brought.
func (l *lane) committed(moved []brook.Progress, from []brook.Position) {
	l.target.committed(l, moved, from)
	for _, f := range l.feeds {
		if f.Dirty() {
			f.commit()
		}
	}
	if l.tooLargeAt == l.batch.last {
		l.tooLarge, l.tooLargeAt = nil, brook.Position{}
	}
	if l.limit < l.app.config.BatchSize {
		l.limit = min(l.app.config.BatchSize, l.limit+max(1, l.limit/8))
	}
	l.forget()
}

// positions returns where partitions were moved to.
func positions(moved []brook.Progress) (at []brook.Position) {
	for _, p := range moved {
		at = append(at, brook.Position{Topic: p.Topic, Partition: p.Partition, Offset: p.Next})
	}
	return at
}

// due is what follows a commit outside of the gate, because it may run what users wrote.
type due struct {
	letters  []deadletter.Letter
	unknown  []unknownEvent
	failures []brook.Failure
	commits  []brook.Commit
	effects  []outbox.Effect
	strays   []brook.Stray
}

// unknownEvent is an event of a type that the package does not know.
type unknownEvent struct {
	position brook.Position
	typ      string
}

// follow does what is due after commits.
func (l *lane) follow() {
	after := l.take()
	after.effects = append(l.app.outbox.Freed(func(id partition.ID) bool { return l.feed(id) != nil }), after.effects...)
	for i := range after.letters {
		l.app.report.DeadLetter(after.letters[i].DeadLetter, after.letters[i].Stack)
	}
	if hook := l.app.config.Hooks.Unknown; hook != nil {
		for _, u := range after.unknown {
			hook(u.position, u.typ)
		}
	}
	for i, s := range after.strays {
		l.app.report.Stray(s, delivery.ReasonOf(&s), l.strays-len(after.strays)+i+1)
	}
	for _, f := range after.failures {
		l.app.report.Failure(f)
	}
	for i := range after.commits {
		l.app.config.Hooks.Commit(after.commits[i])
	}
	for _, e := range after.effects {
		if l.effects != nil {
			l.effects.Push(e)
		} else {
			l.app.effects.Run(l.app.ctx, e)
		}
	}
}

// forget empties the batch.
func (l *lane) forget() {
	l.tx.Reset()
	clear(l.writes)
	l.numbered = false
	b := &l.batch
	clear(b.effects)
	*b = pending{effects: b.effects[:0], letters: slices.Delete(b.letters, 0, len(b.letters)), items: slices.Delete(b.items, 0, len(b.items))}
}

// shrinkLetters takes from the batch's dead letters what can be read from the log again, a part at a time, because the batch was too
// large for the store. It reports whether there was any.
func (l *lane) shrinkLetters(batch *brook.Batch) (any bool) {
	for i := range l.batch.letters {
		letter := &l.batch.letters[i]
		held := bytes.Clone(letter.Key)
		if !letter.Shrink() {
			continue
		}
		any = true
		if held != nil && letter.Key == nil {
			l.unhold(letter, held)
		}
		w := letter.Write(l.gen.Letters)
		for j := range batch.Writes {
			if batch.Writes[j].Table == w.Table && bytes.Equal(batch.Writes[j].Key, w.Key) {
				batch.Writes[j] = w
			}
		}
	}
	if any {
		batch.ID = l.app.ids.Batch()
	}
	return any
}

// unhold lets later events of a key go on that the letter was to hold up: it is too large to be kept.
func (l *lane) unhold(letter *deadletter.Letter, key []byte) {
	w := l.app.waitsOf
	for _, f := range l.feeds {
		if f.ID == partition.Of(letter.Position) {
			w = func(partition.ID) *deadletter.Blocked { return f.waits }
		}
	}
	waits, old := w(partition.Of(letter.Position)), *letter
	old.Key = key
	waits.Remove(&old)
	waits.Add(letter, false)
}
