package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
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
	var after due
	err = a.catalog.Again(ctx, func() (err error) {
		after, err = a.processAlone(ctx, out)
		return err
	})
	a.follow(ctx, after)
	return err
}

// follow does what is due after a commit of the solo lane.
func (a *App) follow(ctx context.Context, after due) {
	for _, l := range after.letters {
		a.report.DeadLetter(l.DeadLetter, l.Stack)
	}
	if len(after.effects) == 0 {
		return
	}
	// They run although ctx ended: the events are committed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.config.ShutdownTimeout)
	defer cancel()
	for _, e := range after.effects {
		a.effects.Run(ctx, e)
	}
}

// doubt notes that a commit may have happened although it gave an error: what memory knows of the store is read anew
// before the next run.
func (s *tasks) doubt(err error) {
	if !errors.Is(err, brook.ErrTooLarge) && !errors.Is(err, brook.ErrConflict) {
		s.unsure.Store(true)
	}
}

func (a *App) processAlone(ctx context.Context, out *brook.Outbound) (due, error) {
	if err := a.catalog.Claim(ctx); err != nil {
		return due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	rest, err := a.tasks.rest(ctx)
	if err != nil {
		return due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	defer rest.end()
	if a.closed.Load() {
		return due{}, brook.ErrClosed
	}
	if err := a.catalog.ClaimResting(ctx); err != nil {
		return due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	if err := a.tasks.openNumbers(ctx); err != nil {
		return due{}, err
	}
	l, m := a.tasks.solo, &a.tasks.solo.m
	defer l.within(rest)()
	if err := l.standAlone(ctx); err != nil {
		return due{}, fmt.Errorf("brook: process %s: %w", out.Message.Type, err)
	}
	l.prepare(ctx, m, &brook.Record{Topic: a.code.Topic(out.Topic), Key: out.Key, Value: out.Message.Data, Time: now()})
	m.Position = brook.Position{}
	m.Once = true
	m.Message = brook.Message{ID: a.ids.Next(), Type: out.Message.Type, Author: a.config.Author, Time: m.Record.Time, Data: out.Message.Data, Keyed: true}
	l.tx.Begin(txn.Event{Ctx: ctx})
	l.dispatch(m)
	if err := a.unprocessed(m); err != nil {
		l.tx.Revert()
		return due{}, fmt.Errorf("brook: process %s: %w", m.Message.Type, err)
	}
	l.tx.Accept()
	l.act(m)
	if err := l.commitAlone(ctx); err != nil {
		return due{}, fmt.Errorf("brook: process %s: %w", m.Message.Type, err)
	}
	return l.take(), nil
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

// commitAlone commits what a lane without feeds holds, trying for as long as ctx lives; the caller takes what is due
// after it.
func (l *lane) commitAlone(ctx context.Context) error { return l.commitBy(ctx, l.insist) }

// commitOnce is commitAlone for who rather hears of a failure.
func (l *lane) commitOnce(ctx context.Context) error {
	return l.commitBy(ctx, once)
}

func (l *lane) commitBy(ctx context.Context, insist func(ctx context.Context, what string, do func() error) error) error {
	b := &l.batch
	counted, unchanged := l.numberWrites()
	writes := append(l.assemble(nil), counted...)
	if len(writes) > 0 {
		batch := &brook.Batch{ID: l.app.ids.Batch(), Writes: writes}
		if l.app.catalog.Fenced() {
			batch.Checks = append(append(l.checks(), b.checks...), unchanged...)
		}
		marked := l.mark(batch)
		commit := func() error { return l.app.store.Commit(ctx, batch) }
		err := insist(ctx, "commit", commit)
		for errors.Is(err, brook.ErrTooLarge) && l.shrinkLetters(batch) {
			err = insist(ctx, "commit", commit)
		}
		if err != nil {
			if l.target.visits() && (l.rest == nil || !l.rest.over) {
				l.app.numbers = nil // they are read anew
			}
			l.app.doubt(err)
			return err
		}
		marked()
	}
	if !l.target.visits() {
		return nil
	}
	l.app.hub.Publish(l.tx.Changed)
	l.app.outbox.Add(b.items...)
	l.due = due{letters: slices.Clone(b.letters), effects: slices.Clone(b.effects)}
	return nil
}

// within makes a lane without feeds one of a rest, until the function returned is called, which empties its batch.
func (l *lane) within(r *rest) (end func()) {
	l.rest = r
	return func() {
		l.rest, l.aside = nil, nil
		l.forget()
	}
}

// take gives what is due, for a caller that does it once it left the gate.
func (l *lane) take() due {
	after := l.due
	l.due = due{}
	return after
}
