package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/group"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
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
// context ends.
func (a *App) Run(ctx context.Context) error {
	if err := a.life.run(); err != nil {
		return err
	}
	defer a.life.running.Unlock()
	release, err := a.catalog.Hold(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	defer release()
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.life.Context(), cancel)()

	// What is in flight may go on for a while after stop.
	finish, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	defer context.AfterFunc(stop, func() {
		timeout := a.config.ShutdownTimeout
		if retry.Sleep(finish, timeout) == nil {
			a.tasks.Report.Warn("shutdown takes long: what is in flight is interrupted, "+
				"and Run returns once handlers and hooks have", "timeout", timeout)
			abort(fmt.Errorf("brook: shutdown took longer than %s", timeout))
		}
	})()

	err = (&run{app: a, stop: stop, finish: finish, end: cancel}).run()
	if ctx.Err() != nil || a.life.Err() != nil {
		return nil // what failed meanwhile was reported, and the next run tries it again
	}
	return err
}

// run is one call of Run: what works beside the tasks, and the loop that makes tasks.
type run struct {
	app    *App
	stop   context.Context    // ends when Run is to end
	finish context.Context    // ends when what is in flight is interrupted
	end    context.CancelFunc // ends stop

	member *group.Membership // nil: of no group
	lines  *effects.Lines
	beside sync.WaitGroup // ends after stop
}

// run starts what works beside the tasks, and waits for it in the end.
func (r *run) run() (err error) {
	a := r.app
	defer a.fatal.heed(r.stop, r.end)(&err)
	if err := a.memory.resolveUnknown(r.stop); err != nil {
		return err
	}
	a.catalog.ResetClaim(r.stop)
	stale, err := a.stale.found(r.stop)
	if err != nil {
		return err
	}
	if r.member = a.newMembership(); r.member != nil {
		a.tasks.Outbox.Join(!a.config.Group)
	}
	effectsCtx := context.WithoutCancel(r.finish)
	r.lines = effects.NewLines(effectsCtx, a.tasks.Effects, a.config.ShutdownTimeout)
	defer r.lines.End()
	leave, err := a.tasks.Publisher.KeepLease(r.stop, r.finish)
	if err != nil {
		return err
	}
	defer leave()
	publishing, drain := r.publish()
	defer drain(&err)
	if r.member != nil {
		defer r.member.Join(r.lines, publishing, r.end)(&err)
	}
	defer r.beside.Wait()
	ctx, end := context.WithCancel(r.stop)
	defer end()
	defer r.fillIndexes(ctx)(&err)
	if a.catalog.Fenced() {
		r.beside.Go(func() { a.standby.beat(ctx) })
	}
	if a.config.Hooks.Lag != nil {
		r.beside.Go(func() { reportLag(ctx, &a.config, a.tasks) })
	}
	return r.loop(ctx, stale)
}

// publish publishes emissions, under a context that ends with that, until drain is called. Drain
// ends Run, waits until nothing is left to publish, and sets *err if publishing failed.
func (r *run) publish() (publishing context.Context, drain func(err *error)) {
	published := make(chan error, 1)
	drained := make(chan struct{})
	publishing, over := context.WithCancel(r.finish)
	go func() {
		defer over()
		err := r.app.tasks.Publisher.Run(r.finish, drained)
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

// fillIndexes fills indexes that are new in the code until ctx ends. An error ends Run; the
// function that it returns sets *err to it.
func (r *run) fillIndexes(ctx context.Context) (failed func(err *error)) {
	filled := make(chan error, 1)
	r.beside.Go(func() {
		r.app.filler.Run(ctx, func(err error) {
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
func (r *run) loop(ctx context.Context, stale bool) (err error) {
	a := r.app
	serial := ""
	var contention retry.Contention
	for {
		if why := a.catalog.Superseded(r.stop); why != nil {
			if a.standby.standAside(r.stop, r.member, why); r.stop.Err() != nil {
				return nil
			}
			if stale, err = a.stale.found(r.stop); err != nil {
				return err
			}
		}
		if stale && !a.stale.refused.Load() {
			stale = false // it is tried once
			ended := make(chan struct{})
			r.beside.Go(func() {
				defer close(ended)
				err := a.stale.replace(ctx, r.member)
				if a.stale.goOn() {
					err = a.catalog.ClaimEarly(ctx, true)
				}
				a.fatal.note(err) // other errors are reported
			})
			if err := a.stale.awaitDisplaced(r.stop, ended); err != nil || r.stop.Err() != nil {
				return err
			}
		}
		if err := a.catalog.ClaimEarly(r.stop, a.stale.goOn()); err != nil && !a.catalog.Lost() {
			return err
		}
		mine, changed := r.member.Part()
		from := &resumption{config: &a.config, tasks: a.tasks, serial: serial, mine: mine}
		tasks, partitions, mode, err := from.resume(r.stop)
		if err != nil {
			return err
		}
		if mine != nil {
			mode.Lanes = len(tasks) // the others' run elsewhere
		}
		r.announce(mode, tasks)
		switch err = r.fold(tasks, partitions, changed); {
		case errors.Is(err, retry.ErrRestart):
			contention.Yield(r.stop)
			if err := a.memory.reloadCatalog(r.stop); err != nil {
				return err
			}
			a.catalog.YieldToPromotion(r.stop)
		case errors.Is(err, task.ErrGoSerial):
			serial = err.Error()
		case !errors.Is(err, task.ErrOthers):
			return err
		}
	}
}

// announce reports to log and hook how the partitions are run.
func (r *run) announce(mode brook.Mode, tasks []*task.Task) {
	partitions := 0
	for _, t := range tasks {
		partitions += len(t.Partitions)
	}
	args := []any{"partitions", partitions, "lanes", mode.Lanes}
	if mode.Reason != "" && partitions > 1 {
		args = append(args, "why", mode.Reason)
	}
	r.app.tasks.Report.Info("running", args...)
	if hook := r.app.config.Hooks.Mode; hook != nil {
		hook(mode)
	}
}
