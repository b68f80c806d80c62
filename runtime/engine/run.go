package engine

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catchup"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/runner"
)

// Run folds events into the views until ctx ends, and then finishes and commits what is in flight,
// within Config.ShutdownTimeout; it returns nil then. A store or driver that fails makes it wait
// and go on.
//
// It returns an error if it can't go on: [brook.ErrLogChanged], [brook.ErrRetention],
// [brook.ErrStale], [brook.ErrUnique] of a new unique field, the failure of an event under
// Config.OnFailure Stop, or one that wraps [brook.ErrPermanent]. One Run of an app at a time:
// another one is [brook.ErrRunning]. It does not return before handlers and hooks do: one that does
// not heed its context keeps it, and the log says so. Effects have a second more, and then their
// context ends. If it returns an error, the log says so too, and [App.WaitFor] waits no longer.
func (a *App) Run(ctx context.Context) (err error) {
	if err := a.life.run(); err != nil {
		return err
	}
	defer a.life.running.Unlock()
	a.began()
	defer func() { a.runEnded(err) }()
	release, err := a.catalog.Hold.Take(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	defer release()
	r := &runner.Runner{
		Tasks: a.tasks, Memory: a.memory, Stale: a.stale, Filler: a.filler, Timers: a.timers,
		Fatal: a.fatal, Assigned: a.assigned, Workers: a.workers,
	}
	return r.Run(ctx)
}

// began notes that Run or CatchUp begins.
func (a *App) began() {
	a.tasks.Progress.Began()
	a.tasks.Gauges.Keep(nil)
	a.tasks.Running.Enter(gauge.Began, nil)
}

// runEnded notes that Run ended, and if that is with an error, tells log and waiting calls.
func (a *App) runEnded(err error) {
	a.tasks.Running.Enter(gauge.Ended, err)
	if err == nil {
		return
	}
	a.tasks.Report.Error("Run has ended: nothing is folded until it is called again; repair what "+
		"the error says first (docs/operating.md, What ends Run)", "error", err)
	a.doubt(err)
	a.tasks.Progress.Failed(err)
}

// doubt makes WaitFor compare the log with the store again if err says that it is another one.
func (a *App) doubt(err error) {
	if errors.Is(err, brook.ErrLogChanged) {
		a.tasks.Progress.Doubt()
	}
}

// CatchUp does what Run does, until everything is folded that the log holds, with what handlers
// emit meanwhile, and then returns. It works in the calling goroutine and starts no other, in one
// task, for all partitions and as a member of no group: for programs that end, and for tests.
//
// Its errors are those of Run, [brook.ErrDeadLettersFull], [brook.ErrRebuildRefused] of stale views
// once it has caught up with the live ones, and over a store that forgets, that the
// driver did not accept for a minute how far the app came (Kafka accepts that from members alone
// while a group has some). If ctx ends, what is done is committed, and the error of ctx returned;
// if the app is closed, [brook.ErrClosed]; and with either what the store failed with last, if
// CatchUp waited for that. It is [brook.ErrRunning] while Run or another CatchUp of the app is
// under way.
func (a *App) CatchUp(ctx context.Context) (err error) {
	if err := a.life.run(); err != nil {
		return err
	}
	defer a.life.running.Unlock()
	a.began()
	defer func() {
		a.tasks.Running.Enter(gauge.Ended, err)
		a.doubt(err)
	}()
	release, err := a.catalog.Hold.Take(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	defer func() { err = lifetime.Closing(ctx, err) }()
	c := &catchup.CatchUp{
		Tasks: a.tasks, Memory: a.memory, Stale: a.stale, Filler: a.filler, Timers: a.timers,
		NoteOwed: a.owed.Note, AdoptOwed: a.owed.Adopt, Work: a.workers.Step,
	}
	// Its Err is asked for each event, and costs a third of that of ctx: 4 % of a fold.
	work, end := context.WithCancel(ctx)
	defer end()
	return c.Run(work)
}
