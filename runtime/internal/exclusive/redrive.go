package exclusive

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
)

// Redrive runs a letter's event through the set that failed, or through all sets if it failed
// before any, and commits what becomes of it. It reports whether that succeeded. remove is the
// removal of the letter, followed by other writes of the commit.
func (t *Task) Redrive(
	ctx context.Context, p *processor.Partition, letter deadletter.Letter, remove []brook.Write,
) (applied bool, due batch.Due, err error) {
	applied, err = t.ProcessLetter(ctx, p, &letter)
	if err != nil {
		return false, due, err
	}
	away := false
	t.aside = func() func() {
		t.restore(p, &letter)
		away = true
		return func() {
			p.Blocked = t.set.BlockedOf(p.ID)
			p.Blocked.Remove(&letter)
			for i := range t.Batch.Letters {
				p.Block(&t.Batch.Letters[i])
			}
			away = false
		}
	}
	defer func() { t.aside = nil }()
	t.Batch.Writes = t.Batch.UnlessRewritten(remove)
	due, err = t.Commit(ctx)
	if errors.Is(err, brook.ErrTooLarge) {
		// What it changes is too large: it stays a letter that was tried once more.
		checks := t.Batch.Checks
		t.Unpark(p)
		t.Batch.Parked.Undo()
		t.Batch.Forget()
		t.Batch.Checks = checks
		again := letter
		again.Attempts++
		again.Error, again.Stage = deadletter.ErrorText(err), brook.StageApply
		t.Park(p, again)
		t.Batch.Writes = t.Batch.UnlessRewritten(remove)
		applied = false
		due, err = t.Commit(ctx)
	}
	if err != nil && !away {
		t.restore(p, &letter)
	}
	return applied, due, err
}

// restore takes back what the batch did to the blocked keys of p, where letter is redriven.
func (t *Task) restore(p *processor.Partition, letter *deadletter.Letter) {
	t.Unpark(p)
	p.Block(letter)
}

// Reemit publishes what the log refused once more, in the stream of numbered emissions.
func (t *Task) Reemit(
	ctx context.Context, letter deadletter.Letter, remove []brook.Write,
) (due batch.Due, err error) {
	item := &outbox.Item{
		Free: true, Position: letter.Position, Author: letter.Author, Type: letter.Type,
		ID: letter.ID, Set: letter.Set, Ordinal: letter.Ordinal, Record: letter.Record,
	}
	if err := t.Renumber(item); err != nil {
		return due, err
	}
	t.Batch.Items = append(t.Batch.Items, item)
	t.Batch.Writes = remove
	if due, err = t.Commit(ctx); err != nil {
		return due, err
	}
	t.set.BlockedOf(partition.Of(letter.Position)).Remove(&letter)
	return due, nil
}
