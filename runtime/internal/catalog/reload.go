package catalog

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Fenced reports whether several processes may write the store.
func (c *Catalog) Fenced() bool {
	f, ok := c.Store.(brook.Fenced)
	return ok && f.Fenced()
}

// Again does something that takes turns with other processes, and again where one of them was faster.
func (c *Catalog) Again(ctx context.Context, do func() error) error {
	open, cancel := c.WhileOpen(ctx)
	defer cancel()
	for tries := 1; ; tries++ {
		err := do()
		if !errors.Is(err, brook.ErrConflict) || !c.Fenced() {
			return err
		}
		if why := retry.Ending(open); why != nil {
			return retry.GaveUp(why, "commit", tries, err, nil)
		}
		if err := c.Reload(open); err != nil {
			return Closing(open, err)
		}
		c.GiveTurn(open)
	}
}

// Reload brings what memory knows of the store up to date: the state, the live generation, dead letters, positions.
func (c *Catalog) Reload(ctx context.Context) error {
	if err := c.Gate.Lock(ctx); err != nil {
		return err
	}
	defer c.Gate.Unlock()
	return c.reloadResting(ctx)
}

// reloadResting is reload for who holds the gate for writing.
func (c *Catalog) reloadResting(ctx context.Context) error {
	c.trustMu.Lock()
	next, err := c.renew(ctx)
	c.trustMu.Unlock()
	if err != nil {
		return err
	}
	c.Shown()
	live := c.Live.Load()
	c.NoteNames(&next)
	adopt, err := c.on.Reload(ctx, live)
	if err != nil {
		return err
	}
	c.State = next
	adopt()
	c.Fit()
	return nil
}
