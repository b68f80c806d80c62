package catalog

import (
	"context"
	"errors"
	"maps"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Reload reads anew what memory has of the store: the state, the live generation, and what
// Owner.Reload reads. The caller does not hold the quiesce lock.
func (c *Catalog) Reload(ctx context.Context) error {
	if err := c.lock.Lock(ctx); err != nil {
		return err
	}
	defer c.lock.Unlock()
	return c.reloadLocked(ctx)
}

// reloadLocked is Reload for a caller who holds the quiesce lock.
func (c *Catalog) reloadLocked(ctx context.Context) error {
	next, err := c.Current.Renew(ctx)
	if err != nil {
		return err
	}
	c.Hold.Publish()
	c.Sets.note(&next)
	adopt, err := c.on.Reload(ctx, c.Current.Load())
	if err != nil {
		return err
	}
	c.row.Follow(next)
	adopt()
	c.Claim.note()
	return nil
}

// Moved reads the state, and reports whether it has another live generation, contract or set of
// indexes than memory. The caller does not hold the quiesce lock.
func (c *Catalog) Moved(ctx context.Context) (bool, error) {
	s, err := c.row.Read(ctx)
	if err != nil {
		return false, err
	}
	known, err := c.row.Visit(ctx)
	if err != nil {
		return false, err
	}
	return known.Generation != s.Generation || known.Folds != s.Folds ||
		!maps.Equal(known.Kept, s.Kept), nil
}

// ReloadShapes reads the shapes of the live generation anew.
func (c *Catalog) ReloadShapes(ctx context.Context) error {
	return c.Current.Load().Shapes.Read(ctx)
}

// RetryConflicts calls do, and calls it again, after a Reload, each time another process was
// faster. The caller does not hold the quiesce lock.
func (c *Catalog) RetryConflicts(ctx context.Context, do func() error) error {
	open, cancel := c.life.WhileOpen(ctx)
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
			return lifetime.Closing(open, err)
		}
		c.Construction.AwaitPromotion(open)
	}
}
