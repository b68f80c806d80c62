package control

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/exclusive"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/parked"
)

// Parked returns the events that are parked, reported or not, as the letters that they are reported
// by.
func (x Letters) Parked(ctx context.Context) (all []brook.DeadLetter, err error) {
	letters, err := x.parked(ctx)
	for i := range letters {
		l, err := x.stored(ctx, &letters[i])
		if errors.Is(err, brook.ErrNotFound) {
			continue // it is applied since
		}
		if err != nil {
			return nil, err
		}
		all = append(all, l.DeadLetter)
	}
	return all, err
}

// parked reads the parked events of the live views, without their records.
func (x Letters) parked(ctx context.Context) (all []deadletter.Letter, err error) {
	s := x.Tasks
	for {
		g := s.Catalog.Live()
		events, err := s.Letters.Parked(ctx, g)
		if s.Catalog.Live() != g {
			continue // a rebuild promoted another generation
		}
		if err != nil {
			return nil, lifetime.Closing(ctx, err)
		}
		for _, e := range events {
			e.Letter.Type = s.Code.Today(e.Letter.Type)
			all = append(all, e.Letter)
		}
		return all, nil
	}
}

// redriveParked tries a parked event.
func (x Letters) redriveParked(
	ctx context.Context, t *exclusive.Task, e *parked.Event, checks []brook.Check,
) (applied bool, due batch.Due, err error) {
	applied, due, err = t.RedriveParked(ctx, e, checks)
	if err == nil {
		x.runDue(ctx, t, &due)
	}
	return applied, due, err
}

// runDue runs the parked events that a commit made due, and adds what is due after theirs.
func (x *Calls) runDue(ctx context.Context, t *exclusive.Task, due *batch.Due) {
	if !x.Tasks.Parked.AnyDue() && !x.Tasks.Catalog.Fenced() {
		return
	}
	t.Batch.Parked.Undo()
	t.Batch.Forget()
	more := t.RunDue(ctx)
	due.Letters = append(due.Letters, more.Letters...)
	due.Effects = append(due.Effects, more.Effects...)
}

// dropParked drops a parked event.
func (x Letters) dropParked(
	ctx context.Context, t *exclusive.Task, letter *deadletter.Letter,
) (dropped bool, due batch.Due, err error) {
	key := letter.AppendKey(nil)
	unchanged, err := x.unchanged(ctx, t.Gen.Parked, key)
	if errors.Is(err, brook.ErrNotFound) {
		return false, due, nil
	}
	if err == nil {
		err = t.ReadParked(ctx)
	}
	if err != nil {
		return false, due, err
	}
	e := x.Tasks.Parked.Get(key)
	if e == nil {
		return false, due, nil
	}
	t.Batch.Checks = unchanged
	t.Batch.Writes = letter.WriteDropped(t.Gen.Dropped)
	t.Batch.Parked.Removed(e, parked.Due{By: e.Position, Free: true})
	if due, err = t.Commit(ctx); err != nil {
		return false, due, err
	}
	x.runDue(ctx, t, &due)
	return true, due, nil
}
