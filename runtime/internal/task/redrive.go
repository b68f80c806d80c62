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

// Redrive runs a letter's event through the set that failed, or through all where it failed before any.
func (l *Task) Redrive(ctx context.Context, f *Partition, letter deadletter.Letter, remove []brook.Write) (applied bool, err error) {
	a, w := l.set, f.Blocked
	m := &l.M
	record := letter.Record
	l.Prepare(ctx, m, &record)
	l.current = f
	m.Letter, m.Only, m.Silent, m.Owes = &letter, letter.Set, letter.Silent, letter.Owes
	l.unwrap(m)
	l.Tx.Begin(txn.Event{Ctx: ctx, Redriven: true})
	if m.DecodeErr == nil {
		l.Dispatch(m)
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case l.Tx.StoreFault() != nil:
		return false, l.Tx.StoreFault()
	}
	if m.Only != "" && m.DecodeErr == nil && len(m.Results) == 0 {
		m.Known, m.Handled = true, true
		m.Results = append(m.Results, delivery.Result{Set: m.Only, Stage: brook.StageHandle,
			Err: fmt.Errorf("there is no handler of %s in a set %s any more: drop the letter, or bring it back", m.Message.Type, m.Only)})
	}
	w.Remove(&letter)
	l.accept(f, m)
	away := false
	l.aside = func() func() {
		l.unput(w)
		w.Add(&letter, a.Config.OnFailure != brook.GoOn)
		away = true
		return func() {
			w = a.BlockedOf(f.ID)
			f.Blocked = w
			w.Remove(&letter)
			for i := range l.Batch.Letters {
				w.Add(&l.Batch.Letters[i], a.Config.OnFailure != brook.GoOn)
			}
			away = false
		}
	}
	defer func() { l.aside = nil }()
	applied = !slices.ContainsFunc(l.Batch.Letters, func(l deadletter.Letter) bool { return l.Stage != brook.StageEmit }) // its emissions have letters of their own
	if !l.Target.Visits() && len(l.Batch.Letters) == 1 && bytes.Equal(l.Batch.Letters[0].AppendKey(nil), remove[0].Key) {
		l.unput(w)
		w.Add(&letter, a.Config.OnFailure != brook.GoOn) // it stays as it was
		return false, nil
	}
	l.Batch.Writes = l.unlessRewritten(remove)
	err = l.CommitAlone(ctx)
	if errors.Is(err, brook.ErrTooLarge) && !l.Target.Visits() {
		l.unput(w)
		w.Add(&letter, a.Config.OnFailure != brook.GoOn)
		return false, nil
	}
	if errors.Is(err, brook.ErrTooLarge) {
		// What it changes does not fit: it stays a letter, tried once more.
		checks := l.Batch.Checks
		l.unput(w)
		l.Forget()
		l.Batch.Checks = checks
		failed := letter
		failed.Attempts, failed.Error, failed.Stage = letter.Attempts+1, deadletter.ErrorText(err), brook.StageApply
		l.park(f, failed)
		l.Batch.Writes = l.unlessRewritten(remove)
		applied, err = false, l.CommitAlone(ctx)
	}
	if err != nil && !away {
		l.unput(w)
		w.Add(&letter, a.Config.OnFailure != brook.GoOn)
	}
	return applied, err
}

// unlessRewritten leaves out the removal of a letter that the batch writes anew.
func (l *Task) unlessRewritten(remove []brook.Write) []brook.Write {
	for i := range l.Batch.Letters {
		if bytes.Equal(l.Batch.Letters[i].AppendKey(nil), remove[0].Key) {
			return remove[1:]
		}
	}
	return remove
}

// unput takes the letters of the batch out of the waits again.
func (l *Task) unput(w *deadletter.Blocked) {
	for i := range l.Batch.Letters {
		w.Remove(&l.Batch.Letters[i])
	}
}

// Reemit puts what the log refused back to be published, in the stream of numbered emissions.
func (l *Task) Reemit(ctx context.Context, letter deadletter.Letter, remove []brook.Write) error {
	item := &outbox.Item{Free: true, Position: letter.Position, Author: letter.Author, Type: letter.Type, ID: letter.ID, Set: letter.Set, Ordinal: letter.Ordinal,
		Record: letter.Record}
	if err := l.Renumber(item); err != nil {
		return err
	}
	l.Batch.Items = append(l.Batch.Items, item)
	l.Batch.Writes = remove
	err := l.CommitAlone(ctx)
	if err == nil {
		l.set.BlockedOf(partition.Of(letter.Position)).Remove(&letter)
	}
	return err
}
