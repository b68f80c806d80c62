package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

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
	release, err := a.catalog.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := a.life.WhileOpen(ctx)
	defer cancel()
	defer func() { err = lifetime.Closing(ctx, err) }()
	return (&catchUp{app: a, tasks: a.tasks}).run(ctx)
}

// checkpointLimit is how long CatchUp tries to store with the driver how far it came: longer than a
// group keeps members that are gone.
const checkpointLimit = time.Minute

// catchUp is one call of CatchUp: a task whose partitions are read in between.
type catchUp struct {
	app   *App
	tasks *task.Set
	task  *task.Task
	input *catchUpInput
}

// run prepares what Run prepares, and folds until nothing is left.
func (c *catchUp) run(ctx context.Context) error {
	a := c.app
	if err := a.memory.resolveUnknown(ctx); err != nil {
		return err
	}
	a.catalog.ResetClaim(ctx)
	stale, err := a.stale.found(ctx)
	if err != nil {
		return err
	}
	var refused error
	if stale && !a.stale.refused.Load() {
		if err := a.stale.replace(ctx, nil); errors.Is(err, brook.ErrRebuildRefused) {
			refused = err // the live views go on
		} else if err != nil {
			return err
		}
	}
	if err := c.leaveGroup(ctx); err != nil {
		return err
	}
	if on, err := c.tasks.Publisher.RequireLease(ctx); err != nil {
		return err
	} else if on {
		lease := c.tasks.Publisher.Lease
		defer lease.Leave(ctx)
		if err := c.tasks.Retry.Do(ctx, "lease",
			func() error { return lease.Await(ctx) }); err != nil {
			return err
		}
	}
	if a.config.Group {
		err := c.tasks.Retry.Do(ctx, "read", func() error {
			return c.tasks.Publisher.Load(ctx, everyPartition)
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
func (c *catchUp) loop(ctx context.Context) error {
	a := c.app
	var contention retry.Contention
	for {
		if why := a.catalog.Superseded(ctx); why != nil {
			return why
		}
		if err := a.catalog.ClaimEarly(ctx, a.stale.goOn()); err != nil {
			return err
		}
		if err := a.filler.Fill(ctx); err != nil {
			return err
		}
		err := c.once(ctx)
		switch {
		case err == nil:
			c.tidy(ctx)
			return nil
		case errors.Is(err, task.ErrOthers):
			continue
		case !errors.Is(err, retry.ErrRestart):
			return err
		}
		contention.Yield(ctx)
		if err := a.memory.reloadCatalog(ctx); err != nil {
			return err
		}
		a.catalog.YieldToPromotion(ctx)
	}
}

// tidy removes what is left of generations, which the background may not get to in a program that
// ends.
func (c *catchUp) tidy(ctx context.Context) {
	if _, err := c.tasks.Catalog.Sweep(ctx); err != nil && ctx.Err() == nil {
		c.tasks.Report.Failure(brook.Failure{ // the next open tries again
			What: "removal of old views", Attempts: 1, Err: err, Final: true,
		})
	}
}

// leaveGroup makes the app do what it deferred as a member of a group that it has left, unless
// others did it.
func (c *catchUp) leaveGroup(ctx context.Context) error {
	if c.tasks.Outbox.HasDeferred() {
		var checkpoints map[partition.ID]int64
		err := c.tasks.Retry.Do(ctx, "read", func() (err error) {
			checkpoints, err = c.tasks.Publisher.Checkpoints(ctx)
			return err
		})
		if err != nil {
			return err
		}
		c.tasks.Outbox.Acknowledged(checkpoints)
	}
	c.tasks.Outbox.Dissolve()
	// As a member it passed over what others were to take over: at the end of Run, all.
	c.app.owed.note()
	return nil
}

// once makes a task of all partitions and runs it until nothing is left.
func (c *catchUp) once(ctx context.Context) error {
	from := &resumption{config: &c.app.config, tasks: c.tasks, serial: "the caller's goroutine"}
	tasks, _, _, err := from.resume(ctx)
	if err != nil {
		return err
	}
	c.task, c.input = tasks[0], newCatchUpInput(c.app.config.Driver, c.tasks, tasks[0])
	return errors.Join(c.work(ctx), c.input.close())
}

// work reads, folds and publishes in turn until there is nothing to do.
func (c *catchUp) work(ctx context.Context) error {
	p := c.tasks.Publisher
	for {
		more, err := c.input.read(ctx)
		if err != nil {
			return err
		}
		folded, err := c.fold(ctx)
		if err != nil {
			return err
		}
		if err := c.app.owed.adopt(ctx); err != nil {
			return err
		}
		if err := p.Lease.RenewIfDue(ctx); err != nil {
			return err
		}
		if err := p.Collect(ctx); err != nil {
			return err
		}
		published, err := p.PublishOnce(ctx, false)
		if err != nil {
			return err
		}
		wait := c.tasks.Outbox.Next()
		over := !more && !folded && !published && wait == 0
		if _, err := p.Checkpoint(ctx, over, checkpointLimit); err != nil || over {
			return err
		}
		if !more && !folded && !published {
			if err := retry.Sleep(ctx, wait); err != nil {
				return err
			}
		}
	}
}

// claim makes sure that all indexes are there before an event needs them.
func (c *catchUp) claim(ctx context.Context) error {
	if c.app.catalog.Claimed() {
		return nil
	}
	if err := c.app.catalog.Claim(ctx); err != nil {
		return err
	}
	return c.app.filler.Fill(ctx)
}

// fold folds what is in memory until a partition runs dry, and reports whether there was anything.
func (c *catchUp) fold(ctx context.Context) (any bool, err error) {
	t := c.task
	for {
		if ctx.Err() != nil {
			return any, t.Ended(ctx)
		}
		if err := t.Enter(ctx); err != nil {
			return any, err
		}
		t.Target.Look(t.Partitions)
		next, wait := t.Next()
		t.Leave()
		switch {
		case next != nil:
			if err := c.claim(ctx); err != nil {
				return any, err
			}
			if err := t.Fold(ctx, ctx); err != nil {
				return any, err
			}
			any = true
		case wait > 0:
			if err := retry.Sleep(ctx, wait); err != nil {
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
