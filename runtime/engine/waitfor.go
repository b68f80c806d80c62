package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// WaitFor waits until the views show the event at pos and all before it in its partition: read your
// own writes. If that event became a dead letter of any set, the error wraps [brook.ErrDeadLetter].
// One that came too early ([brook.Early]) it waits for until it is applied or dropped, or reported.
// It does not wait for emissions or effects, and not at all for the zero position. A partition that
// the topic does not have is an error that wraps [brook.ErrOutOfRange].
//
// Somebody has to call Run: this app, or another process over a store that announces what is
// committed ([brook.Announcer]). As long as nobody does, it waits until ctx ends. If Run of this
// app ends with an error while WaitFor waits, the error wraps that of Run, whichever of them began
// first; so it does at once if Run ended with an error before, and neither Run nor CatchUp began
// again since. What the views show already is no reason to wait.
//
// If the log is another one than the views were made from, the error wraps [brook.ErrLogChanged].
// That is looked up once for each partition, where no event of it was folded since the app opened,
// and anew after Run or CatchUp found another log: WaitFor asks the driver until it answers.
//
// In an effect of the same app it is refused with [brook.ErrInEffect]. If ctx ends the wait, the
// error wraps that of ctx, and if the app is closed, [brook.ErrClosed]. A read of the store that
// fails ends it. It is safe for concurrent use.
func (a *App) WaitFor(ctx context.Context, pos brook.Position) error {
	if effects.Within(ctx, a) {
		return fmt.Errorf("wait for %s: %w", pos, brook.ErrInEffect)
	}
	if pos.IsZero() {
		return nil
	}
	if !a.code.Reads(pos.Topic) {
		return fmt.Errorf("brook: wait for %s: this app does not read topic %q", pos, pos.Topic)
	}
	if err := a.awaitPartition(ctx, pos); err != nil {
		return err
	}
	if err := a.confirmLog(ctx, pos); err != nil {
		return err
	}
	if err := a.tasks.Progress.Wait(ctx, pos, a.life.Context().Done()); err != nil {
		if shut, since := a.tasks.Valve.State(); shut {
			return fmt.Errorf("%w (the app is paused since %s: Resume has it go on)", err,
				since.UTC().Format(time.RFC3339))
		}
		return err
	}
	if err := a.confirmLog(ctx, pos); err != nil { // another process may have folded it
		return err
	}
	return a.awaitApplied(ctx, pos)
}

// parkedLook is how often the store is asked whether an event is parked still that another process
// may have applied.
const parkedLook = time.Second

// awaitApplied waits until an event is parked no longer, and returns an error if it is a dead
// letter.
func (a *App) awaitApplied(ctx context.Context, pos brook.Position) error {
	open, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	every := time.Duration(0)
	if a.catalog.Fenced() {
		every = parkedLook
	}
	closed := a.life.Context().Done()
	err := a.tasks.Progress.WaitReady(ctx, pos, closed, every, func() (bool, error) {
		parked := false
		if a.catalog.Fenced() || a.tasks.Parked.Ever() {
			var err error
			if parked, err = a.tasks.Letters.IsParked(open, pos); err != nil {
				return false, err
			}
		}
		return !parked, a.tasks.Letters.Failed(open, pos)
	})
	return lifetime.Closing(open, err)
}

// confirmLog returns an error if the log of pos is another one than the views were made from.
func (a *App) confirmLog(ctx context.Context, pos brook.Position) error {
	if a.tasks.Progress.Confirmed(partition.Of(pos)) {
		return nil
	}
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	err := lifetime.Closing(ctx, a.identity.Confirm(ctx, partition.Of(pos)))
	if err != nil {
		return fmt.Errorf("brook: wait for %s: %w", pos, err)
	}
	return nil
}

// growing is how long a driver may not know a partition yet that somebody has published to.
const growing = time.Second

// awaitPartition returns an error if the driver knows no partition of pos, not even in a while. A
// driver that does not answer is no reason: the readers report that it fails.
func (a *App) awaitPartition(ctx context.Context, pos brook.Position) error {
	if a.tasks.Progress.Confirmed(partition.Of(pos)) {
		return nil
	}
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	wanted := func(p brook.Partition) bool { return p.Number == pos.Partition }
	for late := false; ; late = true {
		asking, cancel := context.WithTimeout(ctx, growing)
		partitions, err := a.config.Driver.Partitions(asking, pos.Topic)
		if err != nil || slices.ContainsFunc(partitions, wanted) {
			cancel()
			return nil
		}
		if late {
			cancel()
			return fmt.Errorf("brook: wait for %s: topic %q has %d partitions: %w",
				pos, pos.Topic, len(partitions), brook.ErrOutOfRange)
		}
		err = a.tasks.Progress.Wait(asking, pos, ctx.Done())
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return nil // the caller finds out why
		}
	}
}
