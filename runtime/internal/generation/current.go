package generation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
	"github.com/brookgen/brookgen/runtime/internal/tenancy"
)

// If several processes write the store, one of them may rebuild the views, and remove the
// generation that others still read. So nobody reads a generation for longer than freshFor without
// asking the store whether it is still the live one, and one that was replaced is kept for KeptFor.
// The difference is for long scans, and for clocks that differ.
const (
	freshFor = 5 * time.Second
	scanFor  = 30 * time.Second // how long a scan may go on in a generation after it was live
	KeptFor  = time.Minute      // how long a generation is kept after it was replaced
)

// Current is the generation that memory knows as the live one, and how fresh that is. It is safe
// for concurrent use.
type Current struct {
	parts Parts
	born  time.Time // zero of the clock that age reads
	gen   atomic.Pointer[Generation]

	renewMu   sync.Mutex   // held while the store is asked which generation is live
	confirmed atomic.Int64 // age when that was asked last
}

// Parts are what Current is made of, and what it calls.
type Parts struct {
	Name   string // of the app
	Row    *staterow.Row
	Opener *Opener
	Hold   *tenancy.Hold
	// Renewed is called if the live generation is another one than before (other), or has other
	// indexes.
	Renewed func(other bool)
	// Shown is called if another generation became the live one; old is the one that it replaces,
	// which may still be read, nil for the first.
	Shown func(old *Generation)
	// Unread is called if nobody reads a generation any more that was replaced.
	Unread func()
}

// NewCurrent returns the live generation of an app, which is nil until Open.
func NewCurrent(p Parts) *Current { return &Current{parts: p, born: time.Now()} }

// Open opens the generation that the state names, the first time.
func (c *Current) Open(ctx context.Context) error {
	g, err := c.parts.Opener.OpenLive(ctx, c.parts.Row.Known(), nil)
	if err == nil {
		c.gen.Store(g)
	}
	return err
}

// Load returns the generation.
func (c *Current) Load() *Generation { return c.gen.Load() }

// Number returns the generation's number.
func (c *Current) Number() int { return c.gen.Load().Number }

// Shared reports whether several processes may write the store, so that any of them may replace the
// generation.
func (c *Current) Shared() bool { return c.parts.Row.Fenced() }

// Reindex opens the indexes that the state in memory names, and returns the generation with them.
// The caller holds the quiesce lock.
func (c *Current) Reindex(ctx context.Context) (*Generation, error) {
	g, err := c.parts.Opener.OpenLive(ctx, c.parts.Row.Known(), c.gen.Load())
	if err == nil {
		c.gen.Store(g)
	}
	return g, err
}

// Show makes g, with the indexes that a state names, the live generation. The caller holds the
// quiesce lock.
func (c *Current) Show(g *Generation, kept map[string]staterow.KeptIndex) {
	g.kept = kept
	c.show(g)
}

func (c *Current) show(g *Generation) { c.parts.Shown(c.gen.Swap(g)) }

// age returns how old c is, by a clock that nobody sets.
func (c *Current) age() time.Duration { return time.Since(c.born) }

// Confirm makes sure that Load returns a generation that the store had as the live one less than
// freshFor ago. Of a store that only this process writes, it makes sure that it is the live one.
// The caller may hold or visit the quiesce lock.
func (c *Current) Confirm(ctx context.Context) error {
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
func (c *Current) confirmedNow() bool {
	if !c.Shared() {
		return !c.parts.Hold.Displaced()
	}
	return c.age()-time.Duration(c.confirmed.Load()) < freshFor
}

// Renew reads the state, makes the generation that it names the live one, and returns the state.
// What memory knows of the row stays as it is. Tasks need not rest: what they commit is checked
// against the state.
func (c *Current) Renew(ctx context.Context) (staterow.State, error) {
	c.renewMu.Lock()
	defer c.renewMu.Unlock()
	return c.renew(ctx)
}

// renew is Renew for a caller who holds renewMu.
func (c *Current) renew(ctx context.Context) (staterow.State, error) {
	asked := c.age()
	next, err := c.parts.Row.Read(ctx)
	if errors.Is(err, brook.ErrNotFound) {
		err = fmt.Errorf("brook: reload %s: %w", c.parts.Name, errStateLost)
	}
	if err != nil {
		return staterow.State{}, err
	}
	was := c.gen.Load()
	g, err := c.parts.Opener.OpenLive(ctx, &next, was)
	switch {
	case err != nil:
		return staterow.State{}, err
	case g.Number == was.Number && g != was:
		c.gen.Store(g)
		c.parts.Renewed(false)
	case g != was:
		c.show(g)
		c.parts.Renewed(true)
	}
	c.confirmed.Store(int64(asked))
	return next, nil
}

var errStateLost = errors.New("the store lost the app's state: bring back what it had," +
	" or start the app anew to fold the log from its start")

// Pin returns the live generation, which this process does not remove until Unpin. The caller
// folds, or has called Confirm.
func (c *Current) Pin() *Generation {
	for {
		if g, ok := c.tryPin(); ok {
			return g
		}
	}
}

// tryPin is Pin, but returns false if the generation was replaced in between and is being removed.
func (c *Current) tryPin() (*Generation, bool) {
	g := c.gen.Load()
	return g, g.pins.Pin()
}

// Unpin ends a read of g. The last one of a generation that was replaced makes it be removed, by
// the app of the name that folds, too.
func (c *Current) Unpin(g *Generation) {
	if !g.pins.Unpin() || c.Number() == g.Number {
		return
	}
	c.parts.Unread()
	c.parts.Hold.Rouse()
}
