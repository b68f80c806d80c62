package engine

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// What a live letter never did, still happens: where a rebuild handles an event well that is a dead letter of the live views, it writes what its
// handlers emit into a table of the generation that it makes, one row each. With the generation these rows become live, all at once. Whoever publishes
// for their partitions then moves them into the outbox, a part at a time.

// adoptStep is how many emissions one commit moves into the outbox at most.
const adoptStep = 256

// noteOwed makes whoever publishes look for emissions that a promotion made live.
func (a *App) noteOwed() {
	a.owing.Store(true)
	a.outbox.Rouse()
}

// adoptOwed moves the emissions that a promotion made live into the outbox, those that this process publishes. It is called by who publishes.
func (a *App) adoptOwed(ctx context.Context) error {
	if !a.owing.Swap(false) {
		return nil
	}
	step := adoptStep
	for {
		more, err := false, error(nil)
		err = a.retry.Do(ctx, "taking over emissions", func() (err error) {
			if any, err := a.owes(ctx); err != nil || !any {
				return err
			}
			var after task.Due
			more, after, err = a.adoptSome(ctx, step)
			a.follow(ctx, after)
			return err
		})
		switch {
		case errors.Is(err, brook.ErrConflict): // another process was faster, or promoted
			err = a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) })
			more = true
		case errors.Is(err, brook.ErrTooLarge) && step > 1:
			step, err, more = step/2, nil, true
		}
		if err != nil {
			a.owing.Store(true)
			return err
		}
		if !more {
			return nil
		}
	}
}

// owes reports whether there is anything to adopt, without resting lanes.
func (a *App) owes(ctx context.Context) (any bool, err error) {
	g := a.catalog.Pin()
	defer a.catalog.Unpin(g)
	for _, err := range a.reader.Scan(ctx, g.Owed, nil, nil) {
		return err == nil, err
	}
	return false, nil
}

// adoptSome moves some emissions, with all lanes at rest, and reports whether there may be more. One whose record can't be renumbered becomes a
// dead letter.
func (a *App) adoptSome(ctx context.Context, step int) (more bool, after task.Due, err error) {
	rest, err := a.tasks.Quiesce(ctx)
	if err != nil {
		return false, task.Due{}, err
	}
	defer rest.End()
	l := a.tasks.Exclusive
	defer l.Within(rest)()
	if err := a.tasks.Emissions.Open(ctx); err != nil {
		return false, task.Due{}, err
	}
	var taken []*outbox.Item
	for row, err := range a.reader.Scan(ctx, l.Gen.Owed, nil, nil) {
		if err != nil {
			return false, task.Due{}, err
		}
		if more = len(taken) == step; more {
			break
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			return false, task.Due{}, err
		}
		if !a.adopts(partition.Of(item.Position)) {
			continue // its owner does
		}
		l.Batch.Writes = append(l.Batch.Writes, brook.Write{Table: l.Gen.Owed, Key: item.Key, Op: brook.Remove})
		if a.catalog.Fenced() {
			l.Batch.Checks = append(l.Batch.Checks, brook.Check{Table: l.Gen.Owed, Key: item.Key, Value: bytes.Clone(row.Value.Data.([]byte))})
		}
		taken = append(taken, item)
		if err := l.Renumber(item); err != nil { // it holds up no others
			l.Batch.Letters = append(l.Batch.Letters, publisher.LetterOf(item, err))
			continue
		}
		l.Batch.Items = append(l.Batch.Items, item)
	}
	if len(taken) == 0 {
		return false, task.Due{}, nil
	}
	if err := l.RaiseAll(ctx, taken); err != nil { // a promotion that carries these over must not come between
		return false, task.Due{}, err
	}
	if err := l.CommitAlone(ctx); err != nil { // until it is known: what is in the outbox must be in memory
		return more, task.Due{}, err
	}
	after = l.Take()
	for i := range after.Letters {
		a.tasks.BlockedOf(partition.Of(after.Letters[i].Position)).Add(&after.Letters[i], false)
	}
	return more, after, nil
}

// adopts reports whether the app takes over what a partition owes. One of a topic that is read no
// more is no member's of a group: that is for the member that has the first one of all.
func (a *App) adopts(id partition.ID) bool {
	if !a.code.Reads(id.Topic) && len(a.code.Topics) > 0 {
		id = partition.ID{Topic: a.code.Topics[0]}
	}
	return a.outbox.ActsFor(id)
}
