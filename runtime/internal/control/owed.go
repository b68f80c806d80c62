package control

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
)

// Owed is the emissions and jobs that a promotion made live. What an event that is a dead letter of
// the live views never did still happens: if a rebuild handles it well, it writes what its handlers
// emit and ask for into tables of the generation that it makes, one row each. With the generation
// these rows become live, all at once. Whoever acts for their partitions then moves them into the
// outbox, and to the jobs, a part at a time.
type Owed struct {
	*Calls
	due atomic.Bool // the live generation may hold emissions that are to go to the outbox
}

// adoptStep is how many emissions one commit moves into the outbox at most.
const adoptStep = 256

// Note makes the publisher look for emissions that a promotion made live. Any goroutine may call
// it.
func (x *Owed) Note() {
	x.due.Store(true)
	x.Tasks.Outbox.Rouse()
}

// Adopt moves the emissions that a promotion made live into the outbox, those that this process
// publishes. One goroutine calls it: that of the publisher, or of CatchUp.
func (x *Owed) Adopt(ctx context.Context) error {
	if !x.due.Swap(false) {
		return nil
	}
	if err := x.adoptAll(ctx, "taking over emissions", x.any, x.adoptSome); err != nil {
		return err
	}
	if x.Tasks.Jobs == nil {
		return nil
	}
	return x.adoptAll(ctx, "taking over jobs", x.anyJob, x.adoptJobs)
}

// adoptAll calls some until it has moved all that any reports, a part at a time.
func (x *Owed) adoptAll(
	ctx context.Context, what string, any func(context.Context) (bool, error),
	some func(ctx context.Context, step int) (more bool, due batch.Due, err error),
) error {
	retry, reload := x.Tasks.Retry, x.Tasks.Catalog.Reload
	step := adoptStep
	for {
		more, err := false, error(nil)
		err = retry.Do(ctx, what, func() (err error) {
			if any, err := any(ctx); err != nil || !any {
				return err
			}
			var due batch.Due
			more, due, err = some(ctx, step)
			x.follow(ctx, due)
			return err
		})
		switch {
		case errors.Is(err, brook.ErrConflict): // another process was faster, or promoted
			err = retry.Do(ctx, "reload", func() error { return reload(ctx) })
			more = true
		case errors.Is(err, brook.ErrTooLarge) && step > 1:
			step, err, more = step/2, nil, true
		}
		if err != nil {
			x.due.Store(true)
			return err
		}
		if !more {
			return nil
		}
	}
}

// any reports whether there is anything to adopt. Tasks go on meanwhile.
func (x *Owed) any(ctx context.Context) (any bool, err error) {
	g := x.Tasks.Catalog.Current.Pin()
	defer x.Tasks.Catalog.Current.Unpin(g)
	for _, err := range x.Tasks.Reader.Scan(ctx, g.Owed, nil, nil) {
		return err == nil, err
	}
	return false, nil
}

// adoptSome moves up to step emissions, with all tasks at rest. It reports whether there may be
// more. An emission whose record can't be renumbered becomes a dead letter.
func (x *Owed) adoptSome(ctx context.Context, step int) (more bool, due batch.Due, err error) {
	s := x.Tasks
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return false, batch.Due{}, err
	}
	defer rest.End()
	t := x.Exclusive.Begin(rest)
	defer t.End()
	if err := s.Emissions.Open(ctx); err != nil {
		return false, batch.Due{}, err
	}
	var taken []*outbox.Item
	for row, err := range s.Reader.Scan(ctx, t.Gen.Owed, nil, nil) {
		if err != nil {
			return false, batch.Due{}, err
		}
		if more = len(taken) == step; more {
			break
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			return false, batch.Due{}, err
		}
		if !x.actsFor(partition.Of(item.Position)) {
			continue // its owner does
		}
		t.Batch.Writes = append(t.Batch.Writes,
			brook.Write{Table: t.Gen.Owed, Key: item.Key, Op: brook.Remove})
		if s.Catalog.Fenced() {
			value := bytes.Clone(row.Value.Data.([]byte))
			t.Batch.Checks = append(t.Batch.Checks,
				brook.Check{Table: t.Gen.Owed, Key: item.Key, Value: value})
		}
		taken = append(taken, item)
		if err := t.Renumber(item); err != nil { // it holds up no others
			t.Batch.Letters = append(t.Batch.Letters, publisher.LetterOf(item, err))
			continue
		}
		t.Batch.Items = append(t.Batch.Items, item)
	}
	if len(taken) == 0 {
		return false, batch.Due{}, nil
	}
	// A promotion that carries these over must not come between.
	ids := map[partition.ID]bool{}
	for _, item := range taken {
		ids[partition.Of(item.Position)] = true
	}
	if err := t.BumpEpochs(ctx, ids); err != nil {
		return false, batch.Due{}, err
	}
	// Until its outcome is known: what is in the outbox must be in memory.
	if due, err = t.Commit(ctx); err != nil {
		return more, batch.Due{}, err
	}
	for i := range due.Letters {
		s.BlockedOf(partition.Of(due.Letters[i].Position)).Add(&due.Letters[i], false)
	}
	return more, due, nil
}
