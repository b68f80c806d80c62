package catalog

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// promotion is what a process writes into the state if it can't promote what it built because
// others commit all the time. Their next commit fails, as the state is another one; they find the
// request then, and yield to it.
type promotion struct {
	Generation int    // to be promoted
	ID         string // of the request: no process yields twice to one
}

// yieldFor is how long a process yields at most to the promotion of another one.
const yieldFor = 3 * time.Second

// RequestPromotion asks other processes to yield to the promotion of g. The caller does not hold
// the quiesce lock.
func (c *Catalog) RequestPromotion(ctx context.Context, g *Generation) error {
	return c.update(ctx, func(next *state) error {
		if next.Building != g.Number {
			return ErrOvertaken
		}
		next.Promoting = &promotion{Generation: g.Number, ID: c.ids.Next()}
		return nil
	}, nil)
}

// YieldToPromotion waits, if another process has asked for that, until its promotion is over or
// yieldFor has passed. The caller does not hold the quiesce lock.
func (c *Catalog) YieldToPromotion(ctx context.Context) {
	for started := time.Now(); ; {
		v, err := c.lock.RLock(ctx)
		if err != nil {
			return
		}
		request, own := c.state.Promoting, c.building
		c.lock.Leave(v)
		if request == nil || request.Generation == own {
			return
		}
		if id := c.yielded.Load(); id != nil && *id == request.ID {
			return
		}
		if time.Since(started) >= yieldFor || retry.Sleep(ctx, yieldFor/100) != nil {
			c.yielded.Store(&request.ID)
			return
		}
		s, err := c.readState(ctx)
		if err == nil && (s.Promoting == nil || s.Promoting.ID != request.ID) {
			_ = c.Reload(ctx) // if it fails, the next commit shows that
		}
	}
}
