package catalog

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// promotion is what a process writes into the state that is to promote what it built while others commit all the time. Their next commit
// fails, as the state is another one; they see it then, and rest for a while.
type promotion struct {
	Generation int    // that is to be promoted
	ID         string // of this wish: nobody rests twice for one
}

// restFor is how long a process rests at most for the promotion of another one.
const restFor = 3 * time.Second

// AskForRest asks other processes to rest while g is promoted.
func (c *Catalog) AskForRest(ctx context.Context, g *Generation) error {
	return c.Update(ctx, func(next *State) error {
		if next.Building != g.Number {
			return ErrOvertaken
		}
		next.Promoting = &promotion{Generation: g.Number, ID: c.Ids.Next()}
		return nil
	}, nil)
}

// GiveTurn rests for the promotion of another process, where one asks for that: until it is done, or for restFor.
func (c *Catalog) GiveTurn(ctx context.Context) {
	for started := time.Now(); ; {
		v, err := c.Gate.RLock(ctx)
		if err != nil {
			return
		}
		wish, own := c.State.Promoting, c.Building
		c.Gate.Leave(v)
		if wish == nil || wish.Generation == own {
			return
		}
		if id := c.rested.Load(); id != nil && *id == wish.ID {
			return
		}
		if time.Since(started) >= restFor || retry.Sleep(ctx, restFor/100) != nil {
			c.rested.Store(&wish.ID)
			return
		}
		if s, err := c.ReadState(ctx); err == nil && (s.Promoting == nil || s.Promoting.ID != wish.ID) {
			_ = c.Reload(ctx) // where it fails, that shows with the next commit
		}
	}
}
