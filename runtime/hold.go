package brook

import (
	"fmt"
	"sync"
)

// hold is an app's hold on its name in a store that is the process's own: while the app folds, no other app of that name does, which
// would count every event twice.
type hold struct {
	mu      sync.Mutex
	users   int
	release func()
}

// hold takes the name, for as long as one of those who took it has not called the function returned. Another app that has it is [ErrRunning].
func (a *App) hold() (release func(), err error) {
	h, ok := a.store.(Holder)
	if !ok || a.fenced() {
		return func() {}, nil
	}
	a.held.mu.Lock()
	defer a.held.mu.Unlock()
	if a.held.users == 0 {
		if a.held.release, ok = h.Hold(a.config.Name); !ok {
			return nil, fmt.Errorf("%w: another App of the name %s over the same store: give one of them another Config.Name, or use one App", ErrRunning, a.config.Name)
		}
	}
	a.held.users++
	return func() {
		a.held.mu.Lock()
		defer a.held.mu.Unlock()
		if a.held.users--; a.held.users == 0 {
			a.held.release()
		}
	}, nil
}
