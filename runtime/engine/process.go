package engine

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
)

// Process applies an event at once, without the driver: all sets or none, in turn with the tasks of
// Run, but no dead letter holds it up. All tasks rest meanwhile. It returns when the views show the
// event and its effects have run, or returns the errors of the handlers, and then nothing is
// stored. The event does not stand in the log: it has no position to wait for, and a rebuild
// forgets it. Its emissions are published by Run. With Config.Group it is refused with
// [brook.ErrGroup].
//
// A commit that the store refuses is tried again until ctx ends or the app is closed: the error
// then wraps that of ctx or [brook.ErrClosed], and the store's last one. The event is applied all
// the same if only the answer to its commit was lost.
//
// It is safe for concurrent use. Generated code uses it.
func Process[E any](ctx context.Context, a *App, def *brook.EventDef[E], data E) error {
	var out brook.Outbound
	brook.Encode(&out, def, brook.Emit(data))
	return a.exclusive.process(ctx, &out)
}

func (x *exclusiveCalls) process(ctx context.Context, out *brook.Outbound) (err error) {
	if out.Err != nil {
		return out.Err
	}
	if err := x.life.Err(); err != nil {
		return err
	}
	if x.config.Group {
		return fmt.Errorf("%w: process %s: with Config.Group the event's rows may be another member's: "+
			"publish it", brook.ErrGroup, out.Message.Type)
	}
	ctx, end, err := x.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	defer func() { err = lifetime.Closing(ctx, err) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	var due batch.Due
	err = x.tasks.Catalog.RetryConflicts(ctx, func() (err error) {
		due, err = x.processOnce(ctx, out)
		return err
	})
	x.follow(ctx, due)
	return err
}

// processOnce applies an event with all tasks at rest, and returns what is due after its commit.
func (x *exclusiveCalls) processOnce(ctx context.Context, out *brook.Outbound) (batch.Due, error) {
	failed := func(err error) (batch.Due, error) {
		return batch.Due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	s := x.tasks
	if err := s.Catalog.Claim(ctx); err != nil {
		return failed(err)
	}
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return failed(err)
	}
	defer rest.End()
	if err := x.life.Err(); err != nil {
		return batch.Due{}, err
	}
	if err := s.Catalog.ClaimLocked(ctx); err != nil {
		return failed(err)
	}
	if err := s.Emissions.Open(ctx); err != nil {
		return batch.Due{}, err
	}
	t := x.runner.Begin(rest)
	defer t.End()
	if err := t.ReadStandings(ctx); err != nil {
		return failed(err)
	}
	r := &brook.Record{
		Topic: s.Code.Topic(out.Topic), Key: out.Key, Value: out.Message.Data, Time: now(),
	}
	err = t.Apply(ctx, r, brook.Message{
		ID: s.IDs.Next(), Type: out.Message.Type, Author: x.config.Author, Time: r.Time,
		Data: out.Message.Data, Keyed: true,
	})
	if err != nil {
		return failed(err)
	}
	due, err := t.Commit(ctx)
	if err != nil {
		return failed(err)
	}
	return due, nil
}
