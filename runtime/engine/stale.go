package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/rebuild"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// stale deals with views that other code made, and reports whether they have to be rebuilt. Nothing is written: that comes with the first
// commit.
func (a *App) stale(ctx context.Context) (rebuild bool, err error) {
	if err := a.lock.Lock(ctx); err != nil {
		return false, err
	}
	defer a.lock.Unlock()
	changes := a.catalog.Changes()
	if changes == "" {
		return false, nil
	}
	switch a.config.OnStale {
	case brook.GoOn:
		a.report.Warn("going on with views that other code made", "changes", changes)
		return false, nil
	case brook.Fail:
		return false, fmt.Errorf("%w: %s; Rebuild makes them anew", brook.ErrStale, changes)
	}
	a.report.Info("the views were made by other code and are rebuilt", "changes", changes)
	return true, nil
}

// replaced waits, where the views are displaced, until a rebuild replaced them: here, where ended is closed then, or in another process.
func (a *App) replaced(ctx context.Context, ended <-chan struct{}) error {
	for a.catalog.Displaced(ctx) {
		select {
		case <-ended:
			if ctx.Err() == nil && a.catalog.Displaced(ctx) {
				return fmt.Errorf("%w: they were made from other topics, and could not be rebuilt", brook.ErrStale)
			}
			return nil
		case <-time.After(time.Second):
		}
		if err := a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// rebuildStale rebuilds views that other code made, until they are rebuilt, by whomever, or that is refused, which lasts until the next
// start. Of a group that divides the partitions the member m does it that has the first of them.
func (a *App) rebuildStale(ctx context.Context, m *group.Membership) error {
	for attempts := 1; ; attempts++ {
		stale, err := true, error(nil)
		switch {
		case m != nil && a.config.Group:
			stale, err = a.stillStale(ctx, m)
		case attempts > 1:
			if err = a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) }); err == nil {
				stale, err = a.stale(ctx)
			}
		}
		if err == nil && !stale {
			return nil
		}
		if err == nil {
			err = a.rebuild(ctx)
		}
		if errors.Is(err, brook.ErrRebuildRefused) {
			a.refused.Store(true)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		again := rebuild.Transient(err) || errors.Is(err, brook.ErrConflict) // another process was faster, perhaps with the same code
		a.report.Failure(brook.Failure{What: "rebuild", Attempts: attempts, Err: err, Final: !again})
		if !again {
			return err
		}
		if retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) != nil {
			return retry.GaveUp(retry.Ending(ctx), "rebuild", attempts, err, nil)
		}
	}
}

// stillStale waits until the member has the first partition, and reports whether nobody has rebuilt the views by then.
func (a *App) stillStale(ctx context.Context, m *group.Membership) (bool, error) {
	for {
		mine, changed := m.Part()
		if mine[partition.ID{Topic: a.code.Topics[0], Number: 0}] {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if err := a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) }); err != nil {
		return false, err
	}
	return a.stale(ctx)
}
