package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// A rebuild replaces the live generation. Of a store that outlives the process, and that no other
// process writes, the generation that was replaced last is retained for Config.KeepReplaced: code
// that makes the same rows from the same events, by the same handlers, as after a rollback, revives
// it, folds what came since, and promotes it.

// Retains reports whether replaced generations are kept.
func (c *Construction) Retains() bool {
	d, ok := c.config.Store.(brook.Durable)
	return c.config.KeepReplaced > 0 && ok && d.Durable() && !c.row.Fenced()
}

// retain makes next keep its live generation, which is about to be replaced.
func (c *Construction) retain(next *staterow.State) {
	next.Retained = nil
	if !c.Retains() || next.Made == nil || next.Mixed || next.Folds == "" || !plan.Alone(next.Made) {
		return
	}
	next.Retained = &staterow.Retained{
		Generation: next.Generation, Folds: next.Folds, Made: next.Made,
		Former: maps.Clone(next.Former), Kept: maps.Clone(next.Kept), Foreign: append([]string{}, next.Foreign...),
	}
	for id, offset := range c.claim.structure.positions() {
		next.Retained.Stood = append(next.Retained.Stood, id.At(offset))
	}
	slices.SortFunc(next.Retained.Stood, brook.Position.Compare)
}

// fits reports whether a generation is retained that the code would make as it is.
func (c *Construction) fits(s *staterow.State) bool {
	kept := s.Retained
	return kept != nil && c.Retains() && c.code.Makes(kept.Made, kept.Folds) &&
		(kept.Folds == c.code.Contract || kept.Foreign != nil) && len(foreign(kept.Foreign, c.code)) == 0 &&
		time.Now().UTC().Sub(s.Replaced[kept.Generation]) < c.config.KeepReplaced
}

// Revivable reports whether a generation is retained that the code would make as it is. The caller
// does not hold the quiesce lock.
func (c *Construction) Revivable(ctx context.Context) bool {
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return false
	}
	defer c.lock.Leave(v)
	return c.RevivableLocked()
}

// RevivableLocked is Revivable for a caller who holds or visits the quiesce lock.
func (c *Construction) RevivableLocked() bool { return c.fits(c.row.Known()) }

// Revive is Build, but begins with the generation that is retained, and returns up to where that
// was folded when it was replaced. The generation is nil if there is none that fits the code.
// Whatever ends the construction, it stays retained until it is promoted or its time is over.
func (c *Construction) Revive(ctx context.Context) (
	g *generation.Generation, stood []brook.Position, err error,
) {
	resume, err := c.obsolete.Pause(ctx)
	if err != nil {
		return nil, nil, err
	}
	var kept *staterow.Retained
	err = c.row.Update(ctx, func(next *staterow.State) error {
		if kept = nil; !c.fits(next) {
			return staterow.ErrUnchanged
		}
		kept = next.Retained
		if next.Building != 0 && next.Building != kept.Generation {
			next.Dropped = append(next.Dropped, next.Building)
		}
		next.Dropped = slices.DeleteFunc(next.Dropped, func(n int) bool { return n == kept.Generation })
		next.Building = kept.Generation
		c.building, c.revived = kept.Generation, kept
		return nil
	}, nil)
	resume()
	if kept == nil {
		return nil, nil, err
	}
	if err != nil { // it may be stored all the same
		return &generation.Generation{Number: kept.Generation}, nil, err
	}
	was := &staterow.State{Generation: kept.Generation, Folds: kept.Folds, Kept: kept.Kept}
	if g, err = c.opener.OpenLive(ctx, was, nil); err != nil {
		return &generation.Generation{Number: kept.Generation}, nil, err
	}
	if lost := g.Shapes.Lost(); len(lost) > 0 {
		return g, nil, fmt.Errorf("%w: %s", brook.ErrUnreadable, lost[0])
	}
	return g, kept.Stood, c.recordShapes(ctx, g)
}

// restore makes next name sets and indexes as a revived generation has them. What other code knew
// that folded since is noted before next forgets it.
func (c *Construction) restore(next *staterow.State) {
	next.Foreign = append(slices.Clip(next.Foreign), c.revived.Foreign...)
	noteForeign(next, c.code)
	next.Made, next.Former, next.Kept = c.revived.Made, c.revived.Former, c.revived.Kept
	delete(next.Replaced, c.revived.Generation)
}
