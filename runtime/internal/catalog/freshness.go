package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// If several processes write the store, one of them may rebuild the views, and remove the
// generation that others still read. So nobody reads a generation for longer than freshFor without
// asking the store whether it is still the live one, and one that was replaced is kept for keptFor.
// The difference is for long scans, and for clocks that differ.
const (
	freshFor = 5 * time.Second
	scanFor  = 30 * time.Second // how long a scan may go on in a generation after it was live
	keptFor  = time.Minute
)

// age returns how old the app is, by a clock that nobody sets.
func (c *Catalog) age() time.Duration { return time.Since(c.born) }

// Confirm makes sure that Live is a generation that the store had as the live one less than
// freshFor ago. Of a store that only this process writes, it makes sure that Live is the live one.
// The caller does not hold renewMu; it may hold or visit the quiesce lock.
func (c *Catalog) Confirm(ctx context.Context) error {
	if c.confirmedNow() {
		return nil
	}
	c.renewMu.Lock()
	defer c.renewMu.Unlock()
	if c.confirmedNow() { // another goroutine did it
		return nil
	}
	_, err := c.renew(ctx)
	return err
}

// confirmedNow reports whether Confirm has nothing to do.
func (c *Catalog) confirmedNow() bool {
	if !c.Fenced() {
		return !c.hold.Displaced()
	}
	return c.age()-time.Duration(c.confirmed.Load()) < freshFor
}

// renew reads the state, makes the generation that it names the live one, and returns it. Tasks
// need not rest: what they commit is checked against the state. The caller holds renewMu.
func (c *Catalog) renew(ctx context.Context) (staterow.State, error) {
	asked := c.age()
	next, err := c.row.Read(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = fmt.Errorf("brook: reload %s: %w", c.config.Name, errStateLost)
	}
	if err != nil {
		return staterow.State{}, err
	}
	was := c.live.Load()
	g, err := c.openLive(ctx, &next, was)
	switch {
	case err != nil:
		return staterow.State{}, err
	case g.Number == was.Number && g != was:
		c.live.Store(g)
		c.on.Renewed(false)
	case g != was:
		c.show(g)
		c.on.Renewed(true)
	}
	c.confirmed.Store(int64(asked))
	return next, nil
}

var errStateLost = errors.New("the store lost the app's state: bring back what it had," +
	" or start the app anew to fold the log from its start")
