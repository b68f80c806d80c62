package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/rebuild"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Rebuild makes the views anew from the log's start, beside the live ones, and promotes them at
// once when both stand at the same positions. Readers see the old views until then, and what they
// began to read to its end. It returns when the promotion is done. If ctx ends or the app closes
// before, the old views stay as they are.
//
// Handlers emit nothing and no effect runs, except for what never happened yet: what is emitted by
// events that are dead letters of the live views, and that the rebuilt ones handle well, is
// published after the promotion. What [App.Drop] dropped stays dropped. What Process applied is
// forgotten.
//
// A store or driver that fails makes it wait: if ctx or the app ends that, the error wraps the one
// of ctx or [brook.ErrClosed], and what failed last. It is refused with [brook.ErrRetention] if the
// log lost events that the views were made from, unless Config.OnRetention is [brook.GoOn]; and
// with [brook.ErrRebuildRefused] if more events fail than Config.MaxDeadLetters, or some fail that
// did not fail in the live views, unless [brook.AcceptLetters] is passed. [brook.ErrConflict] says
// that another process rebuilt meanwhile. With [brook.Review] the caller looks at what differs
// before the promotion, and decides.
//
// It is safe for concurrent use, beside Run too. One rebuild of an app runs at a time; others wait.
func (a *App) Rebuild(ctx context.Context, options ...brook.RebuildOption) error {
	return a.whileHeld(ctx, "rebuild", func(ctx context.Context) error {
		return a.rebuild(ctx, options...)
	})
}

// whileHeld calls do while the app is open and holds its name.
func (a *App) whileHeld(ctx context.Context, what string, do func(context.Context) error) error {
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	if err := a.life.Err(); err != nil {
		return err
	}
	release, err := a.catalog.Hold.Take(ctx)
	if err != nil {
		return lifetime.During(what+" "+a.config.Name, err)
	}
	defer release()
	return lifetime.Closing(ctx, do(ctx))
}

// rebuild rebuilds the views because somebody called Rebuild.
func (a *App) rebuild(ctx context.Context, options ...brook.RebuildOption) error {
	unlock, err := a.lockRebuilding(ctx, "rebuild")
	if err != nil {
		return err
	}
	defer unlock()
	return a.remake(ctx, true, rebuild.New(a.tasks, a.owed.Note, options...))
}

// rebuildStale rebuilds the views of other code by itself, and so not while the app is paused.
func (a *App) rebuildStale(ctx context.Context) error {
	unlock, err := a.lockRebuilding(ctx, "rebuild")
	if err != nil {
		return err
	}
	defer unlock()
	return a.remake(ctx, false, rebuild.New(a.tasks, a.owed.Note).Passing(&a.tasks.Valve))
}

// goBack makes the views live again that this code made before and that are kept, and reports
// whether it did: there may be none, or they may fit the log no more.
func (a *App) goBack(ctx context.Context) (bool, error) {
	if !a.catalog.Construction.Revivable(ctx) {
		return false, nil
	}
	unlock, err := a.lockRebuilding(ctx, "rebuild")
	if err != nil {
		return false, err
	}
	defer unlock()
	err = a.remake(ctx, false, rebuild.Back(a.tasks, a.owed.Note).Passing(&a.tasks.Valve))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, rebuild.ErrNotKept):
		return false, nil
	}
	for _, unfit := range []error{
		brook.ErrRetention, brook.ErrLogChanged, brook.ErrOutOfRange, brook.ErrUnreadable,
	} {
		if errors.Is(err, unfit) && ctx.Err() == nil {
			a.tasks.Report.Warn("the views that this code made before can't be used any more", "error", err)
			return false, nil
		}
	}
	return false, err
}

// remake runs a rebuild, and reports to log and hooks what became of it.
func (a *App) remake(ctx context.Context, called bool, r *rebuild.Rebuild) (err error) {
	if hook := a.config.Hooks.Rebuild; hook != nil {
		hook(false, nil)
		defer func() { hook(true, err) }()
	}
	op := brook.Operation{Kind: brook.OperationRebuild, Called: called}
	a.tasks.Rebuilds.Begin(false)
	err = a.tasks.Observer.Do(ctx, op, r.Run)
	result, changes, strangers := r.Report()
	a.tasks.Rebuilds.End(promoted(&result, err), err)
	report := a.tasks.Report
	if err != nil {
		if refused := (*brook.RebuildRefusedError)(nil); errors.As(err, &refused) {
			report.Rebuilt(&refused.Report, a.code.Topics, changes)
			report.Error("the rebuild is refused", "error", err)
		}
		return fmt.Errorf("brook: rebuild %s: %w", a.config.Name, err)
	}
	a.stale.Rebuilt()
	report.Rebuilt(&result, a.code.Topics, changes)
	took := result.Took.Round(time.Millisecond)
	if result.Returned {
		report.Info("the views that this code made before are live again", "took", took)
	} else {
		report.Info("the views are rebuilt", "took", took)
	}
	if hook := a.config.Hooks.DeadLetter; hook != nil {
		for i := range strangers {
			hook(strangers[i].DeadLetter)
		}
	}
	return nil
}

// promoted returns a report to be shown, if the rebuild ended well.
func promoted(report *brook.RebuildReport, err error) *brook.RebuildReport {
	if err != nil {
		return nil
	}
	shown := *report
	return &shown
}

// lockRebuilding waits until no other rebuild or preview of the app runs.
func (a *App) lockRebuilding(ctx context.Context, what string) (unlock func(), err error) {
	if !a.life.rebuilding.LockContext(ctx) {
		return nil, fmt.Errorf("brook: %s %s: waiting for another one: %w",
			what, a.config.Name, retry.Ending(ctx))
	}
	if err := a.life.Err(); err != nil {
		a.life.rebuilding.Unlock()
		return nil, err
	}
	return a.life.rebuilding.Unlock, nil
}
