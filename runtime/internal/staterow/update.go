package staterow

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

// ErrUnchanged is returned by a change of the state that finds nothing to change.
var ErrUnchanged = errors.New("brook: the state stays as it is")

// A Change changes a copy of the state.
type Change func(next *State) error

// Update changes the state: see UpdateLocked. A commit that the store refuses is tried again until
// ctx ends. The caller does not hold the quiesce lock.
func (r *Row) Update(ctx context.Context, change Change, extra *brook.Batch) error {
	return r.RetryLocked(ctx, func() error { return r.UpdateLocked(ctx, change, extra) })
}

// UpdateOnce is Update for a caller who gets the error of a store that fails.
func (r *Row) UpdateOnce(ctx context.Context, change Change, extra *brook.Batch) error {
	if err := r.parts.Lock.Lock(ctx); err != nil {
		return err
	}
	defer r.parts.Lock.Unlock()
	return r.UpdateLocked(ctx, change, extra)
}

// RetryLocked calls do with the quiesce lock held, and calls it again if the error is a
// retry.Refusal. Others may take the lock between two tries. The caller does not hold it.
func (r *Row) RetryLocked(ctx context.Context, do func() error) error {
	var last error
	err := r.parts.Retry.Do(ctx, "commit", func() error {
		if err := r.parts.Lock.Lock(ctx); err != nil {
			return err
		}
		defer r.parts.Lock.Unlock()
		last = do()
		if errors.As(last, &retry.Refusal{}) {
			return last
		}
		return nil
	})
	return cmp.Or(err, last)
}

// UpdateLocked changes the state, and is the only way to do it. change gets a copy, which is
// committed together with extra (nil: nothing), unless another process has changed the row: then
// Parts.Reload is called, and change again. So change may run more than once. Its error ends the
// update without a commit; ErrUnchanged counts as success.
//
// ErrConflict means that the row is unchanged, and that a check of extra does not hold. What the
// store refuses is not tried again: if another try may succeed, the error is a retry.Refusal. The
// caller holds the quiesce lock.
func (r *Row) UpdateLocked(ctx context.Context, change Change, extra *brook.Batch) error {
	done, err := r.commit(ctx, change, extra, func(State) error { return r.parts.Reload(ctx) })
	if done {
		r.parts.Updated()
	}
	return err
}

// commit is UpdateLocked for a caller who notes what follows: done is set if there was a commit.
// moved is called with the row of another process. The caller holds the quiesce lock.
func (r *Row) commit(ctx context.Context, change Change, extra *brook.Batch,
	moved func(stored State) error) (done bool, err error) {
	for {
		next, batch, err := r.changed(change)
		if errors.Is(err, ErrUnchanged) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if extra != nil {
			batch.Writes = append(batch.Writes, extra.Writes...)
			batch.Checks = append(batch.Checks, extra.Checks...)
		}
		err = r.parts.Config.Store.Commit(ctx, batch)
		if err == nil {
			r.Follow(next)
			return true, nil
		}
		if errors.Is(err, brook.ErrTooLarge) || errors.Is(err, brook.ErrPermanent) {
			return false, err
		}
		was := r.known.raw
		stored, rerr := r.readAfter(ctx)
		switch {
		case rerr != nil && was == nil && errors.Is(rerr, brook.ErrNotFound):
			return false, retry.Refused(err) // the store is still new
		case rerr != nil && errors.Is(err, brook.ErrConflict):
			return false, retry.Refused(rerr)
		case rerr != nil:
			return false, retry.Refused(errors.Join(err, rerr))
		case stored.Stamp == next.Stamp: // only the answer was lost
			r.Follow(next)
			return true, nil
		case bytes.Equal(stored.raw, was) || ctx.Err() != nil:
			return false, retry.Refused(err)
		}
		if err := moved(stored); err != nil {
			return false, retry.Refused(err)
		}
	}
}

// changed returns the state as change makes it, and the batch that commits that if nobody has
// changed the row. The caller holds the quiesce lock.
func (r *Row) changed(change Change) (State, *brook.Batch, error) {
	next, id := r.known.clone(), r.parts.IDs.Batch()
	if err := change(&next); err != nil {
		return State{}, nil, err
	}
	next.Stamp = hex.EncodeToString(id[:])
	raw, err := json.Marshal(&next)
	if err != nil {
		panic(err) // plain data
	}
	next.raw = raw
	return next, &brook.Batch{
		ID:     id,
		Writes: []brook.Write{{Table: r.table, Key: rowKey, Value: raw}},
		Checks: []brook.Check{r.Unchanged()},
	}, nil
}

// readAfter reads the row after a commit whose error leaves open whether it happened, even if that
// error is the end of ctx. Close waits for it and for what is given up after it, so it takes half
// of the time that Close has.
func (r *Row) readAfter(ctx context.Context) (State, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx),
		r.parts.Config.ShutdownTimeout/2)
	defer cancel()
	return r.Read(ctx)
}
