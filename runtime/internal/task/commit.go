package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// commit writes the batch: changes, indexes, histories, letters, emissions and positions, all or
// nothing. A batch that is too large for the store is put back, to come again in smaller ones.
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
			t.writes = append(t.writes, brook.Write{
				Table: t.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stage(),
			})
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

// assemble appends what the batch changes: rows with indexes and histories, letters, emissions, and
// what else was added to it.
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

// shrink makes the next batch smaller, after one that was too large. A single event that is too
// large becomes a dead letter, and if even that is too large, its partition stands still.
func (t *Task) shrink(err error, events int) error {
	switch at := t.Batch.last; {
	case events > 1:
		t.limit = max(1, min(t.limit, events)/2)
	case events == 1 && t.tooLargeAt != at:
		t.limit, t.tooLarge, t.tooLargeAt = 1, err, at
	case events == 1:
		for _, p := range t.Partitions {
			if p.ID == partition.Of(at) {
				p.unstored++
				p.HoldUntil(time.Now().Add(retry.Wait(t.set.Config.Retry, p.unstored)))
				t.due.failures = append(t.due.failures, brook.Failure{
					What: "commit", Position: at, Attempts: p.unstored,
					Err: fmt.Errorf("not even the dead letter of the event can be stored, and its "+
						"partition stands still until the store takes more in one commit: %w", err),
				})
			}
		}
	default:
		return err
	}
	t.Forget()
	return errRewound
}

// rewind puts the events of the batch back into their queues.
func (t *Task) rewind() {
	t.withhold()
	t.withheld = false
	for _, p := range t.Partitions {
		p.Rewind()
		p.Repeats.Reset()
	}
}

// moves returns how far the batch moves partitions on, and for each of these from where.
func (t *Task) moves() (moved []brook.Progress, from []brook.Position) {
	for _, p := range t.Partitions {
		if p.Moved() {
			moved = append(moved, brook.Progress{
				Topic: p.ID.Topic, Partition: p.ID.Number,
				Next: p.Next(), End: max(p.End(), p.Next()),
			})
			from = append(from, p.ID.At(p.Base()))
		}
	}
	return moved, from
}

// positions returns where partitions were moved to.
func positions(moved []brook.Progress) (at []brook.Position) {
	for _, p := range moved {
		at = append(at, brook.Position{Topic: p.Topic, Partition: p.Partition, Offset: p.Next})
	}
	return at
}

// committed tells everybody what the batch brought, and forgets it.
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

// stored reports whether the store has the positions that the batch writes.
func (t *Task) stored(ctx context.Context) (bool, error) {
	standings, err := t.set.Catalog.Standings(ctx, t.set.Reader, t.Gen)
	if err != nil {
		return false, err
	}
	for _, p := range t.Partitions {
		if p.Dirty() && string(standings[p.ID].Raw) != string(p.Staged()) {
			return false, nil
		}
	}
	return true, nil
}
