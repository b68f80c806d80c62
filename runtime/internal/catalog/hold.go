package catalog

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// hold is an app's hold on its name in a store that only this process writes: while the app folds,
// no other app of that name does, which would count every event twice.
type hold struct {
	mu    quiesce.Mutex
	name  *holds.Name   // nil: the store is no such; set by New
	self  *holds.Tenant // the app, as others of its name know it; set by New
	users int           // calls that need the name; guarded by mu
	known uint64        // the term of the name that memory is as new as; guarded by mu
}

// openHold finds the name, before anything is read of the store.
func (c *Catalog) openHold() {
	c.held.mu = quiesce.NewMutex()
	c.held.self = &holds.Tenant{Rouse: c.SweepSoon}
	if h, ok := c.store.(brook.Holder); ok && !c.Fenced() {
		if holds := h.Holds(); holds != nil {
			c.held.name = holds.Name(c.config.Name)
			c.held.known = c.held.name.Seen()
		}
	}
}

// Hold takes the name until every caller of Hold has called its release. The error is ErrRunning if
// another app has the name. If another app had it since this one did, Owner.Taken reads anew what
// memory has of the store. The caller does not hold the quiesce lock.
func (c *Catalog) Hold(ctx context.Context) (release func(), err error) {
	h := &c.held
	if h.name == nil {
		return func() {}, nil
	}
	ctx, cancel := c.life.WhileOpen(ctx)
	defer cancel()
	if !h.mu.LockContext(ctx) {
		return nil, retry.Ending(ctx)
	}
	defer h.mu.Unlock()
	if h.users == 0 {
		if err := c.takeName(ctx); err != nil {
			return nil, lifetime.Closing(ctx, err)
		}
	}
	h.users++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.users--; h.users == 0 {
			h.name.Release()
		}
	}, nil
}

// takeName takes the name, and brings memory up to date. The caller holds hold.mu.
func (c *Catalog) takeName(ctx context.Context) error {
	h := &c.held
	before, ok, err := h.name.Take(ctx, h.self)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: another App of the name %s over the same store: give one of them"+
			" another Config.Name, or use one App", brook.ErrRunning, c.config.Name)
	}
	if before != h.known {
		if err := c.on.Taken(ctx); err != nil {
			h.name.Release()
			return err
		}
	}
	h.known = h.name.Holds(h.self, c.live.Load().Number)
	if c.obsolete.missed.Swap(false) {
		c.SweepSoon()
	}
	return nil
}

// displacedByOther reports whether another app of the name, in this process, replaced the live
// generation that this one knows.
func (c *Catalog) displacedByOther() bool {
	h := &c.held
	if h.name == nil {
		return false
	}
	live := h.name.Live.Load()
	return live != 0 && live != int64(c.live.Load().Number) && h.name.By.Load() != h.self
}

// noteHeld publishes the live generation to other apps of the name, if this app holds it.
func (c *Catalog) noteHeld() {
	if n := c.held.name; n != nil && n.By.Load() == c.held.self {
		n.Live.Store(int64(c.live.Load().Number))
	}
}

// cleaning returns a context in which obsolete generations may be removed, until end: no other app
// of the name folds, and memory is as new as the store. It returns false if another app folds, or
// did since.
func (c *Catalog) cleaning(ctx context.Context) (cleaning context.Context, end func(), ok bool) {
	n := c.held.name
	if n == nil {
		return ctx, func() {}, true
	}
	if !c.held.mu.LockContext(ctx) {
		return nil, nil, false
	}
	defer c.held.mu.Unlock()
	if cleaning, end, ok = n.Clean(ctx, c.held.self, c.held.known); !ok {
		c.obsolete.missed.Store(true)
	}
	return cleaning, end, ok
}
