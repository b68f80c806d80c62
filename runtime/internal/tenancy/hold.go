// Package tenancy is an app's hold on its name in a store that only this process writes: while the
// app folds, no other app of that name does, which would count every event twice. What the apps of
// one name know of each other is in package holds.
//
// Package catalog makes one Hold per app. Whoever folds takes it, and whoever removes obsolete
// generations asks it. Any goroutine may call any method. Hold.mu guards who needs the name, and
// is held while the name is taken and memory is read anew: the quiesce lock comes after it.
package tenancy

import (
	"context"
	"fmt"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/holds"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Hold is an app's hold on its name. Over a store that several processes write, or whose apps do
// not know of each other, every app holds its name at any time. It is safe for concurrent use.
type Hold struct {
	parts  Parts
	name   *holds.Name   // nil: the store has none
	self   *holds.Tenant // the app, as others of its name know it
	missed atomic.Bool   // another app of the name folded when this one was to clean

	mu    quiesce.Mutex
	users int    // calls that need the name; guarded by mu
	known uint64 // the term of the name that memory is as new as; guarded by mu
}

// Parts are what a hold is made of.
type Parts struct {
	Config *brook.Config
	Life   *lifetime.App
	// Live returns the number of the generation that memory knows as the live one.
	Live func() int
	// Taken is called if another app of the name held it since this one did: memory is out of date.
	Taken func(context.Context) error
	// Rouse makes the app look whether there is something to clean. It does not wait.
	Rouse func()
}

// New returns an app's hold on its name, which it does not take. It is called before anything is
// read of the store.
func New(p Parts) *Hold {
	h := &Hold{parts: p, self: &holds.Tenant{Rouse: p.Rouse}, mu: quiesce.NewMutex()}
	if f, ok := p.Config.Store.(brook.Fenced); ok && f.Fenced() {
		return h
	}
	if s, ok := p.Config.Store.(brook.Holder); ok {
		if names := s.Holds(); names != nil {
			h.name = names.Name(p.Config.Name)
			h.known = h.name.Seen()
		}
	}
	return h
}

// Open calls open while no other app of the name in this process opens the store.
func (h *Hold) Open(open func() error) error {
	if h.name != nil {
		h.name.Opening.Lock()
		defer h.name.Opening.Unlock()
	}
	return open()
}

// Take takes the name until every caller of Take has called its release. The error is ErrRunning if
// another app has the name. If another app had it since this one did, Parts.Taken reads anew what
// memory has of the store. The caller does not hold the quiesce lock.
func (h *Hold) Take(ctx context.Context) (release func(), err error) {
	if h.name == nil {
		return func() {}, nil
	}
	ctx, cancel := h.parts.Life.WhileOpen(ctx)
	defer cancel()
	if !h.mu.LockContext(ctx) {
		return nil, retry.Ending(ctx)
	}
	defer h.mu.Unlock()
	if h.users == 0 {
		if err := h.begin(ctx); err != nil {
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

// begin takes the name, and brings memory up to date. The caller holds mu.
func (h *Hold) begin(ctx context.Context) error {
	before, ok, err := h.name.Take(ctx, h.self)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: another App of the name %s over the same store: give one of them"+
			" another Config.Name, or use one App", brook.ErrRunning, h.parts.Config.Name)
	}
	if before != h.known {
		if err := h.parts.Taken(ctx); err != nil {
			h.name.Release()
			return err
		}
	}
	h.known = h.name.Holds(h.self, h.parts.Live())
	if h.missed.Swap(false) {
		h.parts.Rouse()
	}
	return nil
}

// Displaced reports whether another app of the name, in this process, replaced the live generation
// that this one knows.
func (h *Hold) Displaced() bool {
	if h.name == nil {
		return false
	}
	live := h.name.Live.Load()
	return live != 0 && live != int64(h.parts.Live()) && h.name.By.Load() != h.self
}

// Publish publishes the live generation to other apps of the name, if this app has it.
func (h *Hold) Publish() {
	if n := h.name; n != nil && n.By.Load() == h.self {
		n.Live.Store(int64(h.parts.Live()))
	}
}

// Rouse rouses the app that has the name, if there is one.
func (h *Hold) Rouse() {
	if h.name == nil {
		return
	}
	if by := h.name.By.Load(); by != nil {
		by.Rouse()
	}
}

// PinsOf returns the pins of a generation, which apps of the name share. Over a store whose apps do
// not know of each other, each call returns new ones.
func (h *Hold) PinsOf(number int) *holds.Pins {
	if h.name == nil {
		return &holds.Pins{}
	}
	return h.name.PinsOf(number)
}

// Clean returns a context in which obsolete generations may be removed, until end: no other app of
// the name folds, and memory is as new as the store. It ends when another app takes the name. Clean
// returns false if another app folds, or did since. When this app takes the name next, it is roused
// for what it could not clean.
func (h *Hold) Clean(ctx context.Context) (cleaning context.Context, end func(), ok bool) {
	if h.name == nil {
		return ctx, func() {}, true
	}
	if !h.mu.LockContext(ctx) {
		return nil, nil, false
	}
	defer h.mu.Unlock()
	cleaning, over, ok := h.name.Clean(ctx, h.self, h.known)
	if !ok {
		h.missed.Store(true)
		return nil, nil, false
	}
	return cleaning, func() {
		if cleaning.Err() != nil && ctx.Err() == nil { // another app folds from now on
			h.missed.Store(true)
		}
		over()
	}, true
}
