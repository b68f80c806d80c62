// Package stale decides what becomes of views that other code made: by Config.OnStale they are
// rebuilt, folded into, or a reason not to run.
//
// One Run or CatchUp of an app uses its Views at a time, Run from two goroutines. Rebuilt may be
// called by anybody.
package stale

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
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Views decides what becomes of views that other code made.
type Views struct {
	Tasks   *task.Set
	Memory  *recovery.Memory
	Rebuild func(context.Context) error
	refused atomic.Bool // a rebuild was refused, and Run tries none until the next start
}

// Found reports whether other code made the views, so that they have to be rebuilt. It fails with
// ErrStale if Config.OnStale is Fail. It writes nothing: that comes with the first commit.
func (v *Views) Found(ctx context.Context) (stale bool, err error) {
	if err := v.Tasks.Lock.Lock(ctx); err != nil {
		return false, err
	}
	defer v.Tasks.Lock.Unlock()
	changes := v.Tasks.Catalog.Structure.Changes()
	if changes == "" {
		return false, nil
	}
	switch v.Tasks.Config.OnStale {
	case brook.GoOn:
		v.Tasks.Report.Warn("going on with views that other code made", "changes", changes)
		return false, nil
	case brook.Fail:
		return false, fmt.Errorf("%w: %s; Rebuild makes them anew", brook.ErrStale, changes)
	}
	v.Tasks.Report.Info("the views were made by other code and are rebuilt", "changes", changes)
	return true, nil
}

// GoOn reports whether the app folds into live views that other code made.
func (v *Views) GoOn() bool { return v.Tasks.Config.OnStale == brook.GoOn || v.refused.Load() }

// AwaitDisplaced waits until displaced views, which were made from other topics, are rebuilt: by
// this process, which closes ended then, or by another one. It returns at once for all other views.
func (v *Views) AwaitDisplaced(ctx context.Context, ended <-chan struct{}) error {
	c := v.Tasks.Catalog.Structure
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
		if err := v.Memory.ReloadCatalog(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Replace rebuilds stale views until they are rebuilt, by this process or another, or the rebuild
// is refused, which lasts until the next start. In a group that divides the partitions, the member
// that has the first one does it; m is nil outside of a group.
func (v *Views) Replace(ctx context.Context, m *group.Membership) error {
	backoff := retry.Backoff{Policy: v.Tasks.Config.Retry, Report: v.Tasks.Report}
	for {
		stale, err := true, error(nil)
		switch {
		case m != nil && v.Tasks.Config.Group:
			stale, err = v.awaitTurn(ctx, m)
		case backoff.Failures() > 0:
			if err = v.Memory.ReloadCatalog(ctx); err == nil {
				stale, err = v.Found(ctx)
			}
		}
		if err == nil && !stale {
			return nil
		}
		if err == nil {
			err = v.Rebuild(ctx)
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
func (v *Views) awaitTurn(ctx context.Context, m *group.Membership) (bool, error) {
	for {
		mine, changed := m.Part()
		if mine[partition.ID{Topic: v.Tasks.Code.Topics[0], Number: 0}] {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	if err := v.Memory.ReloadCatalog(ctx); err != nil {
		return false, err
	}
	return v.Found(ctx)
}

// Refused reports whether a rebuild was refused, and none was promoted since: Run tries none then.
func (v *Views) Refused() bool { return v.refused.Load() }

// Rebuilt notes that a rebuild was promoted.
func (v *Views) Rebuilt() { v.refused.Store(false) }
