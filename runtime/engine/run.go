package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Run folds events into the views until ctx ends, and then finishes and commits what is in flight, within
// Config.ShutdownTimeout; it returns nil then. A store or driver that fails makes it wait and go on. It
// returns an error where it can't go on: [ErrLogChanged], [ErrRetention], [ErrStale], the failure of an event
// under Config.OnFailure Stop, or one that wraps [ErrPermanent]. One Run of an app at a time: another one
// is [ErrRunning]. It does not return before handlers and hooks do: one that does not heed its context keeps it, and
// the log says so. Effects have a second more, and then their context ends.
func (a *App) Run(ctx context.Context) error {
	if !a.running.TryLock() {
		return a.busy()
	}
	defer a.running.Unlock()
	if a.closed.Load() {
		return brook.ErrClosed
	}
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
	defer context.AfterFunc(a.ctx, cancel)()

	// What is in flight may go on for a while after stop.
	finish, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	defer context.AfterFunc(stop, func() {
		if retry.Sleep(finish, a.config.ShutdownTimeout) == nil {
			a.report.Warn("shutdown takes long: what is in flight is interrupted, and Run returns once handlers and hooks have", "timeout", a.config.ShutdownTimeout)
			abort(fmt.Errorf("brook: shutdown took longer than %s", a.config.ShutdownTimeout))
		}
	})()

	err = a.run(stop, finish, cancel)
	if ctx.Err() != nil || a.closed.Load() {
		return nil // what failed meanwhile was told, and the next run tries it again
	}
	return err
}

func (a *App) run(stop, finish context.Context, cancel context.CancelFunc) (err error) {
	defer a.heedBroken(stop, cancel)(&err)
	if err := a.doubtless(stop); err != nil {
		return err
	}
	a.catalog.ResetClaim(stop)
	stale, err := a.stale(stop)
	if err != nil {
		return err
	}
	m := a.newMembership()
	if m != nil {
		a.outbox.Join(!a.config.Group)
	}
	lines := effects.NewLines(context.WithoutCancel(finish), a.effects, a.config.ShutdownTimeout)
	defer lines.End()
	leave, err := a.publisher.KeepLease(stop, finish)
	if err != nil {
		return err
	}
	defer leave()
	published := make(chan error, 1)
	drained := make(chan struct{})
	publishing, over := context.WithCancel(finish)
	go func() {
		defer over()
		err := a.publisher.Run(finish, drained)
		if err != nil {
			cancel()
		}
		published <- err
	}()
	defer func() {
		cancel()
		close(drained)
		if perr := <-published; perr != nil {
			err = perr
		}
	}()
	if m != nil {
		defer m.Join(lines, publishing, cancel)(&err)
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, end := context.WithCancel(stop)
	defer end()
	filled := make(chan error, 1)
	beside.Go(func() {
		a.filler.Run(ctx, func(err error) {
			filled <- err
			cancel()
		})
	})
	defer func() {
		select {
		case ferr := <-filled:
			err = ferr
		default:
		}
	}()
	if a.catalog.Fenced() {
		beside.Go(func() { a.beat(ctx) })
	}
	if a.config.Hooks.Lag != nil {
		beside.Go(func() { a.reportLag(ctx) })
	}
	one := ""
	var contention retry.Contention
	for {
		if why := a.catalog.Superseded(stop); why != nil {
			if a.standAside(stop, m, why); stop.Err() != nil {
				return nil
			}
			if stale, err = a.stale(stop); err != nil {
				return err
			}
		}
		if stale && !a.refused.Load() {
			stale = false // it is tried once
			ended := make(chan struct{})
			beside.Go(func() {
				defer close(ended)
				a.broke(a.rebuildStale(ctx, m)) // what else it fails with is told
			})
			if err := a.replaced(stop, ended); err != nil || stop.Err() != nil {
				return err
			}
		}
		if err := a.catalog.ClaimEarly(stop); err != nil && !a.catalog.Lost() {
			return err
		}
		mine, changed := m.Part()
		lanes, partitions, mode, err := a.resume(stop, one, mine)
		if err != nil {
			return err
		}
		if mine != nil {
			mode.Lanes = len(lanes) // the others' run elsewhere
		}
		a.announce(mode, lanes)
		switch err = a.fold(stop, finish, cancel, lines, lanes, partitions, changed); {
		case errors.Is(err, retry.ErrRestart):
			contention.Yield(stop)
			if err := a.retry.Do(stop, "reload", func() error { return a.catalog.Reload(stop) }); err != nil {
				return err
			}
			a.catalog.YieldToPromotion(stop)
		case errors.Is(err, task.ErrGoSerial):
			one = err.Error()
		case !errors.Is(err, task.ErrOthers):
			return err
		}
	}
}

func (a *App) announce(mode brook.Mode, lanes []*task.Task) {
	partitions := 0
	for _, l := range lanes {
		partitions += len(l.Partitions)
	}
	args := []any{"partitions", partitions, "lanes", mode.Lanes}
	if mode.Reason != "" && partitions > 1 {
		args = append(args, "why", mode.Reason)
	}
	a.report.Info("running", args...)
	if a.config.Hooks.Mode != nil {
		a.config.Hooks.Mode(mode)
	}
}

// doubtless reads anew what memory knows of the store where a commit's outcome was never learnt.
func (a *App) doubtless(ctx context.Context) error {
	if !a.tasks.Unsure.Swap(false) {
		return nil
	}
	err := a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) })
	if err == nil {
		err = a.retry.Do(ctx, "reload", func() error { return a.reloadOutbox(ctx) })
	}
	if err != nil {
		a.tasks.Unsure.Store(true)
	}
	return err
}

// reloadOutbox fills the outbox anew, but over a shared store: a member of a group does that when it knows what it has, and who holds the
// lease when it looks.
func (a *App) reloadOutbox(ctx context.Context) error {
	if err := a.lock.Lock(ctx); err != nil { // nobody adds to it meanwhile
		return err
	}
	defer a.lock.Unlock()
	a.outbox.Clear()
	if a.catalog.Fenced() {
		return nil
	}
	return a.publisher.Load(ctx, everyPartition)
}

// fold runs lanes over the feeds until stop ends, one of them can't go on, or there are other partitions than these to be folded: because
// changed is closed, or topics grew.
func (a *App) fold(stop, finish context.Context, end context.CancelFunc, lines *effects.Lines, lanes []*task.Task, partitions []brook.Partition, changed <-chan struct{}) error {
	ctx, cancel := context.WithCancel(stop)
	defer cancel()
	var mu sync.Mutex
	var first error
	over := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if first == nil || goesOn(first) && !goesOn(err) {
			first = err
		}
		if goesOn(err) {
			cancel()
		} else {
			end() // the others finish what is in flight, within the limit
		}
	}
	var work, readers, watches sync.WaitGroup
	watches.Go(func() {
		select {
		case <-changed:
			over(task.ErrOthers)
		case <-ctx.Done():
		}
	})
	if g, ok := a.config.Driver.(brook.Grower); ok {
		watches.Go(func() {
			if err := a.grown(ctx, g, partitions); err != nil {
				over(err)
			}
		})
	}
	reader := a.tasks.Input(lookAnew)
	for _, l := range lanes {
		for _, f := range l.Partitions {
			at := f.Bookmark()
			readers.Go(func() { reader.Read(ctx, f.Queue, at, l.Chunks) })
		}
		work.Go(func() {
			number := effects.Single
			if l.Parallel {
				number = int(l.Partitions[0].ID.Number)
			}
			l.Effects = lines.Line(number, l.Rouse)
			err := errors.New("brook: a handler ended the goroutine of its lane (runtime.Goexit)")
			defer func() {
				if l.Inside {
					l.Leave()
				}
				if err != nil {
					over(err)
				}
			}()
			err = l.Run(ctx, finish)
		})
	}
	work.Wait()
	if len(lanes) == 0 { // it has no partition now
		<-ctx.Done()
	}
	cancel()
	readers.Wait()
	watches.Wait()
	return first
}

// goesOn reports whether Run goes on after what ended the lanes.
func goesOn(err error) bool {
	return errors.Is(err, task.ErrGoSerial) || errors.Is(err, retry.ErrRestart) || errors.Is(err, task.ErrOthers)
}

// grown waits until there are other partitions, which it returns as task.ErrOthers, or ctx ends.
func (a *App) grown(ctx context.Context, g brook.Grower, known []brook.Partition) error {
	for attempts := 1; ; attempts++ {
		started := time.Now()
		err := g.Grown(ctx, known)
		switch {
		case err == nil:
			return task.ErrOthers
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, brook.ErrPermanent):
			return fmt.Errorf("brook: looking for new partitions: %w", err)
		}
		a.report.Failure(brook.Failure{What: "looking for new partitions", Attempts: attempts, Err: err})
		if time.Since(started) > time.Minute {
			attempts = 0
		}
		if retry.Sleep(ctx, retry.Wait(a.config.Retry, attempts)) != nil {
			return nil
		}
	}
}
