// Package runner folds while a program serves: for each partition number a task in a goroutine of
// its own, readers that read ahead of them, and beside them what publishes, fills indexes, keeps
// the membership in a group, reports the lag and stands aside for newer code.
//
// A Runner is one call of Run. Its methods are called by the goroutine of that call; what it starts
// ends before Run returns. Fatal may be used by anybody. folding.mu guards what ended the tasks of
// one folding.
package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/resume"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/workers"
)

// Runner is one call of Run: what works beside the tasks, and the loop that makes tasks.
type Runner struct {
	Tasks   *task.Set
	Memory  *recovery.Memory
	Stale   *stale.Views
	Filler  *backfill.Filler
	Timers  *control.Timers
	Workers *workers.Workers // nil: there are no jobs
	Fatal   Fatal
	// Assigned is called when a group divides the partitions.
	Assigned func()

	stop   context.Context    // ends when Run is to end
	finish context.Context    // ends when what is in flight is interrupted
	end    context.CancelFunc // ends stop

	member  *group.Membership // nil: of no group
	standby standby
	lines   *effects.Lines
	beside  sync.WaitGroup // ends after stop
	// endReplacing ends the replacement of stale views that runs beside the tasks, and waits for
	// it; nil: there was none.
	endReplacing func()

	// outgrown are the partitions that were known when the driver last said that there are others,
	// and growth counts how often there were none. Who awaits growth has them.
	outgrown []brook.Partition
	growth   retry.Backoff
}

// Run folds events until ctx ends or the app closes, and returns nil then. What is in flight then
// may go on for Config.ShutdownTimeout.
func (r *Runner) Run(ctx context.Context) error {
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.Tasks.Life.Context(), cancel)()

	// What is in flight may go on for a while after stop.
	finish, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	defer context.AfterFunc(stop, func() {
		timeout := r.Tasks.Config.ShutdownTimeout
		if retry.Sleep(finish, timeout) == nil {
			r.Tasks.Report.Warn("shutdown takes long: what is in flight is interrupted, "+
				"and Run returns once handlers and hooks have", "timeout", timeout)
			abort(fmt.Errorf("brook: shutdown took longer than %s", timeout))
		}
	})()

	r.stop, r.finish, r.end = stop, finish, cancel
	r.standby = standby{tasks: r.Tasks, memory: r.Memory, fatal: r.Fatal}
	err := r.run()
	if ctx.Err() != nil || r.Tasks.Life.Err() != nil {
		return nil // what failed meanwhile was reported, and the next run tries it again
	}
	return err
}

// run starts what works beside the tasks, and waits for it in the end.
func (r *Runner) run() (err error) {
	defer r.Fatal.heed(r.stop, r.end)(&err)
	if err := r.Memory.ResolveUnknown(r.stop); err != nil {
		return err
	}
	r.Tasks.Catalog.Claim.Reset(r.stop)
	outdated, err := r.Stale.Found(r.stop)
	if err != nil {
		return err
	}
	if r.member = r.membership(); r.member != nil {
		r.Tasks.Outbox.Group.Join(!r.Tasks.Config.Group)
	}
	effectsCtx := context.WithoutCancel(r.finish)
	r.lines = effects.NewLines(
		effectsCtx, r.Tasks.Effects, &r.Tasks.Valve, r.Tasks.Config.ShutdownTimeout)
	defer r.lines.End()
	leave, err := r.Tasks.Publisher.KeepLease(r.stop, r.finish)
	if err != nil {
		return err
	}
	defer leave()
	publishing, drain := r.publish()
	defer drain(&err)
	if r.member != nil {
		defer r.member.Join(r.lines, publishing, r.end)(&err)
	}
	defer r.work()(&err)
	defer r.beside.Wait()
	ctx, end := context.WithCancel(r.stop)
	defer end()
	defer r.fillIndexes(ctx)(&err)
	if r.Tasks.Catalog.Fenced() {
		r.beside.Go(func() { r.standby.beat(ctx) })
	}
	r.beside.Go(func() { reportLag(ctx, r.Tasks.Config, r.Tasks) })
	if r.Tasks.Timers != nil {
		r.beside.Go(func() { countTimers(ctx, r.Timers) })
		r.beside.Go(func() { r.Fatal.Note(keepTimers(ctx, r.Timers)) })
	}
	return r.loop(ctx, outdated)
}

// publish publishes emissions, under a context that ends with that, until drain is called. Drain
// ends Run, waits until nothing is left to publish, and sets *err if publishing failed.
func (r *Runner) publish() (publishing context.Context, drain func(err *error)) {
	published := make(chan error, 1)
	drained := make(chan struct{})
	publishing, over := context.WithCancel(r.finish)
	go func() {
		defer over()
		err := r.Tasks.Publisher.Run(r.finish, drained)
		if err != nil {
			r.end()
		}
		published <- err
	}()
	return publishing, func(err *error) {
		r.end()
		close(drained)
		if perr := <-published; perr != nil {
			*err = perr
		}
	}
}

// work does jobs until the function that it returns is called, which waits for those that are being
// done. An error ends Run; the function sets *err to it.
func (r *Runner) work() (end func(err *error)) {
	if r.Workers == nil {
		return func(*error) {}
	}
	ctx, cancel := context.WithCancel(r.stop)
	ended := make(chan error, 1)
	go func() {
		err := r.Workers.Run(ctx, r.finish)
		if err != nil {
			r.end()
		}
		ended <- err
	}()
	return func(err *error) {
		cancel()
		if werr := <-ended; werr != nil {
			*err = fmt.Errorf("brook: do jobs: %w", werr)
		}
	}
}

// fillIndexes fills indexes that are new in the code until ctx ends. An error ends Run; the
// function that it returns sets *err to it.
func (r *Runner) fillIndexes(ctx context.Context) (failed func(err *error)) {
	filled := make(chan error, 1)
	r.beside.Go(func() {
		r.Filler.Run(ctx, func(err error) {
			filled <- err
			r.end()
		})
	})
	return func(err *error) {
		select {
		case *err = <-filled:
		default:
		}
	}
}

// loop makes tasks and runs them, again and again, until stop ends or they can't go on. ctx ends
// with stop.
func (r *Runner) loop(ctx context.Context, outdated bool) (err error) {
	serial := ""
	var contention retry.Contention
	for {
		if why := r.Tasks.Catalog.Claim.Superseded(r.stop); why != nil {
			if r.endReplacing != nil {
				r.endReplacing()
			}
			if r.standby.standAside(r.stop, r.member, why); r.stop.Err() != nil {
				return nil
			}
			if outdated, err = r.Stale.Found(r.stop); err != nil {
				return err
			}
		}
		if outdated && !r.Stale.Refused() {
			outdated = false // it is tried once
			if err := r.replaceStale(ctx); err != nil || r.stop.Err() != nil {
				return err
			}
		}
		err := r.Tasks.Catalog.Claim.TakeEarly(r.stop, r.Stale.GoOn())
		if err != nil && !r.Tasks.Catalog.Claim.Lost() {
			return err
		}
		mine, changed := r.member.Part()
		from := &resume.Resumption{Tasks: r.Tasks, Serial: serial, Mine: mine}
		tasks, partitions, mode, err := from.Resume(r.stop)
		if err != nil {
			return err
		}
		if mine != nil {
			mode.Lanes = len(tasks) // the others' run elsewhere
		}
		r.announce(mode, tasks)
		switch err = r.fold(tasks, partitions, changed); {
		case errors.Is(err, retry.ErrRestart):
			contention.Wait(r.stop)
			if err := r.Memory.ReloadCatalog(r.stop); err != nil {
				return err
			}
			r.Tasks.Catalog.Construction.AwaitPromotion(r.stop)
		case errors.Is(err, task.ErrGoSerial):
			serial = err.Error()
		case !errors.Is(err, task.ErrOthers):
			return err
		}
	}
}

// replaceStale rebuilds the views beside the tasks. It returns at once, unless the views are
// displaced, or are to be kept once they are replaced: then when they are rebuilt. Only one
// replacement runs at a time: endReplacing ends it.
func (r *Runner) replaceStale(ctx context.Context) error {
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	r.endReplacing = func() {
		cancel()
		<-ended
	}
	r.beside.Go(func() {
		defer close(ended)
		defer cancel()
		err := r.Stale.Replace(ctx, r.member)
		if r.Stale.GoOn() {
			err = r.Tasks.Catalog.Claim.TakeEarly(ctx, true)
		}
		r.Fatal.Note(err) // other errors are reported
	})
	r.Stale.AwaitRetained(r.stop, ended)
	return r.Stale.AwaitDisplaced(r.stop, ended)
}

// announce reports to log and hook how the partitions are run.
func (r *Runner) announce(mode brook.Mode, tasks []*task.Task) {
	r.Tasks.Running.Fold(mode)
	if r.Tasks.Running.Phase().Apart.IsZero() { // else the group has assigned nothing yet
		r.Tasks.Gauges.Fold()
	}
	partitions := 0
	for _, t := range tasks {
		partitions += len(t.Partitions)
	}
	args := []any{"partitions", partitions, "lanes", mode.Lanes}
	if mode.Reason != "" && partitions > 1 {
		args = append(args, "why", mode.Reason)
	}
	r.Tasks.Report.Info("running", args...)
	if hook := r.Tasks.Config.Hooks.Mode; hook != nil {
		hook(mode)
	}
}

// membership returns nil for an app that has no use for a group: nothing is divided, and either no
// process acts, or each that commits does.
func (r *Runner) membership() *group.Membership {
	g, ok := r.Tasks.Config.Driver.(brook.Grouper)
	if !ok || !r.Tasks.Config.Group && (r.Tasks.Catalog.Fenced() || !r.Tasks.Code.Acts()) {
		return nil
	}
	return group.New(&group.Membership{
		Config: r.Tasks.Config, Driver: g, Topics: r.Tasks.Code.Topics, Outbox: r.Tasks.Outbox,
		Report: r.Tasks.Report, Retry: r.Tasks.Retry, Run: &r.Tasks.Running,
		Valve:       &r.Tasks.Valve,
		Checkpoints: r.Tasks.Publisher.Checkpoints, Assigned: r.Assigned,
		Wake: r.Tasks.WakeTasks,
	})
}
