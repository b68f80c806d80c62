package engine

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
func (c *catalog) openHold() {
	c.held.turn = quiesce.NewMutex()
	c.held.self = &holds.Tenant{Rouse: c.leftovers.rouse}
	if h, ok := c.store.(brook.Holder); ok && !c.fenced() {
		if holds := h.Holds(); holds != nil {
			c.held.name = holds.Name(c.config.Name)
			c.held.known = c.held.name.Seen()
		}
	}
}

// hold takes the name until each of those who took it has called the function returned. Another app that has it is [ErrRunning]. If another
// app had it since this one did, what memory knows of the store is read anew.
func (c *catalog) hold(ctx context.Context) (release func(), err error) {
	h := &c.held
	if h.name == nil {
		return func() {}, nil
	}
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	if !h.turn.LockContext(ctx) {
		return nil, retry.Ending(ctx)
	}
	defer h.turn.Unlock()
	defer func() { err = closing(ctx, err) }()
	if h.users == 0 {
		before, ok, err := h.name.Take(ctx, h.self)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: another App of the name %s over the same store: give one of them another Config.Name, or use one App", brook.ErrRunning, c.config.Name)
		}
		if before != h.known {
			if err := c.on.taken(ctx); err != nil {
				h.name.Release()
				return nil, err
			}
		}
		h.known = h.name.Holds(h.self, c.live.Load().number)
		if c.leftovers.missed.Swap(false) {
			c.leftovers.rouse()
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

// afterOthers reads anew what another app of the name may have changed.
func (a *App) afterOthers(ctx context.Context) error {
	a.unsure.Store(true)
	if err := a.doubtless(ctx); err != nil {
		return err
	}
	live := a.catalog.live.Load()
	a.catalog.leftovers.rouse()
	return a.retry.Do(ctx, "reload", func() error { return a.catalog.readShapes(ctx, live.shapes) })
}

// displacedByOther reports whether another app of the name, in the same process, replaced the live generation that this one knows.
func (c *catalog) displacedByOther() bool {
	h := &c.held
	if h.name == nil {
		return false
	}
	live := h.name.Live.Load()
	return live != 0 && live != int64(c.live.Load().number) && h.name.By.Load() != h.self
}

// shown notes the live generation for other apps of the name, if this app holds it.
func (c *catalog) shown() {
	if n := c.held.name; n != nil && n.By.Load() == c.held.self {
		n.Live.Store(int64(c.live.Load().number))
	}
}

// cleaning makes ctx one in which leftovers may be removed, until end: no other app of the name folds, and memory is as new as the store.
// It reports false if another app folds, or did since.
func (c *catalog) cleaning(ctx context.Context) (cleaning context.Context, end func(), ok bool) {
	n := c.held.name
	if n == nil {
		return ctx, func() {}, true
	}
	if !c.held.turn.LockContext(ctx) {
		return nil, nil, false
	}
	defer c.held.turn.Unlock()
	if cleaning, end, ok = n.Clean(ctx, c.held.self, c.held.known); !ok {
		c.leftovers.missed.Store(true)
	}
	return cleaning, end, ok
}
