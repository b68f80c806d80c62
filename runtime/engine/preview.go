package engine

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/rebuild"
)

// errPreviewed ends the rebuild of a preview once it is reviewed.
var errPreviewed = errors.New("brook: a preview promotes nothing")

// Preview makes the views anew from the log, beside the live ones, returns how they differ from
// these at an instant at which both stood at the same positions, and promotes nothing: what it made
// is removed. Dead letters that the live views don't have do not end it; [brook.Diff.Report] has
// them. It takes the time and, until it ends, the space of a rebuild, and calls no hook but
// RebuildProgress, and Begin and End for its events and commits.
//
// Everything else is as with [App.Rebuild], with the limits of [brook.Review]: the store must be
// one that this process alone writes. It is safe for concurrent use, beside Run too; it waits for a
// rebuild that is under way.
func (a *App) Preview(ctx context.Context) (diff brook.Diff, err error) {
	err = a.whileHeld(ctx, "preview", func(ctx context.Context) error {
		unlock, err := a.lockRebuilding(ctx, "preview")
		if err != nil {
			return err
		}
		defer unlock()
		look := brook.Review(func(d brook.Diff) error {
			diff = d
			return errPreviewed
		})
		a.tasks.Rebuilds.Begin(true)
		err = rebuild.New(a.tasks, func() {}, brook.AcceptLetters(), look).Run(ctx)
		if errors.Is(err, errPreviewed) {
			a.tasks.Rebuilds.End(&diff.Report, nil)
			return nil
		}
		a.tasks.Rebuilds.End(nil, err)
		return fmt.Errorf("brook: preview %s: %w", a.config.Name, err)
	})
	return diff, err
}
