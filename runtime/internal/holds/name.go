package holds

import (
	"context"
	"sync"
	"sync/atomic"
)

// Tenant is an app as the others of its name know it.
type Tenant struct {
	Rouse func() // makes the app look whether there are leftovers to remove
}

// Name is what the apps of one name know of each other. One of them at a time takes the name and
// folds.
type Name struct {
	Opening sync.Mutex // held by the app that creates the state of a new store

	Live atomic.Int64           // number of the live generation; 0: not known
	By   atomic.Pointer[Tenant] // the app that called Holds last, until Release; nil: none

	mu      sync.Mutex
	taken   bool          // guarded by mu, like all below
	terms   uint64        // how often the name was taken
	cancel  func()        // ends the removal of leftovers that is under way; nil: there is none
	cleaned chan struct{} // closed when that removal has ended
	cleaner *Tenant       // whose removal it is
	pins    map[int]*Pins // by generation; those of removed ones stay, so that no read of one begins
}

// Seen returns the term that what is read of the store from now on is as new as, unless somebody
// takes the name meanwhile: the last one that has ended.
func (n *Name) Seen() uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.taken {
		return n.terms - 1
	}
	return n.terms
}

// Take takes the name for app a, and returns the number of the term before. It returns false if an
// app has it. If another app removes leftovers, Take ends that and waits until it has ended, or
// returns the error of ctx.
func (n *Name) Take(ctx context.Context, a *Tenant) (before uint64, ok bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for !n.taken && n.cancel != nil && n.cleaner != a {
		n.cancel()
		cleaned := n.cleaned
		n.mu.Unlock()
		select {
		case <-cleaned:
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
	n.terms++
	return n.terms - 1, true, nil
}

// Holds publishes that a, which took the name, knows what the store has, and which generation is
// live. It returns the number of the term. Only the app that took the name calls it.
func (n *Name) Holds(a *Tenant, live int) uint64 {
	n.Live.Store(int64(live))
	n.By.Store(a)
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.terms
}

// Release ends the term. Only the app that took the name calls it.
func (n *Name) Release() {
	n.By.Store(nil)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = false
}

// Clean begins a removal of leftovers by app a, which knows the store as of a term. The context
// that it returns ends when another app takes the name; a must then call end, in any case once. It
// returns false if another app folds or did after that term, or if leftovers are being removed.
func (n *Name) Clean(ctx context.Context, a *Tenant, known uint64) (
	cleaning context.Context, end func(), ok bool,
) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.terms != known || n.cancel != nil {
		return nil, nil, false
	}
	cleaning, cancel := context.WithCancel(ctx)
	cleaned := make(chan struct{})
	n.cancel, n.cleaned, n.cleaner = cancel, cleaned, a
	return cleaning, func() {
		cancel()
		n.mu.Lock()
		defer n.mu.Unlock()
		n.cancel, n.cleaned, n.cleaner = nil, nil, nil
		close(cleaned)
	}, true
}

// PinsOf returns the pins of a generation, the same for all apps of the name.
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
