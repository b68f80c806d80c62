package catalog

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// promotionWait is how long a process waits at most for the promotion of another one.
const promotionWait = 3 * time.Second

// RequestPromotion asks other processes to wait for the promotion of g. The caller does not hold
// the quiesce lock.
func (c *Construction) RequestPromotion(ctx context.Context, g *generation.Generation) error {
	return c.row.Update(ctx, func(next *staterow.State) error {
		if next.Building != g.Number {
			return ErrOvertaken
		}
		next.Promoting = &staterow.Promotion{Generation: g.Number, ID: c.ids.Next()}
		return nil
	}, nil)
}

// AwaitPromotion waits, if another process has asked for that, until its promotion is over or
// promotionWait has passed. The caller does not hold the quiesce lock.
func (c *Construction) AwaitPromotion(ctx context.Context) {
	for started := time.Now(); ; {
		v, err := c.lock.RLock(ctx)
		if err != nil {
			return
		}
		request, own := c.row.Known().Promoting, c.building
		c.lock.Leave(v)
		if request == nil || request.Generation == own {
			return
		}
		if id := c.awaited.Load(); id != nil && *id == request.ID {
			return
		}
		if time.Since(started) >= promotionWait || retry.Sleep(ctx, promotionWait/100) != nil {
			c.awaited.Store(&request.ID)
			return
		}
		s, err := c.row.Read(ctx)
		if err == nil && (s.Promoting == nil || s.Promoting.ID != request.ID) {
			_ = c.reload(ctx) // if it fails, the next commit shows that
		}
	}
}
