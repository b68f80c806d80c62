package engine

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Process applies an event at once, without the driver: all sets or none, in turn with the apply loop but
// waiting behind no dead letter. It returns when the views show it, or the errors of the handlers with nothing
// kept. The event does not stand in the log: it has no position to wait for, and a rebuild forgets it. All lanes rest meanwhile. Its effects have run when Process returns; its
// emissions are published by Run. With Config.Group it is refused with [ErrGroup]. Generated code uses it.
//
// A commit that the store refuses is tried again until ctx ends or the app is closed: the error then
// wraps that of ctx or [ErrClosed], and the store's last one. The event is applied all the same if
// only the answer to its commit was lost.
func Process[E any](ctx context.Context, a *App, def *brook.EventDef[E], data E) error {
	var out brook.Outbound
	brook.Encode(&out, def, brook.Emit(data))
	return a.process(ctx, &out)
}

func (a *App) process(ctx context.Context, out *brook.Outbound) (err error) {
	if out.Err != nil {
		return out.Err
	}
	if a.closed.Load() {
		return brook.ErrClosed
	}
	if a.config.Group {
		return fmt.Errorf("%w: process %s: with Config.Group the event's rows may be another member's: publish it", brook.ErrGroup, out.Message.Type)
	}
	release, err := a.catalog.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := a.untilClosed(ctx)
	defer cancel()
	defer func() { err = catalog.Closing(ctx, err) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	var after task.Due
	err = a.catalog.RetryConflicts(ctx, func() (err error) {
		after, err = a.processAlone(ctx, out)
		return err
	})
	a.follow(ctx, after)
	return err
}

// follow does what is due after a commit of the solo lane.
func (a *App) follow(ctx context.Context, after task.Due) {
	for _, l := range after.Letters {
		a.report.DeadLetter(l.DeadLetter, l.Stack)
	}
	if len(after.Effects) == 0 {
		return
	}
	// They run although ctx ended: the events are committed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.config.ShutdownTimeout)
	defer cancel()
	for _, e := range after.Effects {
		a.effects.Run(ctx, e)
	}
}

func (a *App) processAlone(ctx context.Context, out *brook.Outbound) (task.Due, error) {
	if err := a.catalog.Claim(ctx); err != nil {
		return task.Due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	rest, err := a.tasks.Quiesce(ctx)
	if err != nil {
		return task.Due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	defer rest.End()
	if a.closed.Load() {
		return task.Due{}, brook.ErrClosed
	}
	if err := a.catalog.ClaimLocked(ctx); err != nil {
		return task.Due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	if err := a.tasks.Emissions.Open(ctx); err != nil {
		return task.Due{}, err
	}
	l, m := a.tasks.Exclusive, &a.tasks.Exclusive.M
	defer l.Within(rest)()
	if err := l.StandAlone(ctx); err != nil {
		return task.Due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	l.Prepare(ctx, m, &brook.Record{Topic: a.code.Topic(out.Topic), Key: out.Key, Value: out.Message.Data, Time: now()})
	m.Position = brook.Position{}
	m.Once = true
	m.Message = brook.Message{ID: a.ids.Next(), Type: out.Message.Type, Author: a.config.Author, Time: m.Record.Time, Data: out.Message.Data, Keyed: true}
	l.Tx.Begin(txn.Event{Ctx: ctx})
	l.Dispatch(m)
	if err := a.unprocessed(m); err != nil {
		l.Tx.Revert()
		return task.Due{}, fmt.Errorf("brook: process %s: %w", m.Message.Type, err)
	}
	l.Tx.Accept()
	l.StageEffects(m)
	if err := l.CommitAlone(ctx); err != nil {
		return task.Due{}, fmt.Errorf("brook: process %s: %w", m.Message.Type, err)
	}
	return l.Take(), nil
}

// unprocessed says why an event of Process can't be kept, or nil.
func (a *App) unprocessed(m *delivery.Delivery) error {
	switch {
	case m.Ctx.Err() != nil:
		return m.Ctx.Err()
	case m.Tx.StoreFault() != nil:
		return m.Tx.StoreFault()
	case m.DecodeErr != nil:
		return m.DecodeErr
	}
	var errs []error
	for i := range m.Results {
		if r := &m.Results[i]; r.Err != nil {
			errs = append(errs, fmt.Errorf("set %s: %w", r.Set, r.Err))
		}
	}
	return errors.Join(errs...)
}
