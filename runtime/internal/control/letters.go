package control

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/reads"
)

// Letters is the dead letters of the live views: they are listed, redriven and dropped. It is safe
// for concurrent use.
type Letters struct{ *Calls }

// All returns all letters in log order until ctx ends.
func (x Letters) All(ctx context.Context) iter.Seq2[brook.DeadLetter, error] {
	return func(yield func(brook.DeadLetter, error) bool) {
		if err := x.Tasks.Life.Err(); err != nil {
			yield(brook.DeadLetter{}, err)
			return
		}
		guard, err := x.Tasks.Catalog.Current.Guarded(ctx)
		if err != nil {
			yield(brook.DeadLetter{}, lifetime.Closing(ctx, err))
			return
		}
		defer guard.End()
		rows := x.Tasks.Reader.Scan(ctx, guard.Gen.Letters, nil, nil)
		for row, err := range reads.Checked(ctx, guard, rows) {
			var l deadletter.Letter
			if err == nil {
				l, err = deadletter.Decode(row.Value)
				l.Type = x.today(&l)
				l.Record.Value = bytes.Clone(l.Record.Value)
			}
			if !yield(l.DeadLetter, lifetime.Closing(ctx, err)) || err != nil {
				return
			}
		}
	}
}

// today returns what the type of a letter's event, or job, is called today.
func (x Letters) today(l *deadletter.Letter) string {
	switch {
	case l.Stage != brook.StageJob:
		return x.Tasks.Code.Today(l.Type)
	case x.Tasks.Jobs != nil:
		return x.Tasks.Jobs.Today(l.Type)
	}
	return l.Type // the code has no jobs any more
}

// begin is Calls.begin for a call of that name. The context open ends already when the app closes:
// by it letters are read. The caller defers end with its error, which end rewrites for the user.
func (x Letters) begin(
	ctx context.Context, name string,
) (_, open context.Context, end func(*error), err error) {
	ctx, done, err := x.Calls.begin(ctx)
	if err != nil {
		return nil, nil, nil, lifetime.During(name, err)
	}
	open, cancel := x.Tasks.Life.WhileOpen(ctx)
	return ctx, open, func(err *error) {
		*err = lifetime.During(name, lifetime.Closing(open, *err))
		cancel()
		x.Tasks.WakeTasks()
		done()
	}, nil
}

// each returns the dead letters that there are when it is called, each as it is stored when its
// turn comes: in log order, and those of one event in the order of the sets. unreported says that
// parked events are among them that no letter reports yet.
func (x Letters) each(
	ctx context.Context, unreported bool,
) iter.Seq2[deadletter.Letter, error] {
	var all []deadletter.Letter
	var failed error
	if unreported = unreported && (x.Tasks.Catalog.Fenced() || x.Tasks.Parked.Ever()); unreported {
		all, failed = x.parked(ctx)
	}
	for l, err := range x.All(ctx) {
		if failed = cmp.Or(failed, err); failed != nil {
			break
		}
		if unreported && l.Stage == brook.StageEarly {
			continue // it is among the parked ones
		}
		l.Record = brook.Record{} // not all of them at a time
		all = append(all, deadletter.Letter{DeadLetter: l})
	}
	x.Tasks.Letters.Sort(all)
	return func(yield func(deadletter.Letter, error) bool) {
		for i := range all {
			l, err := x.stored(ctx, &all[i])
			if errors.Is(err, brook.ErrNotFound) {
				continue // another call was faster
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
		if failed != nil {
			yield(deadletter.Letter{}, failed)
		}
	}
}

// stored reads a letter again.
func (x Letters) stored(ctx context.Context, l *deadletter.Letter) (deadletter.Letter, error) {
	for {
		g := x.Tasks.Catalog.Live()
		v, err := x.value(ctx, g, l)
		if err != nil && x.Tasks.Catalog.Live() != g {
			continue // a rebuild promoted another generation and dropped what was read
		}
		if err != nil {
			return deadletter.Letter{}, err
		}
		again, err := decoded(l, v)
		again.Type = x.today(&again)
		again.Record.Value = bytes.Clone(again.Record.Value)
		return again, err
	}
}

// value reads a letter, or the parked event that it reports.
func (x Letters) value(
	ctx context.Context, g *generation.Generation, l *deadletter.Letter,
) (brook.Value, error) {
	table := g.Letters
	if l.Stage == brook.StageEarly {
		table = g.Parked
	}
	return x.Tasks.Reader.Get(ctx, table, l.AppendKey(nil))
}

// decoded returns the letter of what value returned.
func decoded(l *deadletter.Letter, v brook.Value) (deadletter.Letter, error) {
	if l.Stage != brook.StageEarly {
		return deadletter.Decode(v)
	}
	e, err := parked.Decode(brook.Row{Key: l.AppendKey(nil), Value: v})
	if err != nil {
		return deadletter.Letter{}, err
	}
	return e.Letter, nil
}

// unchanged returns the checks of a commit that removes a letter: no other process redrives or
// drops it meanwhile. It returns ErrNotFound if another one did. All tasks are at rest.
func (x Letters) unchanged(
	ctx context.Context, table brook.Table, key []byte,
) ([]brook.Check, error) {
	v, err := x.Tasks.Reader.Get(ctx, table, key)
	if err != nil || !x.Tasks.Catalog.Fenced() {
		return nil, err
	}
	return []brook.Check{{Table: table, Key: key, Version: v.Version}}, nil
}
