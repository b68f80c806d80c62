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
func (a *App) openHold() {
	a.held.turn = quiesce.NewMutex()
	a.held.self = &holds.Tenant{Rouse: a.leftovers.rouse}
	if h, ok := a.store.(brook.Holder); ok && !a.fenced() {
		if holds := h.Holds(); holds != nil {
			a.held.name = holds.Name(a.config.Name)
			a.held.known = a.held.name.Seen()
		}
	}
}

// hold takes the name until each of those who took it has called the function returned. Another app that has it is [ErrRunning]. If another
// app had it since this one did, what memory knows of the store is read anew.
func (a *App) hold(ctx context.Context) (release func(), err error) {
	h := &a.held
	if h.name == nil {
		return func() {}, nil
	}
	ctx, cancel := a.whileOpen(ctx)
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
			return nil, fmt.Errorf("%w: another App of the name %s over the same store: give one of them another Config.Name, or use one App", brook.ErrRunning, a.config.Name)
		}
		if before != h.known {
			if err := a.on.taken(ctx); err != nil {
				h.name.Release()
				return nil, err
			}
		}
		h.known = h.name.Holds(h.self, a.live.Load().number)
		if a.leftovers.missed.Swap(false) {
			a.leftovers.rouse()
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
	live := a.live.Load()
	a.leftovers.rouse()
	return a.retry.Do(ctx, "reload", func() error { return a.readShapes(ctx, live.shapes) })
}

// displacedByOther reports whether another app of the name, in the same process, replaced the live generation that this one knows.
func (a *App) displacedByOther() bool {
	h := &a.held
	if h.name == nil {
		return false
	}
	live := h.name.Live.Load()
	return live != 0 && live != int64(a.live.Load().number) && h.name.By.Load() != h.self
}

// shown notes the live generation for other apps of the name, if this app holds it.
func (a *App) shown() {
	if n := a.held.name; n != nil && n.By.Load() == a.held.self {
		n.Live.Store(int64(a.live.Load().number))
	}
}

// cleaning makes ctx one in which leftovers may be removed, until end: no other app of the name folds, and memory is as new as the store.
// It reports false if another app folds, or did since.
func (a *App) cleaning(ctx context.Context) (cleaning context.Context, end func(), ok bool) {
	n := a.held.name
	if n == nil {
		return ctx, func() {}, true
	}
	if !a.held.turn.LockContext(ctx) {
		return nil, nil, false
	}
	defer a.held.turn.Unlock()
	if cleaning, end, ok = n.Clean(ctx, a.held.self, a.held.known); !ok {
		a.leftovers.missed.Store(true)
	}
	return cleaning, end, ok
}
