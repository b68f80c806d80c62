// Package catchup folds until nothing is left: in the goroutine of its caller, which reads, folds
// and publishes in turn, in one task for all partitions and in no group.
//
// A CatchUp is one call. No other goroutine uses it.
package catchup

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/backfill"
	"github.com/brookgen/brookgen/runtime/internal/control"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/recovery"
	"github.com/brookgen/brookgen/runtime/internal/resume"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/stale"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// checkpointLimit is how long CatchUp tries to store with the driver how far it came: longer than a
// group keeps members that are gone.
const checkpointLimit = time.Minute

// CatchUp is one call of CatchUp: a task whose partitions are read in between.
type CatchUp struct {
	Tasks  *task.Set
	Memory *recovery.Memory
	Stale  *stale.Views
	Filler *backfill.Filler
	Timers *control.Timers // nil: there are none
	// NoteOwed is called when emissions of a rebuild may be this process's to publish.
	NoteOwed func()
	// AdoptOwed moves such emissions into the outbox.
	AdoptOwed func(context.Context) error
	// Work does the jobs that are due, and returns how many were tried; nil: there are no jobs.
	Work func(context.Context) (int, error)

	task  *task.Task
	input *partitionInput
}

// Run prepares what Run prepares, and folds until nothing is left.
func (c *CatchUp) Run(ctx context.Context) error {
	if err := c.Memory.ResolveUnknown(ctx); err != nil {
		return err
	}
	c.Tasks.Catalog.Claim.Reset(ctx)
	outdated, err := c.Stale.Found(ctx)
	if err != nil {
		return err
	}
	var refused error
	if outdated && !c.Stale.Refused() {
		if err := c.Stale.Replace(ctx, nil); errors.Is(err, brook.ErrRebuildRefused) {
			refused = err // the live views go on
		} else if err != nil {
			return err
		}
	}
	c.Tasks.Timers.Forget() // others may have had the store meanwhile
	if err := c.leaveGroup(ctx); err != nil {
		return err
	}
	if on, err := c.Tasks.Publisher.RequireLease(ctx); err != nil {
		return err
	} else if on {
		lease := c.Tasks.Publisher.Lease
		defer lease.Leave(ctx)
		if err := c.Tasks.Retry.Do(ctx, "lease",
			func() error { return lease.Await(ctx) }); err != nil {
			return err
		}
	}
	if c.Tasks.Config.Group {
		err := c.Tasks.Retry.Do(ctx, "read", func() error {
			return c.Tasks.Publisher.Load(ctx, func(partition.ID) bool { return true })
		})
		if err != nil {
			return err
		}
	}
	if err := c.loop(ctx); err != nil {
		return err
	}
	return refused
}

// loop makes a task and runs it, again if partitions or the live generation are others.
func (c *CatchUp) loop(ctx context.Context) error {
	var contention retry.Contention
	for {
		if why := c.Tasks.Catalog.Claim.Superseded(ctx); why != nil {
			return why
		}
		if err := c.Tasks.Catalog.Claim.TakeEarly(ctx, c.Stale.GoOn()); err != nil {
			return err
		}
		if err := c.Filler.Fill(ctx); err != nil {
			return err
		}
		err := c.once(ctx)
		switch {
		case err == nil:
			c.tidy(ctx)
			return c.countTimers(ctx)
		case errors.Is(err, task.ErrOthers):
			continue
		case !errors.Is(err, retry.ErrRestart):
			return err
		}
		contention.Wait(ctx)
		if err := c.Memory.ReloadCatalog(ctx); err != nil {
			return err
		}
		c.Tasks.Catalog.Construction.AwaitPromotion(ctx)
	}
}

// tidy removes what is left of generations, which the background may not get to in a program that
// ends.
func (c *CatchUp) tidy(ctx context.Context) {
	if _, err := c.Tasks.Catalog.Obsolete.Sweep(ctx); err != nil && ctx.Err() == nil {
		c.Tasks.Report.Failure(brook.Failure{ // the next open tries again
			What: "removal of old views", Attempts: 1, Err: err, Final: true,
		})
	}
}

// countTimers counts the timers that wait, if that is not known.
func (c *CatchUp) countTimers(ctx context.Context) error {
	if c.Tasks.Waiting.Waiting() >= 0 {
		return nil
	}
	return c.Tasks.Retry.Do(ctx, "read", func() error { return c.Timers.Count(ctx) })
}

// leaveGroup makes the app do what it deferred as a member of a group that it has left, unless
// others did it.
func (c *CatchUp) leaveGroup(ctx context.Context) error {
	if c.Tasks.Outbox.Group.HasDeferred() {
		var checkpoints map[partition.ID]int64
		err := c.Tasks.Retry.Ask(ctx, "read", func() (err error) {
			checkpoints, err = c.Tasks.Publisher.Checkpoints(ctx)
			return err
		})
		if err != nil {
			return err
		}
		c.Tasks.Outbox.Group.Acknowledged(checkpoints)
	}
	c.Tasks.Outbox.Group.Dissolve()
	// As a member it passed over what others were to take over: at the end of Run, all.
	c.NoteOwed()
	return nil
}

// once makes a task of all partitions and runs it until nothing is left.
func (c *CatchUp) once(ctx context.Context) error {
	from := &resume.Resumption{Tasks: c.Tasks, Serial: "the caller's goroutine"}
	tasks, _, mode, err := from.Resume(ctx)
	if err != nil {
		return err
	}
	c.Tasks.Running.Fold(mode)
	c.Tasks.Gauges.Fold()
	c.task, c.input = tasks[0], newInput(c.Tasks.Config.Driver, c.Tasks, tasks[0])
	return errors.Join(c.work(ctx), c.input.close())
}

// work reads, folds and publishes in turn until there is nothing to do.
func (c *CatchUp) work(ctx context.Context) error {
	for {
		if c.task.Begin(ctx) != nil {
			return c.task.Ended(ctx)
		}
		over, err := c.turn(ctx)
		c.task.End()
		if err != nil || over {
			return err
		}
	}
}

// turn does what is there to do, or waits if it is to be done later. It reports whether there was
// nothing.
func (c *CatchUp) turn(ctx context.Context) (over bool, err error) {
	p := c.Tasks.Publisher
	more, err := c.input.read(ctx)
	if err != nil {
		return false, err
	}
	folded, err := c.fold(ctx)
	if err != nil {
		return false, err
	}
	if err := c.AdoptOwed(ctx); err != nil {
		return false, err
	}
	fired, _, err := c.Timers.Step(ctx)
	if err != nil {
		return false, err
	}
	if err := p.Lease.RenewIfDue(ctx); err != nil {
		return false, err
	}
	if err := p.Collect(ctx); err != nil {
		return false, err
	}
	published, err := p.PublishOnce(ctx, false)
	if err != nil {
		return false, err
	}
	worked := 0
	if c.Work != nil {
		if worked, err = c.Work(ctx); err != nil {
			return false, err
		}
	}
	wait := c.Tasks.Outbox.Next()
	idle := !more && !folded && !fired && !published && worked == 0
	over = idle && wait == 0
	if _, err := p.Checkpoint(ctx, over, checkpointLimit); err != nil || over || !idle {
		return over, err
	}
	return false, c.task.Sleep(ctx, wait)
}

// claim makes sure that all indexes are there before an event needs them.
func (c *CatchUp) claim(ctx context.Context) error {
	if c.Tasks.Catalog.Claim.Taken() {
		return nil
	}
	if err := c.Tasks.Catalog.Claim.Take(ctx); err != nil {
		return err
	}
	return c.Filler.Fill(ctx)
}

// fold folds what is in memory until a partition runs dry, and reports whether there was anything.
func (c *CatchUp) fold(ctx context.Context) (any bool, err error) {
	t := c.task
	for {
		if ctx.Err() != nil {
			return any, t.Ended(ctx)
		}
		if err := t.ReportOverdue(ctx, ctx); err != nil {
			return any, err
		}
		if err := t.Enter(ctx); err != nil {
			return any, err
		}
		t.Target.Look(t.Partitions)
		next, wait := t.Next()
		t.Leave()
		switch {
		case c.Tasks.Valve.Closing():
			return true, nil // work goes on later
		case next != nil:
			if err := c.claim(ctx); err != nil {
				return any, err
			}
			if err := t.Fold(ctx, ctx); err != nil {
				return any, err
			}
			any = true
		case wait > 0:
			if err := t.Sleep(ctx, wait); err != nil {
				return any, err
			}
		default:
			for _, p := range t.Partitions {
				if p.Head() != nil && p.Full {
					return any, fmt.Errorf("%w: partition %s/%d",
						brook.ErrDeadLettersFull, p.ID.Topic, p.ID.Number)
				}
			}
			if err := t.Moved(ctx); err != nil {
				return any, err
			}
			return any, t.Ended(ctx)
		}
	}
}
