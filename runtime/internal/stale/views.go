// Package stale decides what becomes of views that other code made: by Config.OnStale, and by
// Config.OnCodeChange if only handlers' code differs, they are rebuilt, folded into, or a reason
// not to run.
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
	// Back makes views live again that this code made before and that are kept, and reports whether
	// it did.
	Back    func(context.Context) (bool, error)
	refused atomic.Bool // a rebuild was refused, and Run tries none until the next start

	onlyBack atomic.Bool // what Found found is to be replaced by kept views, or not at all
	told     atomic.Bool // that handlers have other code
}

// Found reports whether other code made the views, so that they have to be replaced: by a rebuild
// or by kept ones. It fails with ErrStale if Config.OnStale is Fail. It writes nothing: that comes
// with the first commit.
func (v *Views) Found(ctx context.Context) (stale bool, err error) {
	if err := v.Tasks.Lock.Lock(ctx); err != nil {
		return false, err
	}
	defer v.Tasks.Lock.Unlock()
	v.onlyBack.Store(false)
	changes := v.Tasks.Catalog.Structure.Changes()
	if changes == "" {
		return v.otherCode(), nil
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

// retainedWait is how long folding waits for the rebuild of views that are to be kept.
const retainedWait = time.Minute

// AwaitRetained waits until stale views are rebuilt, which closes ended, if the replaced ones are
// kept for the code that made them: what this code folds into them is nothing that the other would
// have made. If the rebuild takes longer than retainedWait, they are not kept.
func (v *Views) AwaitRetained(ctx context.Context, ended <-chan struct{}) {
	if !v.Tasks.Catalog.Construction.Retains() {
		return
	}
	timer := time.NewTimer(retainedWait)
	defer timer.Stop()
	select {
	case <-ended:
	case <-ctx.Done():
	case <-timer.C:
		v.Tasks.Report.Warn("the rebuild takes long: new events go into the views before it, "+
			"which are not kept for a way back", "for", retainedWait)
	}
}

// Replace rebuilds stale views until they are rebuilt, by this process or another, or the rebuild
// is refused, which lasts until the next start. In a group that divides the partitions, the member
// that has the first one does it; m is nil outside of a group.
func (v *Views) Replace(ctx context.Context, m *group.Membership) (err error) {
	backoff := retry.Backoff{Policy: v.Tasks.Config.Retry, Report: v.Tasks.Report}
	defer func() {
		if err == nil {
			backoff.Succeeded()
		}
		backoff.Ended()
	}()
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
		back := false
		if err == nil {
			back, err = v.Back(ctx)
		}
		if v.onlyBack.Load() && (err == nil && !back || errors.Is(err, brook.ErrRebuildRefused)) {
			return v.goOnWithCode(ctx)
		}
		if err == nil && !back {
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
func (v *Views) Rebuilt() {
	v.refused.Store(false)
	v.told.Store(false)
}
