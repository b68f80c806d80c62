package lifetime

import (
	"context"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// call is the context of a call: the context of its caller, cut short by the end of the app. It
// registers with both only if somebody waits for its end. Most calls find what they need in memory
// and never wait, and making a context that both may cancel costs more than all else that they do.
type call struct {
	caller context.Context
	app    context.Context // with ErrClosed as its cause

	mu     sync.Mutex
	merged context.Context // made when Done is called; guarded by mu
	cancel func()          // of merged; guarded by mu
	over   bool            // the call returned; guarded by mu
}

// begin returns a context that ends with caller and with app. The caller calls the function when
// done with it.
func begin(caller, app context.Context) (context.Context, func()) {
	c := &call{caller: caller, app: app}
	return c, c.end
}

// end ends the context: the call returned.
func (c *call) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.merged != nil {
		c.cancel()
	}
}

// merge makes the context that both may cancel, if there is none. The caller holds mu.
func (c *call) merge() {
	if c.merged != nil {
		return
	}
	ctx, cancel := context.WithCancelCause(c.caller)
	c.merged, c.cancel = ctx, func() { cancel(nil) }
	switch {
	case c.over:
		cancel(nil)
	case c.app.Err() != nil: // at once, not in a moment: Err returns what this comes to
		cancel(brook.ErrClosed)
	default:
		stop := context.AfterFunc(c.app, func() { cancel(brook.ErrClosed) })
		c.cancel = func() {
			stop()
			cancel(nil)
		}
	}
}

func (c *call) Deadline() (time.Time, bool) { return c.caller.Deadline() }

func (c *call) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.merge()
	return c.merged.Done()
}

func (c *call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.merged == nil {
		if err := c.caller.Err(); err != nil {
			return err
		}
		if !c.over && c.app.Err() == nil {
			return nil
		}
		c.merge()
	}
	return c.merged.Err()
}

// Value returns a value of the caller's context. What package context looks for in this way, to
// cancel children of this one and for its cause, is that of the merged context if there is one.
func (c *call) Value(key any) any {
	c.mu.Lock()
	ctx := c.merged
	c.mu.Unlock()
	if ctx == nil {
		ctx = c.caller
	}
	return ctx.Value(key)
}
