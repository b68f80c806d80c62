package engine

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
)

// Close ends Run if it is under way, waits for it, and ends all waiting calls with an error that
// wraps [brook.ErrClosed]. It closes neither driver nor store. It may be called more than once.
//
// Calls that wait end at once. A handler of Process or Redrive, a commit or a publication in flight
// may go on for Config.ShutdownTimeout, and then its context ends; what it did may be stored all
// the same. Once Close returned nil, the app commits nothing to the store.
//
// Close waits for twice Config.ShutdownTimeout, and then returns an error that wraps
// [brook.ErrRunning]. It says which call has not ended, and what that waits for as far as is known:
// an answer of the store or the driver, or a handler, effect or hook that does not heed its
// context, or that calls Close itself, and so would wait for its own end; an effect of Run may call
// it. The app is closed all the same, and Close can be called again to wait for what is left.
func (a *App) Close() error {
	l := a.life
	l.End()
	a.tasks.Running.Enter(gauge.Closed, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 2*a.config.ShutdownTimeout)
	defer cancel()
	if !l.running.LockContext(ctx) {
		return a.unended("Run or CatchUp")
	}
	defer l.running.Unlock()
	if !l.rebuilding.LockContext(ctx) {
		return a.unended("Rebuild")
	}
	defer l.rebuilding.Unlock()
	// Who processes or redrives is done then, or will find the app closed.
	if a.tasks.Lock.Lock(ctx) != nil {
		return a.unended("Process, Redrive or Drop")
	}
	a.tasks.Lock.Unlock()
	a.tasks.Hub.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.background.Wait()
	}()
	// It heeds its context: however short the timeout is, it has a moment to see that.
	timer := time.NewTimer(max(time.Second, 2*a.config.ShutdownTimeout))
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		return a.unended("the work in the background, which follows the store and removes old views,")
	}
}

// unended returns the error of Close for what has not ended.
func (a *App) unended(what string) error {
	why := a.tasks.Retry.Pending.Longest()
	if why == "" {
		why = "a handler, effect or hook, or a call of the store or the driver, does not heed its " +
			"context, or somebody calls Close from within"
	}
	return fmt.Errorf("%w: close %s: %s has not ended within %s: %s",
		brook.ErrRunning, a.config.Name, what, 2*a.config.ShutdownTimeout, why)
}
