package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/rebuild"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// staleViews decides what becomes of views that other code made.
type staleViews struct {
	config  *brook.Config
	tasks   *task.Set
	memory  *memory
	rebuild func(context.Context) error
	refused atomic.Bool // a rebuild was refused, and Run tries none until the next start
}

// found reports whether other code made the views, so that they have to be rebuilt. It fails with
// ErrStale if Config.OnStale is Fail. It writes nothing: that comes with the first commit.
func (v *staleViews) found(ctx context.Context) (stale bool, err error) {
	if err := v.tasks.Lock.Lock(ctx); err != nil {
		return false, err
	}
	defer v.tasks.Lock.Unlock()
	changes := v.tasks.Catalog.Changes()
	if changes == "" {
		return false, nil
	}
	switch v.config.OnStale {
	case brook.GoOn:
		v.tasks.Report.Warn("going on with views that other code made", "changes", changes)
		return false, nil
	case brook.Fail:
		return false, fmt.Errorf("%w: %s; Rebuild makes them anew", brook.ErrStale, changes)
	}
	v.tasks.Report.Info("the views were made by other code and are rebuilt", "changes", changes)
	return true, nil
}

// goOn reports whether the app folds into live views that other code made.
func (v *staleViews) goOn() bool { return v.config.OnStale == brook.GoOn || v.refused.Load() }

// awaitDisplaced waits until displaced views, which were made from other topics, are rebuilt: by
// this process, which closes ended then, or by another one. It returns at once for all other views.
func (v *staleViews) awaitDisplaced(ctx context.Context, ended <-chan struct{}) error {
	c := v.tasks.Catalog
	for c.Displaced(ctx) {
		select {
		case <-ended:
			if ctx.Err() == nil && c.Displaced(ctx) {
				return fmt.Errorf("%w: they were made from other topics, and could not be rebuilt",
					brook.ErrStale)
			}
			return nil
		case <-time.After(time.Second):
		}
		if err := v.memory.reloadCatalog(ctx); err != nil {
			return err
		}
	}
	return nil
}

// replace rebuilds stale views until they are rebuilt, by this process or another, or the rebuild
// is refused, which lasts until the next start. In a group that divides the partitions, the member
// that has the first one does it; m is nil outside of a group.
func (v *staleViews) replace(ctx context.Context, m *group.Membership) error {
	backoff := retry.Backoff{Policy: v.config.Retry, Report: v.tasks.Report}
	for {
		stale, err := true, error(nil)
		switch {
		case m != nil && v.config.Group:
			stale, err = v.awaitTurn(ctx, m)
		case backoff.Failures() > 0:
			if err = v.memory.reloadCatalog(ctx); err == nil {
				stale, err = v.found(ctx)
			}
		}
		if err == nil && !stale {
			return nil
		}
		if err == nil {
			err = v.rebuild(ctx)
		}
		if errors.Is(err, brook.ErrRebuildRefused) {
			v.refused.Store(true)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		// After a conflict another process was faster, perhaps with the same code.
		again := rebuild.Transient(err) || errors.Is(err, brook.ErrConflict)
		ended := backoff.Failed(ctx, brook.Failure{What: "rebuild", Err: err, Final: !again})
		if !again {
			return err
		}
		if ended != nil {
			return retry.GaveUp(retry.Ending(ctx), "rebuild", backoff.Failures(), err, nil)
		}
	}
}

// awaitTurn waits until the member has the first partition, and reports whether the views are still
// stale then.
func (v *staleViews) awaitTurn(ctx context.Context, m *group.Membership) (bool, error) {
	for {
		mine, changed := m.Part()
		if mine[partition.ID{Topic: v.tasks.Code.Topics[0], Number: 0}] {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if err := v.memory.reloadCatalog(ctx); err != nil {
		return false, err
	}
	return v.found(ctx)
}
