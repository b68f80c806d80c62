// Package holds keeps apps of one name from folding side by side into a store of one process, and knows who reads which generation.
package holds

import (
	"context"
	"sync"
	"sync/atomic"
)

// Holds is what the apps of one process know of each other that share a store: which of them folds under a name, and which views
// are the live ones. The zero Holds is ready for use; a Holds must not be copied. It is safe for concurrent use.
type Holds struct {
	mu    sync.Mutex
	names map[string]*Name
}

// Tenant is an app as the others of its name know it.
type Tenant struct {
	Rouse func() // makes it look whether there are leftovers to remove
}

// Name is what the apps of one name know of each other.
type Name struct {
	Opening sync.Mutex // of who makes the state of a new store

	Live atomic.Int64           // the number of the live generation; 0: not known
	By   atomic.Pointer[Tenant] // who holds the name, and knows what the store has; nil: nobody

	mu     sync.Mutex
	taken  bool
	turns  uint64        // how often it was taken
	sweep  func()        // ends the removal of leftovers that is under way; nil: there is none
	swept  chan struct{} // closed when that has ended
	sweeps *Tenant       // whose it is
	pins   map[int]*Pins // by the number of the generation; those of removed ones stay, so that nobody begins to read these
}

// Name returns what is known of a name.
func (h *Holds) Name(name string) *Name {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.names[name]
	if n == nil {
		if h.names == nil {
			h.names = map[string]*Name{}
		}
		n = &Name{pins: map[int]*Pins{}}
		h.names[name] = n
	}
	return n
}

// Seen returns the turn that what is read from now on is as new as, unless somebody takes the name meanwhile.
func (n *Name) Seen() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.taken {
		return n.turns - 1
	}
	return n.turns
}

// Take takes the name, and returns the turn before; ok is false if another app has it. A removal of leftovers by another app is ended first.
func (n *Name) Take(ctx context.Context, a *Tenant) (before uint64, ok bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !n.taken && n.sweep != nil && n.sweeps != a {
		n.sweep()
		swept := n.swept
		n.mu.Unlock()
		select {
		case <-swept:
		case <-ctx.Done():
		}
		n.mu.Lock()
		if ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
	}
	if n.taken {
		return 0, false, nil
	}
	n.taken = true
	n.turns++
	return n.turns - 1, true, nil
}

// Holds notes that a, which took the name, knows what the store has, and which generation is live, and returns the turn.
func (n *Name) Holds(a *Tenant, live int) uint64 {
	n.Live.Store(int64(live))
	n.By.Store(a)
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.turns
}

// Release gives the name up.
func (n *Name) Release() {
	n.By.Store(nil)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = false
}

// Clean begins a removal of leftovers, until end or until another app takes the name. It reports false if another app folds, or did
// after the turn known, or removes leftovers.
func (n *Name) Clean(ctx context.Context, a *Tenant, known uint64) (cleaning context.Context, end func(), ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.turns != known || n.sweep != nil {
		return nil, nil, false
	}
	cleaning, cancel := context.WithCancel(ctx)
	swept := make(chan struct{})
	n.sweep, n.swept, n.sweeps = cancel, swept, a
	return cleaning, func() {
		cancel()
		n.mu.Lock()
		defer n.mu.Unlock()
		n.sweep, n.swept, n.sweeps = nil, nil, nil
		close(swept)
	}, true
}

// PinsOf returns the pins of a generation, which all apps of the name share.
func (n *Name) PinsOf(number int) *Pins {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pins[number]
	if p == nil {
		p = &Pins{}
		n.pins[number] = p
	}
	return p
}
