package catalog

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/plan"
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

// Unfilled returns the indexes of the live generation that are not all that the code says of them;
// none unless the code has the claim. The caller holds or visits the quiesce lock.
func (c *Catalog) Unfilled() []Unfilled {
	if c.row.Known().Folds != c.code.Contract {
		return nil
	}
	return c.incomplete()
}

// incomplete is Unfilled, whoever has the claim.
func (c *Catalog) incomplete() (all []Unfilled) {
	for ord, info := range c.code.Layout.Collections {
		for x, index := range info.Indexes {
			kept := c.row.Known().Kept[info.EntriesName(index)]
			if !kept.Whole || index.Unique && !kept.Once {
				slot := c.code.Layout.Index[ord][x]
				all = append(all, Unfilled{Ord: ord, X: x, Slot: slot, Kept: kept})
			}
		}
	}
	return all
}

// ToFill is received from to learn that there may be an index to fill. One goroutine receives.
func (c *Catalog) ToFill() retry.Signal { return c.toFill }

// Filled records that an index of g has the entries of all rows, each value once if it is unique,
// and has tasks and readers use it. The error is retry.ErrRestart if g is no longer live, or the
// index is another one. The caller does not hold the quiesce lock.
func (c *Catalog) Filled(ctx context.Context, g *generation.Generation, u Unfilled) error {
	if err := c.lock.Lock(ctx); err != nil {
		return err
	}
	defer c.lock.Unlock()
	info := c.code.Layout.Collections[u.Ord]
	name := info.EntriesName(info.Indexes[u.X])
	err := c.row.UpdateLocked(ctx, func(next *staterow.State) error {
		kept, ok := next.Kept[name]
		if next.Generation != g.Number || next.Folds != c.code.Contract ||
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
	return c.install(ctx)
}

// install opens the tables of indexes that the state names, and has tasks and readers use them. The
// caller holds the quiesce lock.
func (c *Catalog) install(ctx context.Context) error {
	var g *generation.Generation
	err := c.retry.Do(ctx, "open", func() (err error) {
		g, err = c.current.Reindex(ctx)
		return err
	})
	if err != nil {
		return err
	}
	c.on.Installed(g)
	c.noteClaim()
	return nil
}

// builtIndexes returns what the state says of indexes of a generation that this code has built.
func (c *Catalog) builtIndexes() map[string]staterow.KeptIndex {
	kept := map[string]staterow.KeptIndex{}
	for _, info := range c.code.Layout.Collections {
		for _, index := range info.Indexes {
			kept[info.EntriesName(index)] = staterow.KeptIndex{
				Table: plan.IndexTable(info.Name, index.Field), Whole: true, Once: index.Unique,
			}
		}
	}
	return kept
}
