package catalog

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

// Age gives how old the app is, by a clock that nobody sets.
func (c *Catalog) Age() time.Duration { return time.Since(c.Born) }

// Confirm makes sure that the live generation is the one that the store had as such not longer than freshFor ago; of a store that is the
// process's own, that it is.
func (c *Catalog) Confirm(ctx context.Context) error {
	if !c.Fenced() {
		return c.confirmHeld(ctx)
	}
	if c.Age()-time.Duration(c.trusted.Load()) < freshFor {
		return nil
	}
	c.trustMu.Lock()
	defer c.trustMu.Unlock()
	if c.Age()-time.Duration(c.trusted.Load()) < freshFor { // somebody else did
		return nil
	}
	_, err := c.renew(ctx)
	return err
}

// confirmHeld is confirm for a store that is the process's own, where another app of the name may have rebuilt.
func (c *Catalog) confirmHeld(ctx context.Context) error {
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
func (c *Catalog) renew(ctx context.Context) (State, error) {
	asked := c.Age()
	next, err := c.ReadState(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = fmt.Errorf("brook: reload %s: %w", c.config.Name,
			errors.New("the store lost the app's state: bring back what it had, or start the app anew to fold the log from its start"))
	}
	if err != nil {
		return State{}, err
	}
	was := c.Live.Load()
	g, err := c.OpenLive(ctx, &next, was)
	switch {
	case err != nil:
		return State{}, err
	case g.Number == was.Number && g != was:
		c.Live.Store(g)
		c.on.Renewed(false)
	case g != was:
		c.Show(g)
		c.on.Renewed(true)
	}
	c.trusted.Store(int64(asked))
	return next, nil
}

// Guard watches over reads of one generation that take long.
type Guard struct {
	catalog *Catalog
	Gen     *Generation
	known   time.Duration // when it was known to be the live one
}

// Guarded begins to read the live generation, which this process does not remove until end.
func (c *Catalog) Guarded(ctx context.Context) (*Guard, error) {
	for {
		if err := c.Confirm(ctx); err != nil {
			return nil, err
		}
		known := time.Duration(c.trusted.Load()) // before the generation, which is at least as new
		if g, ok := c.tryPin(); ok {
			return &Guard{c, g, known}, nil
		}
	}
}

// End ends the reads.
func (g *Guard) End() { g.catalog.Unpin(g.Gen) }

// Check says whether what was just read counts: ErrSnapshotMoved where the generation may be under removal.
func (g *Guard) Check(ctx context.Context) error {
	if g == nil || !g.catalog.Fenced() || g.catalog.Age()-g.known < freshFor {
		return nil
	}
	if err := g.catalog.Confirm(ctx); err != nil {
		return err
	}
	if known := time.Duration(g.catalog.trusted.Load()); g.catalog.Live.Load().Number == g.Gen.Number {
		g.known = known
		return nil
	}
	if g.catalog.Age()-g.known > scanFor {
		return fmt.Errorf("%w: the views were rebuilt, and those that this reads are removed", brook.ErrSnapshotMoved)
	}
	return nil
}
