package task

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Redrive runs a letter's event through the set that failed, or through all sets if it failed
// before any. It reports whether that succeeded. remove is the removal of the letter, followed by
// other writes of the commit.
func (t *Task) Redrive(
	ctx context.Context, p *Partition, letter deadletter.Letter, remove []brook.Write,
) (applied bool, err error) {
	s, blocked := t.set, p.Blocked
	d := &t.M
	record := letter.Record
	p.task = t
	t.prepare(ctx, d, &record, p)
	d.Letter, d.Only, d.Silent, d.Owes = &letter, letter.Set, letter.Silent, letter.Owes
	t.unwrap(d)
	t.Tx.Begin(txn.Event{Ctx: ctx, Redriven: true})
	if d.DecodeErr == nil {
		t.Dispatch(d)
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case t.Tx.StoreFault() != nil:
		return false, t.Tx.StoreFault()
	}
	if d.Only != "" && d.DecodeErr == nil && len(d.Results) == 0 {
		d.Known, d.Handled = true, true
		d.Results = append(d.Results, delivery.Result{Set: d.Only, Stage: brook.StageHandle,
			Err: fmt.Errorf("there is no handler of %s in a set %s any more: "+
				"drop the letter, or bring it back", d.Message.Type, d.Only)})
	}
	blocked.Remove(&letter)
	t.accept(p, d)
	away := false
	t.aside = func() func() {
		t.unput(blocked)
		blocked.Add(&letter, s.Config.OnFailure != brook.GoOn)
		away = true
		return func() {
			blocked = s.BlockedOf(p.ID)
			p.Blocked = blocked
			blocked.Remove(&letter)
			for i := range t.Batch.Letters {
				blocked.Add(&t.Batch.Letters[i], s.Config.OnFailure != brook.GoOn)
			}
			away = false
		}
	}
	defer func() { t.aside = nil }()
	failed := func(l deadletter.Letter) bool { return l.Stage != brook.StageEmit }
	applied = !slices.ContainsFunc(t.Batch.Letters, failed) // emissions have letters of their own
	if !t.Target.Visits() && len(t.Batch.Letters) == 1 &&
		bytes.Equal(t.Batch.Letters[0].AppendKey(nil), remove[0].Key) {
		t.unput(blocked)
		blocked.Add(&letter, s.Config.OnFailure != brook.GoOn) // it stays as it was
		return false, nil
	}
	t.Batch.Writes = t.unlessRewritten(remove)
	err = t.CommitAlone(ctx)
	if errors.Is(err, brook.ErrTooLarge) && !t.Target.Visits() {
		t.unput(blocked)
		blocked.Add(&letter, s.Config.OnFailure != brook.GoOn)
		return false, nil
	}
	if errors.Is(err, brook.ErrTooLarge) {
		// What it changes is too large: it stays a letter that was tried once more.
		checks := t.Batch.Checks
		t.unput(blocked)
		t.Forget()
		t.Batch.Checks = checks
		again := letter
		again.Attempts++
		again.Error, again.Stage = deadletter.ErrorText(err), brook.StageApply
		t.park(p, again)
		t.Batch.Writes = t.unlessRewritten(remove)
		applied, err = false, t.CommitAlone(ctx)
	}
	if err != nil && !away {
		t.unput(blocked)
		blocked.Add(&letter, s.Config.OnFailure != brook.GoOn)
	}
	return applied, err
}

// unlessRewritten returns remove without the removal of a letter that the batch writes anew.
func (t *Task) unlessRewritten(remove []brook.Write) []brook.Write {
	for i := range t.Batch.Letters {
		if bytes.Equal(t.Batch.Letters[i].AppendKey(nil), remove[0].Key) {
			return remove[1:]
		}
	}
	return remove
}

// unput takes the letters of the batch out of the blocked keys.
func (t *Task) unput(blocked *deadletter.Blocked) {
	for i := range t.Batch.Letters {
		blocked.Remove(&t.Batch.Letters[i])
	}
}

// Reemit publishes what the log refused once more, in the stream of numbered emissions.
func (t *Task) Reemit(ctx context.Context, letter deadletter.Letter, remove []brook.Write) error {
	item := &outbox.Item{
		Free: true, Position: letter.Position, Author: letter.Author, Type: letter.Type,
		ID: letter.ID, Set: letter.Set, Ordinal: letter.Ordinal, Record: letter.Record,
	}
	if err := t.Renumber(item); err != nil {
		return err
	}
	t.Batch.Items = append(t.Batch.Items, item)
	t.Batch.Writes = remove
	err := t.CommitAlone(ctx)
	if err == nil {
		t.set.BlockedOf(partition.Of(letter.Position)).Remove(&letter)
	}
	return err
}
