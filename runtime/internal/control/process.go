package control

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
)

// Process applies an event at once: all sets or none. It returns when the event's effects have run.
func (x *Calls) Process(ctx context.Context, out *brook.Outbound) (err error) {
	defer func() { err = lifetime.During("process "+out.Message.Type, err) }()
	if out.Err != nil {
		return out.Err
	}
	if err := x.Tasks.Life.Err(); err != nil {
		return err
	}
	if x.Tasks.Config.Group {
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
	err = x.Tasks.Catalog.RetryConflicts(ctx, func() (err error) {
		due, err = x.processOnce(ctx, out)
		return err
	})
	x.follow(ctx, due)
	return err
}

// processOnce applies an event with all tasks at rest, and returns what is due after its commit.
func (x *Calls) processOnce(ctx context.Context, out *brook.Outbound) (batch.Due, error) {
	failed := func(err error) (batch.Due, error) {
		return batch.Due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	s := x.Tasks
	if err := s.Catalog.Claim.Take(ctx); err != nil {
		return failed(err)
	}
	rest, err := s.Quiesce(ctx)
	if err != nil {
		return failed(err)
	}
	defer rest.End()
	if err := x.Tasks.Life.Err(); err != nil {
		return batch.Due{}, err
	}
	if err := s.Catalog.Claim.TakeLocked(ctx); err != nil {
		return failed(err)
	}
	if err := s.Emissions.Open(ctx); err != nil {
		return batch.Due{}, err
	}
	t := x.Exclusive.Begin(rest)
	defer t.End()
	if err := t.ReadStandings(ctx); err != nil {
		return failed(err)
	}
	r := &brook.Record{
		Topic: s.Code.Topic(out.Topic), Key: out.Key, Value: out.Message.Data, Time: s.Now().UTC(),
	}
	err = t.Apply(ctx, r, brook.Message{
		ID: s.IDs.Next(), Type: out.Message.Type, Author: x.Tasks.Config.Author, Time: r.Time,
		Data: out.Message.Data, Keyed: true, Version: out.Message.Version,
	})
	if err != nil {
		return failed(err)
	}
	due, err := t.Commit(ctx)
	if err != nil {
		return failed(err)
	}
	x.runDue(ctx, t, &due)
	return due, nil
}
