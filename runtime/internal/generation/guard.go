package generation

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Guard watches over reads of one generation that take long. One goroutine uses it.
type Guard struct {
	Gen *Generation // that is read

	current *Current
	known   time.Duration // age when Gen was known to be the live one
}

// Guarded begins a read of the live generation, which this process does not remove until End. The
// caller does not hold the quiesce lock.
func (c *Current) Guarded(ctx context.Context) (*Guard, error) {
	for {
		if err := c.Confirm(ctx); err != nil {
			return nil, err
		}
		known := time.Duration(c.confirmed.Load()) // first: the generation is as new, or newer
		if g, ok := c.tryPin(); ok {
			return &Guard{Gen: g, current: c, known: known}, nil
		}
	}
}

// End ends the read.
func (g *Guard) End() { g.current.Unpin(g.Gen) }

// Check returns ErrSnapshotMoved if what was just read may be under removal by another process. A
// nil Guard checks nothing.
func (g *Guard) Check(ctx context.Context) error {
	if g == nil || !g.current.Shared() || g.current.age()-g.known < freshFor {
		return nil
	}
	if err := g.current.Confirm(ctx); err != nil {
		return err
	}
	known := time.Duration(g.current.confirmed.Load())
	if g.current.Number() == g.Gen.Number {
		g.known = known
		return nil
	}
	if g.current.age()-g.known > scanFor {
		return fmt.Errorf("%w: the views were rebuilt, and those that this reads are removed",
			brook.ErrSnapshotMoved)
	}
	return nil
}
