package catalog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// errUnchanged is returned by a change of the state that finds nothing to change.
var errUnchanged = errors.New("brook: the state stays as it is")

// update changes the state, and is the only way to do it. change gets a copy, which is committed
// together with extra (nil: nothing), unless another process has changed the row: then update
// adopts that row and calls change again. So change may run more than once. Its error ends the
// update without a commit; errUnchanged counts as success.
//
// ErrConflict means that the row is unchanged, and that a check of extra does not hold. Once the
// live generation is open, a commit that the store refuses is tried again until ctx ends. The
// caller does not hold the quiesce lock.
func (c *Catalog) update(ctx context.Context, change func(next *state) error,
	extra *brook.Batch) error {
	if c.live.Load() == nil {
		return c.updateOnce(ctx, change, extra)
	}
	return c.retryLocked(ctx, func() error { return c.updateLocked(ctx, change, extra) })
}

// updateOnce is update for a caller who gets the error of a store that fails.
func (c *Catalog) updateOnce(ctx context.Context, change func(next *state) error,
	extra *brook.Batch) error {
	if err := c.lock.Lock(ctx); err != nil {
		return err
	}
	defer c.lock.Unlock()
	return c.updateLocked(ctx, change, extra)
}

// retryLocked calls do with the quiesce lock held, and calls it again if the error is a
// retry.Refusal. Others may take the lock between two tries.
func (c *Catalog) retryLocked(ctx context.Context, do func() error) error {
	var last error
	err := c.retry.Do(ctx, "commit", func() error {
		if err := c.lock.Lock(ctx); err != nil {
			return err
		}
		defer c.lock.Unlock()
		last = do()
		if errors.As(last, &retry.Refusal{}) {
			return last
		}
		return nil
	})
	return cmp.Or(err, last)
}

// updateLocked is update for a caller who holds the quiesce lock. It does not try again what the
// store refuses: if another try may succeed, the error is a retry.Refusal.
func (c *Catalog) updateLocked(ctx context.Context, change func(next *state) error,
	extra *brook.Batch) error {
	for {
		next, batch, err := c.changed(change)
		if errors.Is(err, errUnchanged) {
			return nil
		}
		if err != nil {
			return err
		}
		if extra != nil {
			batch.Writes = append(batch.Writes, extra.Writes...)
			batch.Checks = append(batch.Checks, extra.Checks...)
		}
		err = c.store.Commit(ctx, batch)
		if err == nil {
			c.adopt(next)
			return nil
		}
		if errors.Is(err, brook.ErrTooLarge) || errors.Is(err, brook.ErrPermanent) {
			return err
		}
		was := c.state.raw
		stored, rerr := c.stateAfter(ctx)
		switch {
		case rerr != nil && was == nil && errors.Is(rerr, brook.ErrNotFound):
			return retry.Refused(err) // the store is still new
		case rerr != nil && errors.Is(err, brook.ErrConflict):
			return retry.Refused(rerr)
		case rerr != nil:
			return retry.Refused(errors.Join(err, rerr))
		case stored.Stamp == next.Stamp: // only the answer was lost
			c.adopt(next)
			return nil
		case bytes.Equal(stored.raw, was) || ctx.Err() != nil:
			return retry.Refused(err)
		case c.live.Load() == nil:
			c.state = stored // Open has yet to open what it names
		default:
			if err := c.reloadLocked(ctx); err != nil {
				return err
			}
		}
	}
}

// changed returns the state as change makes it, and the batch that commits that if nobody has
// changed the row. The caller holds the quiesce lock.
func (c *Catalog) changed(change func(next *state) error) (state, *brook.Batch, error) {
	next, id := c.state.clone(), c.ids.Batch()
	if err := change(&next); err != nil {
		return state{}, nil, err
	}
	next.Stamp = hex.EncodeToString(id[:])
	raw, err := json.Marshal(&next)
	if err != nil {
		panic(err) // plain data
	}
	next.raw = raw
	return next, &brook.Batch{
		ID:     id,
		Writes: []brook.Write{{Table: c.meta, Key: stateKey, Value: raw}},
		Checks: []brook.Check{c.Unchanged()},
	}, nil
}

// adopt makes memory follow a state that is committed. The caller holds the quiesce lock.
func (c *Catalog) adopt(next state) {
	c.state = next
	c.noteClaim()
}

// stateAfter reads the state after a commit whose error leaves open whether it happened, even if
// that error is the end of ctx. Close waits for it and for what is given up after it, so it takes
// half of the time that Close has.
func (c *Catalog) stateAfter(ctx context.Context) (state, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.ShutdownTimeout/2)
	defer cancel()
	return c.readState(ctx)
}
