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
func (t *Task) commit(ctx context.Context) error {
	b := &t.Batch
	if !t.Target.Current(t.Gen) {
		t.rewind()
		t.Forget()
		return retry.ErrRestart
	}
	t.writes = t.assemble(t.writes[:0])
	moved, from := t.moves()
	for _, p := range t.Partitions {
		if p.Dirty() {
			t.writes = p.Repeats.Writes(t.writes, t.Gen.Folded, t.Gen.Window)
			t.writes = append(t.writes, brook.Write{Table: t.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stage()})
		}
	}
	if len(t.writes) == 0 {
		t.Forget()
		return nil
	}
	batch := &brook.Batch{ID: t.set.IDs.Batch(), Writes: t.writes, Checks: t.preconditions()}
	marked := func() {}
	if slices.ContainsFunc(t.Partitions, func(p *Partition) bool { return p.New }) {
		marked = t.markExclusive(batch)
	}
	t.overtaken = false
	commit := func() error {
		if t.overtaken {
			done, err := t.stored(ctx)
			switch {
			case err != nil:
				return err
			case !done:
				return errRewound
			}
			return t.recount(ctx)
		}
		return t.set.Store.Commit(ctx, batch)
	}
	err := t.retry(ctx, "commit", commit)
	for errors.Is(err, brook.ErrTooLarge) && b.events <= 1 && t.shrinkLetters(batch) {
		err = t.retry(ctx, "commit", commit)
	}
	if err != nil {
		t.rewind()
		if errors.Is(err, brook.ErrConflict) {
			t.Forget()
			return retry.ErrRestart
		}
		if errors.Is(err, errRewound) {
			t.Forget()
			return err
		}
		if !errors.Is(err, brook.ErrTooLarge) {
			t.set.Doubt(err)
			return err
		}
		return t.shrink(err, b.events)
	}
	marked()
	t.committed(moved, from)
	return nil
}

// assemble appends what the batch changes: rows with indexes and histories, letters, emissions, and what else was added to it.
func (t *Task) assemble(writes []brook.Write) []brook.Write {
	b := &t.Batch
	writes = t.Tx.Writes(writes)
	for i := range b.Letters {
		writes = append(writes, b.Letters[i].Write(t.Gen.Letters))
	}
	for _, item := range b.Items {
		writes = append(writes, item.Write(t.set.Publisher.OutboxTable))
	}
	for _, item := range b.owed {
		writes = append(writes, item.Write(t.Gen.Owed))
	}
	return append(writes, b.Writes...)
}

// shrink makes the next batch smaller after one that was too large, down to a single event, which becomes
// a dead letter.
func (t *Task) shrink(err error, events int) error {
	switch at := t.Batch.last; {
	case events > 1:
		t.limit = max(1, min(t.limit, events)/2)
	case events == 1 && t.tooLargeAt != at:
		t.limit, t.tooLarge, t.tooLargeAt = 1, err, at
	case events == 1: // the partition stands still, until the store takes more
		for _, p := range t.Partitions {
			if p.ID == partition.Of(at) {
				p.unstored++
				p.HoldUntil(time.Now().Add(retry.Wait(t.set.Config.Retry, p.unstored)))
				t.due.failures = append(t.due.failures, brook.Failure{What: "commit", Position: at, Attempts: p.unstored,
					Err: fmt.Errorf("not even the dead letter of the event can be stored, and its partition stands still until the store takes more in one commit: %w", err)})
			}
		}
	default:
		return err
	}
	t.Forget()
	return errRewound
}

// rewind puts the batch back.
func (t *Task) rewind() {
	t.withhold()
	t.withheld = false
	for _, p := range t.Partitions {
		p.Rewind()
		p.Repeats.Reset()
	}
}

// moves returns how far the batch moves partitions on, and for each of them from where.
func (t *Task) moves() (moved []brook.Progress, from []brook.Position) {
	for _, p := range t.Partitions {
		if p.Moved() {
			moved = append(moved, brook.Progress{Topic: p.ID.Topic, Partition: p.ID.Number, Next: p.Next(), End: max(p.End(), p.Next())})
			from = append(from, p.ID.At(p.Base()))
		}
	}
	return moved, from
}

// committed tells everybody what the batch brought.
func (t *Task) committed(moved []brook.Progress, from []brook.Position) {
	t.Target.Committed(t, moved, from)
	for _, p := range t.Partitions {
		if p.Dirty() {
			p.commit()
		}
	}
	if t.tooLargeAt == t.Batch.last {
		t.tooLarge, t.tooLargeAt = nil, brook.Position{}
	}
	if t.limit < t.set.Config.BatchSize {
		t.limit = min(t.set.Config.BatchSize, t.limit+max(1, t.limit/8))
	}
	t.Forget()
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
func (t *Task) follow() {
	after := t.Take()
	after.Effects = append(t.set.Outbox.Freed(func(id partition.ID) bool { return t.Partition(id) != nil }), after.Effects...)
	for i := range after.Letters {
		t.set.Report.DeadLetter(after.Letters[i].DeadLetter, after.Letters[i].Stack)
	}
	if hook := t.set.Config.Hooks.Unknown; hook != nil {
		for _, u := range after.unknown {
			hook(u.position, u.Typ)
		}
	}
	for i, s := range after.strays {
		t.set.Report.Stray(s, delivery.ReasonOf(&s), t.strays-len(after.strays)+i+1)
	}
	for _, f := range after.failures {
		t.set.Report.Failure(f)
	}
	for i := range after.commits {
		t.set.Config.Hooks.Commit(after.commits[i])
	}
	for _, e := range after.Effects {
		if t.Effects != nil {
			t.Effects.Push(e)
		} else {
			t.set.Effects.Run(t.set.Ctx, e)
		}
	}
}

// Forget empties the batch.
func (t *Task) Forget() {
	t.Tx.Reset()
	clear(t.writes)
	t.numbered = false
	b := &t.Batch
	clear(b.effects)
	*b = batch{effects: b.effects[:0], Letters: slices.Delete(b.Letters, 0, len(b.Letters)), Items: slices.Delete(b.Items, 0, len(b.Items))}
}

// shrinkLetters takes from the batch's dead letters what can be read from the log again, a part at a time, because the batch was too
// large for the store. It reports whether there was any.
func (t *Task) shrinkLetters(batch *brook.Batch) (any bool) {
	for i := range t.Batch.Letters {
		letter := &t.Batch.Letters[i]
		held := bytes.Clone(letter.Key)
		if !letter.Shrink() {
			continue
		}
		any = true
		if held != nil && letter.Key == nil {
			t.unhold(letter, held)
		}
		w := letter.Write(t.Gen.Letters)
		for j := range batch.Writes {
			if batch.Writes[j].Table == w.Table && bytes.Equal(batch.Writes[j].Key, w.Key) {
				batch.Writes[j] = w
			}
		}
	}
	if any {
		batch.ID = t.set.IDs.Batch()
	}
	return any
}

// unhold lets later events of a key go on that the letter was to hold up: it is too large to be
// kept.
func (t *Task) unhold(letter *deadletter.Letter, key []byte) {
	var blocked *deadletter.Blocked
	if p := t.Partition(partition.Of(letter.Position)); p != nil {
		blocked = p.Blocked
	} else {
		blocked = t.set.BlockedOf(partition.Of(letter.Position))
	}
	old := *letter
	old.Key = key
	blocked.Remove(&old)
	blocked.Add(letter, false)
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
func (t *Task) CommitAlone(ctx context.Context) error { return t.commitBy(ctx, t.retry) }

// CommitOnce is commitAlone for who rather hears of a failure.
func (t *Task) CommitOnce(ctx context.Context) error {
	return t.commitBy(ctx, once)
}

func (t *Task) commitBy(ctx context.Context, insist func(ctx context.Context, what string, do func() error) error) error {
	b := &t.Batch
	writes := t.assemble(nil)
	var unchanged []brook.Check
	if t.numbered {
		counted, check := t.set.Emissions.Counted()
		writes, unchanged = append(writes, counted), []brook.Check{check}
	}
	if len(writes) > 0 {
		batch := &brook.Batch{ID: t.set.IDs.Batch(), Writes: writes}
		if t.set.Catalog.Fenced() {
			batch.Checks = append(append(t.preconditions(), b.Checks...), unchanged...)
		}
		marked := t.markExclusive(batch)
		commit := func() error { return t.set.Store.Commit(ctx, batch) }
		err := insist(ctx, "commit", commit)
		for errors.Is(err, brook.ErrTooLarge) && t.shrinkLetters(batch) {
			err = insist(ctx, "commit", commit)
		}
		if err != nil {
			if t.Target.Visits() && (t.Rest == nil || !t.Rest.over) {
				t.set.Emissions.Numbers = nil // they are read anew
			}
			t.set.Doubt(err)
			return err
		}
		marked()
	}
	if !t.Target.Visits() {
		return nil
	}
	t.set.Hub.Publish(t.Tx.Changed)
	t.set.Outbox.Add(b.Items...)
	t.due = Due{Letters: slices.Clone(b.Letters), Effects: slices.Clone(b.effects)}
	return nil
}

// Within makes a lane without feeds one of a rest, until the function returned is called, which empties its batch.
func (t *Task) Within(q *Quiesced) (end func()) {
	t.Rest = q
	return func() {
		t.Rest, t.aside = nil, nil
		t.Forget()
	}
}

// Take gives what is due, for a caller that does it once it left the gate.
func (t *Task) Take() Due {
	after := t.due
	t.due = Due{}
	return after
}

// once does something without insisting on it.
func once(_ context.Context, _ string, do func() error) error { return do() }
