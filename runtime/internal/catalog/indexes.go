package catalog

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Unfilled is an index that does not have the entries of all rows, or a unique one that may have
// two rows under one value.
type Unfilled struct {
	Ord, X int                // of its collection, and of the index there
	Slot   int                // of its table
	Kept   staterow.KeptIndex // as the state has it
}

// Indexes are the indexes of the live generation as the code has them. They are safe for concurrent
// use.
type Indexes struct {
	code      *plan.Code
	lock      *quiesce.Lock
	retry     *retry.Loop
	row       *staterow.Row
	current   *generation.Current
	installed func(*generation.Generation) // is called if the live one has other tables
	toFill    retry.Signal                 // set if an index may have to be filled
}

// Unfilled returns the indexes of the live generation that are not all that the code says of them;
// none unless the code has the claim. The caller holds or visits the quiesce lock.
func (x *Indexes) Unfilled() []Unfilled {
	if x.row.Known().Folds != x.code.Contract {
		return nil
	}
	return x.incomplete()
}

// incomplete is Unfilled, whoever has the claim.
func (x *Indexes) incomplete() (all []Unfilled) {
	for ord, info := range x.code.Layout.Collections {
		for i, index := range info.Indexes {
			kept := x.row.Known().Kept[info.EntriesName(index)]
			if !kept.Whole || index.Unique && !kept.Once {
				slot := x.code.Layout.Index[ord][i]
				all = append(all, Unfilled{Ord: ord, X: i, Slot: slot, Kept: kept})
			}
		}
	}
	return all
}

// ToFill is received from to learn that there may be an index to fill. One goroutine receives.
func (x *Indexes) ToFill() retry.Signal { return x.toFill }

// Filled records that an index of g has the entries of all rows, each value once if it is unique,
// and has tasks and readers use it. The error is retry.ErrRestart if g is no longer live, or the
// index is another one. The caller does not hold the quiesce lock.
func (x *Indexes) Filled(ctx context.Context, g *generation.Generation, u Unfilled) error {
	if err := x.lock.Lock(ctx); err != nil {
		return err
	}
	defer x.lock.Unlock()
	info := x.code.Layout.Collections[u.Ord]
	name := info.EntriesName(info.Indexes[u.X])
	err := x.row.UpdateLocked(ctx, func(next *staterow.State) error {
		kept, ok := next.Kept[name]
		if next.Generation != g.Number || next.Folds != x.code.Contract ||
			!ok || kept.Table != u.Kept.Table {
			return retry.ErrRestart
		}
		kept.Whole, kept.Once = true, info.Indexes[u.X].Unique
		next.Kept[name] = kept
		return nil
	}, nil)
	if err != nil {
		return err
	}
	return x.install(ctx)
}

// install opens the tables of indexes that the state names, and has tasks and readers use them. The
// caller holds the quiesce lock.
func (x *Indexes) install(ctx context.Context) error {
	var g *generation.Generation
	err := x.retry.Do(ctx, "open", func() (err error) {
		g, err = x.current.Reindex(ctx)
		return err
	})
	if err != nil {
		return err
	}
	x.installed(g)
	return nil
}

// built returns what the state says of indexes of a generation that this code has built.
func (x *Indexes) built() map[string]staterow.KeptIndex {
	kept := map[string]staterow.KeptIndex{}
	for _, info := range x.code.Layout.Collections {
		for _, index := range info.Indexes {
			kept[info.EntriesName(index)] = staterow.KeptIndex{
				Table: plan.IndexTable(info.Name, index.Field), Whole: true, Once: index.Unique,
			}
		}
	}
	return kept
}
