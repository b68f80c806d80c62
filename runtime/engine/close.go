package engine

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Close ends Run where it is under way, waits for it, and ends all waiting calls with [ErrClosed]. It closes
// neither driver nor store. Closing twice is fine.
//
// It waits for twice Config.ShutdownTimeout, and then gives an error that wraps [ErrRunning] and says what has not ended: a handler or hook
// that does not heed its context, or one that calls Close itself, and so would wait for its own end; an effect of Run may call it. The app is closed all the same, and
// Close can be called again to wait for what is left.
func (a *App) Close() error {
	if a.closed.CompareAndSwap(false, true) {
		close(a.done)
		a.cancel()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*a.config.ShutdownTimeout)
	defer cancel()
	if !a.running.LockContext(ctx) {
		return a.unended("Run or CatchUp")
	}
	defer a.running.Unlock()
	if !a.rebuildMu.LockContext(ctx) {
		return a.unended("Rebuild")
	}
	defer a.rebuildMu.Unlock()
	if a.gate.Lock(ctx) != nil { // whoever processes or redrives is done, or will find the app closed
		return a.unended("Process, Redrive or Drop")
	}
	a.gate.Unlock()
	a.hub.Close()
	a.background.Wait()
	return nil
}

// busy is the error of who would run an app that somebody runs, or closes.
func (a *App) busy() error {
	if a.closed.Load() {
		return brook.ErrClosed
	}
	return brook.ErrRunning
}

func (a *App) unended(what string) error {
	return fmt.Errorf("%w: close %s: %s has not ended within %s: a handler, effect or hook does not heed its context, or calls Close itself",
		brook.ErrRunning, a.config.Name, what, 2*a.config.ShutdownTimeout)
}
