package task

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
func (l *Task) commit(ctx context.Context) error {
	b := &l.Batch
	if !l.Target.Current(l.Gen) {
		l.rewind()
		l.Forget()
		return retry.ErrRestart
	}
	l.writes = l.assemble(l.writes[:0])
	moved, from := l.moves()
	for _, f := range l.Partitions {
		if f.Dirty() {
			l.writes = f.Repeats.Writes(l.writes, l.Gen.Folded, l.Gen.Window)
			l.writes = append(l.writes, brook.Write{Table: l.Gen.Positions, Key: f.ID.AppendKey(nil), Value: f.Stage()})
		}
	}
	if len(l.writes) == 0 {
		l.Forget()
		return nil
	}
	batch := &brook.Batch{ID: l.set.IDs.Batch(), Writes: l.writes, Checks: l.preconditions()}
	marked := func() {}
	if slices.ContainsFunc(l.Partitions, func(f *Partition) bool { return f.New }) {
		marked = l.markExclusive(batch)
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
		return l.set.Store.Commit(ctx, batch)
	}
	err := l.retry(ctx, "commit", commit)
	for errors.Is(err, brook.ErrTooLarge) && b.events <= 1 && l.shrinkLetters(batch) {
		err = l.retry(ctx, "commit", commit)
	}
	if err != nil {
		l.rewind()
		if errors.Is(err, brook.ErrConflict) {
			l.Forget()
			return retry.ErrRestart
		}
		if errors.Is(err, errRewound) {
			l.Forget()
			return err
		}
		if !errors.Is(err, brook.ErrTooLarge) {
			l.set.Doubt(err)
			return err
		}
		return l.shrink(err, b.events)
	}
	marked()
	l.committed(moved, from)
	return nil
}

// assemble appends what the batch changes: rows with indexes and histories, letters, emissions, and what else was added to it.
func (l *Task) assemble(writes []brook.Write) []brook.Write {
	b := &l.Batch
	writes = l.Tx.Writes(writes)
	for i := range b.Letters {
		writes = append(writes, b.Letters[i].Write(l.Gen.Letters))
	}
	for _, item := range b.Items {
		writes = append(writes, item.Write(l.set.Publisher.OutboxTable))
	}
	for _, item := range b.owed {
		writes = append(writes, item.Write(l.Gen.Owed))
	}
	return append(writes, b.Writes...)
}

// shrink makes the next batch smaller after one that was too large, down to a single event, which becomes
// a dead letter.
func (l *Task) shrink(err error, events int) error {
	switch at := l.Batch.last; {
	case events > 1:
		l.limit = max(1, min(l.limit, events)/2)
	case events == 1 && l.tooLargeAt != at:
		l.limit, l.tooLarge, l.tooLargeAt = 1, err, at
	case events == 1: // the partition stands still, until the store takes more
		for _, f := range l.Partitions {
			if f.ID == partition.Of(at) {
				f.unstored++
				f.HoldUntil(time.Now().Add(retry.Wait(l.set.Config.Retry, f.unstored)))
				l.due.failures = append(l.due.failures, brook.Failure{What: "commit", Position: at, Attempts: f.unstored,
					Err: fmt.Errorf("not even the dead letter of the event can be stored, and its partition stands still until the store takes more in one commit: %w", err)})
			}
		}
	default:
		return err
	}
	l.Forget()
	return errRewound
}

// rewind puts the batch back.
func (l *Task) rewind() {
	l.withhold()
	l.withheld = false
	for _, f := range l.Partitions {
		f.Rewind()
		f.Repeats.Reset()
	}
}

// moves returns how far the batch moves partitions on, and for each of them from where.
func (l *Task) moves() (moved []brook.Progress, from []brook.Position) {
	for _, f := range l.Partitions {
		if f.Moved() {
			moved = append(moved, brook.Progress{Topic: f.ID.Topic, Partition: f.ID.Number, Next: f.Next(), End: max(f.End(), f.Next())})
			from = append(from, f.ID.At(f.Base()))
		}
	}
	return moved, from
}

// committed tells everybody what the batch brought.
func (l *Task) committed(moved []brook.Progress, from []brook.Position) {
	l.Target.Committed(l, moved, from)
	for _, f := range l.Partitions {
		if f.Dirty() {
			f.commit()
		}
	}
	if l.tooLargeAt == l.Batch.last {
		l.tooLarge, l.tooLargeAt = nil, brook.Position{}
	}
	if l.limit < l.set.Config.BatchSize {
		l.limit = min(l.set.Config.BatchSize, l.limit+max(1, l.limit/8))
	}
	l.Forget()
}

// positions returns where partitions were moved to.
func positions(moved []brook.Progress) (at []brook.Position) {
	for _, p := range moved {
		at = append(at, brook.Position{Topic: p.Topic, Partition: p.Partition, Offset: p.Next})
	}
	return at
}

// Due is what follows a commit outside of the gate, because it may run what users wrote.
type Due struct {
	Letters  []deadletter.Letter
	unknown  []Unknown
	failures []brook.Failure
	commits  []brook.Commit
	Effects  []outbox.Effect
	strays   []brook.Stray
}

// Unknown is an event of a type that the package does not know.
type Unknown struct {
	position brook.Position
	Typ      string
}

// follow does what is due after commits.
func (l *Task) follow() {
	after := l.Take()
	after.Effects = append(l.set.Outbox.Freed(func(id partition.ID) bool { return l.Partition(id) != nil }), after.Effects...)
	for i := range after.Letters {
		l.set.Report.DeadLetter(after.Letters[i].DeadLetter, after.Letters[i].Stack)
	}
	if hook := l.set.Config.Hooks.Unknown; hook != nil {
		for _, u := range after.unknown {
			hook(u.position, u.Typ)
		}
	}
	for i, s := range after.strays {
		l.set.Report.Stray(s, delivery.ReasonOf(&s), l.strays-len(after.strays)+i+1)
	}
	for _, f := range after.failures {
		l.set.Report.Failure(f)
	}
	for i := range after.commits {
		l.set.Config.Hooks.Commit(after.commits[i])
	}
	for _, e := range after.Effects {
		if l.Effects != nil {
			l.Effects.Push(e)
		} else {
			l.set.Effects.Run(l.set.Ctx, e)
		}
	}
}

// Forget empties the batch.
func (l *Task) Forget() {
	l.Tx.Reset()
	clear(l.writes)
	l.numbered = false
	b := &l.Batch
	clear(b.effects)
	*b = batch{effects: b.effects[:0], Letters: slices.Delete(b.Letters, 0, len(b.Letters)), Items: slices.Delete(b.Items, 0, len(b.Items))}
}

// shrinkLetters takes from the batch's dead letters what can be read from the log again, a part at a time, because the batch was too
// large for the store. It reports whether there was any.
func (l *Task) shrinkLetters(batch *brook.Batch) (any bool) {
	for i := range l.Batch.Letters {
		letter := &l.Batch.Letters[i]
		held := bytes.Clone(letter.Key)
		if !letter.Shrink() {
			continue
		}
		any = true
		if held != nil && letter.Key == nil {
			l.unhold(letter, held)
		}
		w := letter.Write(l.Gen.Letters)
		for j := range batch.Writes {
			if batch.Writes[j].Table == w.Table && bytes.Equal(batch.Writes[j].Key, w.Key) {
				batch.Writes[j] = w
			}
		}
	}
	if any {
		batch.ID = l.set.IDs.Batch()
	}
	return any
}

// unhold lets later events of a key go on that the letter was to hold up: it is too large to be kept.
func (l *Task) unhold(letter *deadletter.Letter, key []byte) {
	w := l.set.BlockedOf
	for _, f := range l.Partitions {
		if f.ID == partition.Of(letter.Position) {
			w = func(partition.ID) *deadletter.Blocked { return f.Blocked }
		}
	}
	waits, old := w(partition.Of(letter.Position)), *letter
	old.Key = key
	waits.Remove(&old)
	waits.Add(letter, false)
}

// Doubt notes that a commit may have happened although it gave an error: what memory knows of the store is read anew
// before the next run.
func (s *Set) Doubt(err error) {
	if !errors.Is(err, brook.ErrTooLarge) && !errors.Is(err, brook.ErrConflict) {
		s.Unsure.Store(true)
	}
}

// CommitAlone commits what a lane without feeds holds, trying for as long as ctx lives; the caller takes what is due
// after it.
func (l *Task) CommitAlone(ctx context.Context) error { return l.commitBy(ctx, l.retry) }

// CommitOnce is commitAlone for who rather hears of a failure.
func (l *Task) CommitOnce(ctx context.Context) error {
	return l.commitBy(ctx, once)
}

func (l *Task) commitBy(ctx context.Context, insist func(ctx context.Context, what string, do func() error) error) error {
	b := &l.Batch
	counted, unchanged := l.numberWrites()
	writes := append(l.assemble(nil), counted...)
	if len(writes) > 0 {
		batch := &brook.Batch{ID: l.set.IDs.Batch(), Writes: writes}
		if l.set.Catalog.Fenced() {
			batch.Checks = append(append(l.preconditions(), b.Checks...), unchanged...)
		}
		marked := l.markExclusive(batch)
		commit := func() error { return l.set.Store.Commit(ctx, batch) }
		err := insist(ctx, "commit", commit)
		for errors.Is(err, brook.ErrTooLarge) && l.shrinkLetters(batch) {
			err = insist(ctx, "commit", commit)
		}
		if err != nil {
			if l.Target.Visits() && (l.Rest == nil || !l.Rest.over) {
				l.set.Numbers = nil // they are read anew
			}
			l.set.Doubt(err)
			return err
		}
		marked()
	}
	if !l.Target.Visits() {
		return nil
	}
	l.set.Hub.Publish(l.Tx.Changed)
	l.set.Outbox.Add(b.Items...)
	l.due = Due{Letters: slices.Clone(b.Letters), Effects: slices.Clone(b.effects)}
	return nil
}

// Within makes a lane without feeds one of a rest, until the function returned is called, which empties its batch.
func (l *Task) Within(r *Quiesced) (end func()) {
	l.Rest = r
	return func() {
		l.Rest, l.aside = nil, nil
		l.Forget()
	}
}

// Take gives what is due, for a caller that does it once it left the gate.
func (l *Task) Take() Due {
	after := l.due
	l.due = Due{}
	return after
}

// once does something without insisting on it.
func once(_ context.Context, _ string, do func() error) error { return do() }
