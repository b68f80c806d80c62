// Package holds is what the apps of one process that share a store know of each other. It keeps
// two apps of one name from folding side by side, which would count every event twice; it lets one
// remove leftovers only while no other folds; and it counts who reads which generation. Stores that
// are a brook.Holder keep a Holds, the packages that run an app use it. Any goroutine may call
// anything in it.
//
// Lock order: Name.Opening, then the unexported mutexes, which are held for a moment only.
package holds

import "sync"

// Holds has the names of the apps that share a store. The zero Holds is ready for use; a Holds must
// not be copied. It is safe for concurrent use.
type Holds struct {
	mu    sync.Mutex
	names map[string]*Name // guarded by mu
}

// Name returns what is known of a name, the same for all apps that have it.
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
