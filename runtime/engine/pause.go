package engine

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
)

// Pause stops what the app does by itself, and returns when nothing of it is under way any more:
// nothing is folded, published, worked at, or made due by a timer until [App.Resume], and no effect
// runs. It waits for handlers, effects and jobs that have begun, and ends their tries at what fails.
// Run goes on, and so does all that shows the app or keeps its place: reads, WaitFor until its
// deadline, the membership in a group with the partitions that this instance has, a lease, new
// indexes, the removal of replaced views. A rebuild that Run began waits too.
//
// What the program calls is done all the same: Publish, Process, Redrive, Drop, Rebuild and Preview;
// what they leave to publish waits. CatchUp waits until the app is resumed, and Run that is called
// while it is paused folds nothing before. Pause concerns this instance alone, and nothing of it is
// stored.
//
// If ctx ends before, the app goes on as it was, and the error wraps that of ctx; if the app is
// closed, [brook.ErrClosed]. It is an error, too, if Resume was called meanwhile. In an effect of
// the same app it is refused with [brook.ErrInEffect]; a handler or worker that calls it waits for
// itself until ctx ends. To pause an app again does nothing. It is safe for concurrent use.
func (a *App) Pause(ctx context.Context) error {
	if effects.Within(ctx, a) {
		return fmt.Errorf("brook: pause %s: %w", a.config.Name, brook.ErrInEffect)
	}
	if err := a.life.Err(); err != nil {
		return err
	}
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	first, err := a.tasks.Valve.Shut(ctx)
	if err != nil {
		return lifetime.Closing(ctx, fmt.Errorf("brook: pause %s: %w", a.config.Name, err))
	}
	if first {
		a.tasks.Report.Info("paused: nothing is folded, published or done until Resume")
	}
	return nil
}

// Resume ends a pause: the app goes on where it was. It does nothing if the app is not paused, or was
// closed. It is safe for concurrent use.
func (a *App) Resume() {
	if a.life.Err() == nil && a.tasks.Valve.Open() {
		a.tasks.Report.Info("resumed")
	}
}
