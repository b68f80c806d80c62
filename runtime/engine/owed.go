package engine

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
)

// What a live letter never did, still happens: where a rebuild handles an event well that is a dead letter of the live views, it writes what its
// handlers emit into a table of the generation that it makes, one row each. With the generation these rows become live, all at once. Whoever publishes
// for their partitions then moves them into the outbox, a part at a time.

// adoptStep is how many emissions one commit moves into the outbox at most.
const adoptStep = 256

// owe takes the emissions of an event into the batch of a rebuild, those of sets that never acted on it.
func (l *lane) owe(m *delivery.Delivery, aside deadletter.SetAside) {
	for i := range m.Emissions {
		if !aside.Owed(m.Position, l.app.def.Sets[m.Emissions[i].Set]) {
			continue
		}
		if item := l.item(m, &m.Emissions[i]); item != nil {
			l.batch.owed = append(l.batch.owed, item)
		}
	}
}

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
			var after due
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
func (a *App) adoptSome(ctx context.Context, step int) (more bool, after due, err error) {
	rest, err := a.tasks.rest(ctx)
	if err != nil {
		return false, due{}, err
	}
	defer rest.end()
	l := a.tasks.solo
	defer l.within(rest)()
	if err := a.tasks.openNumbers(ctx); err != nil {
		return false, due{}, err
	}
	var taken []*outbox.Item
	for row, err := range a.reader.Scan(ctx, l.gen.Owed, nil, nil) {
		if err != nil {
			return false, due{}, err
		}
		if more = len(taken) == step; more {
			break
		}
		item, err := outbox.DecodeItem(row)
		if err != nil {
			return false, due{}, err
		}
		if !a.adopts(partition.Of(item.Position)) {
			continue // its owner does
		}
		l.batch.writes = append(l.batch.writes, brook.Write{Table: l.gen.Owed, Key: item.Key, Op: brook.Remove})
		if a.catalog.Fenced() {
			l.batch.checks = append(l.batch.checks, brook.Check{Table: l.gen.Owed, Key: item.Key, Value: bytes.Clone(row.Value.Data.([]byte))})
		}
		taken = append(taken, item)
		if err := l.renumber(item); err != nil { // it holds up no others
			l.batch.letters = append(l.batch.letters, publisher.LetterOf(item, err))
			continue
		}
		l.batch.items = append(l.batch.items, item)
	}
	if len(taken) == 0 {
		return false, due{}, nil
	}
	if err := l.raiseAll(ctx, taken); err != nil { // a promotion that carries these over must not come between
		return false, due{}, err
	}
	if err := l.commitAlone(ctx); err != nil { // until it is known: what is in the outbox must be in memory
		return more, due{}, err
	}
	after = l.take()
	for i := range after.letters {
		a.tasks.waitsOf(partition.Of(after.letters[i].Position)).Add(&after.letters[i], false)
	}
	return more, after, nil
}

// raiseAll raises the epochs of the partitions that caused items.
func (l *lane) raiseAll(ctx context.Context, items []*outbox.Item) error {
	raised := map[partition.ID]bool{}
	for _, item := range items {
		id := partition.Of(item.Position)
		if raised[id] {
			continue
		}
		raised[id] = true
		writes, checks, err := l.app.catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		l.batch.writes, l.batch.checks = append(l.batch.writes, writes...), append(l.batch.checks, checks...)
	}
	return nil
}

// adopts reports whether the app takes over what a partition owes. One of a topic that is read no
// more is no member's of a group: that is for the member that has the first one of all.
func (a *App) adopts(id partition.ID) bool {
	if !a.code.Reads(id.Topic) && len(a.code.Topics) > 0 {
		id = partition.ID{Topic: a.code.Topics[0]}
	}
	return a.outbox.ActsFor(id)
}
