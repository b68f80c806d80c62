package catalog

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// hold is an app's hold on its name in a store that is the process's own: while the app folds, no other app of that name does, which
// would count every event twice.
type hold struct {
	turn  quiesce.Mutex
	name  *holds.Name // nil: the store is no such
	users int
	self  *holds.Tenant // the app, as others of its name know it
	known uint64        // the turn of the name that memory is as new as
}

// openHold finds the name, before anything is read of the store.
func (c *Catalog) openHold() {
	c.held.turn = quiesce.NewMutex()
	c.held.self = &holds.Tenant{Rouse: c.Leftovers.Wake}
	if h, ok := c.Store.(brook.Holder); ok && !c.Fenced() {
		if holds := h.Holds(); holds != nil {
			c.held.name = holds.Name(c.config.Name)
			c.held.known = c.held.name.Seen()
		}
	}
}

// Hold takes the name until each of those who took it has called the function returned. Another app that has it is [ErrRunning]. If another
// app had it since this one did, what memory knows of the store is read anew.
func (c *Catalog) Hold(ctx context.Context) (release func(), err error) {
	h := &c.held
	if h.name == nil {
		return func() {}, nil
	}
	ctx, cancel := c.WhileOpen(ctx)
	defer cancel()
	if !h.turn.LockContext(ctx) {
		return nil, retry.Ending(ctx)
	}
	defer h.turn.Unlock()
	defer func() { err = Closing(ctx, err) }()
	if h.users == 0 {
		before, ok, err := h.name.Take(ctx, h.self)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: another App of the name %s over the same store: give one of them another Config.Name, or use one App", brook.ErrRunning, c.config.Name)
		}
		if before != h.known {
			if err := c.on.Taken(ctx); err != nil {
				h.name.Release()
				return nil, err
			}
		}
		h.known = h.name.Holds(h.self, c.Live.Load().Number)
		if c.Leftovers.missed.Swap(false) {
			c.Leftovers.Wake()
		}
	}
	h.users++
	return func() {
		h.turn.Lock()
		defer h.turn.Unlock()
		if h.users--; h.users == 0 {
			h.name.Release()
		}
	}, nil
}

// displacedByOther reports whether another app of the name, in the same process, replaced the live generation that this one knows.
func (c *Catalog) displacedByOther() bool {
	h := &c.held
	if h.name == nil {
		return false
	}
	live := h.name.Live.Load()
	return live != 0 && live != int64(c.Live.Load().Number) && h.name.By.Load() != h.self
}

// Shown notes the live generation for other apps of the name, if this app holds it.
func (c *Catalog) Shown() {
	if n := c.held.name; n != nil && n.By.Load() == c.held.self {
		n.Live.Store(int64(c.Live.Load().Number))
	}
}

// cleaning makes ctx one in which leftovers may be removed, until end: no other app of the name folds, and memory is as new as the store.
// It reports false if another app folds, or did since.
func (c *Catalog) cleaning(ctx context.Context) (cleaning context.Context, end func(), ok bool) {
	n := c.held.name
	if n == nil {
		return ctx, func() {}, true
	}
	if !c.held.turn.LockContext(ctx) {
		return nil, nil, false
	}
	defer c.held.turn.Unlock()
	if cleaning, end, ok = n.Clean(ctx, c.held.self, c.held.known); !ok {
		c.Leftovers.missed.Store(true)
	}
	return cleaning, end, ok
}
