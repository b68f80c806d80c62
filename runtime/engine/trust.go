package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Where several processes write the store, one of them may rebuild the views, and remove the generation that others go on
// reading. So nobody goes by a generation for longer than freshFor without a look whether it is still the live one, and
// one that was replaced is kept for keptFor. What is between is for scans that are long, and for clocks that differ.
const (
	freshFor = 5 * time.Second
	scanFor  = 30 * time.Second // how long a scan may go on in a generation that it last knew to be the live one
	keptFor  = time.Minute
)

// age gives how old the app is, by a clock that nobody sets.
func (c *catalog) age() time.Duration { return time.Since(c.born) }

// confirm makes sure that the live generation is the one that the store had as such not longer than freshFor ago; of a store that is the
// process's own, that it is.
func (c *catalog) confirm(ctx context.Context) error {
	if !c.fenced() {
		return c.confirmHeld(ctx)
	}
	if c.age()-time.Duration(c.trusted.Load()) < freshFor {
		return nil
	}
	c.trustMu.Lock()
	defer c.trustMu.Unlock()
	if c.age()-time.Duration(c.trusted.Load()) < freshFor { // somebody else did
		return nil
	}
	_, err := c.renew(ctx)
	return err
}

// confirmHeld is confirm for a store that is the process's own, where another app of the name may have rebuilt.
func (c *catalog) confirmHeld(ctx context.Context) error {
	if !c.displacedByOther() {
		return nil
	}
	c.trustMu.Lock()
	defer c.trustMu.Unlock()
	if !c.displacedByOther() {
		return nil
	}
	_, err := c.renew(ctx)
	return err
}

// renew makes the generation the live one that the store has as such, and gives the state. It needs no rest of the lanes: what they commit
// is checked against the state. The caller holds trustMu.
func (c *catalog) renew(ctx context.Context) (state, error) {
	asked := c.age()
	next, err := c.readState(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = fmt.Errorf("brook: reload %s: %w", c.config.Name,
			errors.New("the store lost the app's state: bring back what it had, or start the app anew to fold the log from its start"))
	}
	if err != nil {
		return state{}, err
	}
	was := c.live.Load()
	g, err := c.openLive(ctx, &next, was)
	switch {
	case err != nil:
		return state{}, err
	case g.number == was.number && g != was:
		c.live.Store(g)
		c.on.renewed(false)
	case g != was:
		c.show(g)
		c.on.renewed(true)
	}
	c.trusted.Store(int64(asked))
	return next, nil
}

// guard watches over reads of one generation that take long.
type guard struct {
	catalog *catalog
	gen     *generation
	known   time.Duration // when it was known to be the live one
}

// guarded begins to read the live generation, which this process does not remove until end.
func (c *catalog) guarded(ctx context.Context) (*guard, error) {
	for {
		if err := c.confirm(ctx); err != nil {
			return nil, err
		}
		known := time.Duration(c.trusted.Load()) // before the generation, which is at least as new
		if g, ok := c.tryPin(); ok {
			return &guard{c, g, known}, nil
		}
	}
}

// end ends the reads.
func (g *guard) end() { g.catalog.unpin(g.gen) }

// check says whether what was just read counts: ErrSnapshotMoved where the generation may be under removal.
func (g *guard) check(ctx context.Context) error {
	if g == nil || !g.catalog.fenced() || g.catalog.age()-g.known < freshFor {
		return nil
	}
	if err := g.catalog.confirm(ctx); err != nil {
		return err
	}
	if known := time.Duration(g.catalog.trusted.Load()); g.catalog.live.Load().number == g.gen.number {
		g.known = known
		return nil
	}
	if g.catalog.age()-g.known > scanFor {
		return fmt.Errorf("%w: the views were rebuilt, and those that this reads are removed", brook.ErrSnapshotMoved)
	}
	return nil
}
