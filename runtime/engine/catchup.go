package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// CatchUp does what Run does, until everything is folded that the log holds, with what handlers emit meanwhile, and then
// returns. It works in the calling goroutine and starts no other, in one lane, for all partitions and as a member of no group:
// for programs that end, and for tests. Its errors are those of Run, and [ErrDeadLettersFull], and over a store that forgets, that the
// driver did not take for a minute how far the app came (Kafka takes that from members alone while a group has some). Where ctx ends,
// what is done is committed, and ctx's error returned; where the app is closed, [ErrClosed]; and with
// either what the store failed with last, if that is what it waited for.
func (a *App) CatchUp(ctx context.Context) (err error) {
	if !a.running.TryLock() {
		return a.busy()
	}
	defer a.running.Unlock()
	if a.closed.Load() {
		return brook.ErrClosed
	}
	release, err := a.catalog.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	defer func() { err = catalog.Closing(ctx, err) }()
	if err := a.doubtless(ctx); err != nil {
		return err
	}
	a.catalog.ResetClaim(ctx)
	stale, err := a.stale(ctx)
	if err != nil {
		return err
	}
	var refused error
	if stale && !a.refused.Load() {
		if err := a.rebuildStale(ctx, nil); errors.Is(err, brook.ErrRebuildRefused) {
			refused = err // the live views go on
		} else if err != nil {
			return err
		}
	}
	if err := a.alone(ctx); err != nil {
		return err
	}
	if on, err := a.publisher.RequireLease(ctx); err != nil {
		return err
	} else if on {
		defer a.publisher.Lease.Leave(ctx)
		if err := a.retry.Do(ctx, "lease", func() error { return a.publisher.Lease.Await(ctx) }); err != nil {
			return err
		}
	}
	if a.config.Group {
		if err := a.retry.Do(ctx, "read", func() error { return a.publisher.Load(ctx, everyPartition) }); err != nil {
			return err
		}
	}
	var contention retry.Contention
	for {
		if why := a.catalog.Superseded(ctx); why != nil {
			return why
		}
		if err := a.catalog.ClaimEarly(ctx); err != nil {
			return err
		}
		if err := a.filler.Fill(ctx); err != nil {
			return err
		}
		err := a.catchUp(ctx)
		if err == nil {
			a.tidy(ctx)
			return refused
		}
		if errors.Is(err, task.ErrOthers) {
			continue
		}
		if !errors.Is(err, retry.ErrRestart) {
			return err
		}
		contention.Yield(ctx)
		if err := a.retry.Do(ctx, "reload", func() error { return a.catalog.Reload(ctx) }); err != nil {
			return err
		}
		a.catalog.YieldToPromotion(ctx)
	}
}

// tidy removes what is left of generations, which the background may not get to in a program that ends.
func (a *App) tidy(ctx context.Context) {
	if _, err := a.catalog.Sweep(ctx); err != nil && ctx.Err() == nil {
		a.report.Failure(brook.Failure{What: "removal of old views", Attempts: 1, Err: err, Final: true}) // the next open tries again
	}
}

// alone makes the app do what it holds back as a member of a group that it is no more, unless others did.
func (a *App) alone(ctx context.Context) error {
	if a.outbox.HasDeferred() {
		var marks map[partition.ID]int64
		err := a.retry.Do(ctx, "read", func() (err error) {
			marks, err = a.publisher.Checkpoints(ctx)
			return err
		})
		if err != nil {
			return err
		}
		a.outbox.Acknowledged(marks)
	}
	a.outbox.Dissolve()
	a.noteOwed() // as a member it passed over what is others' to take over: at the end of Run, all
	return nil
}

func (a *App) catchUp(ctx context.Context) error {
	lanes, _, _, err := a.resume(ctx, "the caller's goroutine", nil)
	if err != nil {
		return err
	}
	c := &catchUp{app: a, lane: lanes[0], readers: map[*task.Partition]*catchUpReader{}}
	err = c.run(ctx)
	for _, r := range c.readers {
		if r.PartitionReader != nil {
			err = errors.Join(err, r.Close())
		}
	}
	return err
}

// markLimit is how long CatchUp tries to tell the driver how far it came: longer than a group keeps members that are gone.
const markLimit = time.Minute

// catchUp is a lane that reads its partitions itself.
type catchUp struct {
	app     *App
	lane    *task.Task
	readers map[*task.Partition]*catchUpReader
}

// catchUpReader is a reader with where it is.
type catchUpReader struct {
	brook.PartitionReader // nil: it has to be opened
	at                    input.Bookmark
}

func (c *catchUp) run(ctx context.Context) error {
	for {
		more, err := c.read(ctx)
		if err != nil {
			return err
		}
		folded, err := c.fold(ctx)
		if err != nil {
			return err
		}
		if err := c.app.adoptOwed(ctx); err != nil {
			return err
		}
		if err := c.app.publisher.Lease.RenewIfDue(ctx); err != nil {
			return err
		}
		if err := c.app.publisher.Collect(ctx); err != nil {
			return err
		}
		published, err := c.app.publisher.PublishOnce(ctx, false)
		if err != nil {
			return err
		}
		wait := c.app.outbox.Next()
		over := !more && !folded && !published && wait == 0
		if _, err := c.app.publisher.Checkpoint(ctx, over, markLimit); err != nil || over {
			return err
		}
		if !more && !folded && !published {
			if err := retry.Sleep(ctx, wait); err != nil {
				return err
			}
		}
	}
}

// read takes a chunk of every partition that has one and none in memory, and reports whether there was any.
func (c *catchUp) read(ctx context.Context) (more bool, err error) {
	partitions, err := c.app.tasks.Partitions(ctx)
	if err != nil {
		return false, err
	}
	ends := map[partition.ID]int64{}
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		if c.lane.Partition(id) == nil {
			return false, task.ErrOthers // topics grew meanwhile
		}
		ends[id] = p.End
	}
	for _, f := range c.lane.Partitions {
		if !f.Dry() || f.Ahead() >= ends[f.ID] {
			continue
		}
		err := c.app.retry.Do(ctx, "read", func() error { return c.chunk(ctx, f) })
		if err != nil {
			return false, fmt.Errorf("brook: read %s: %w", f.ID.At(f.Ahead()), err)
		}
		more = true
	}
	return more, nil
}

// chunk takes the next chunk of a partition that has one.
func (c *catchUp) chunk(ctx context.Context, f *task.Partition) error {
	r := c.readers[f]
	if r == nil {
		r = &catchUpReader{at: f.Bookmark()}
		c.readers[f] = r
	}
	for {
		if r.PartitionReader == nil {
			opened, err := r.at.Open(ctx, c.app.config.Driver)
			if err != nil {
				return err
			}
			r.PartitionReader = opened
		}
		chunk, err := r.Read(ctx, input.FetchSize)
		if err != nil {
			err = errors.Join(err, r.Close())
			r.PartitionReader = nil
			return err
		}
		if fresh, err := r.at.Check(&chunk); err != nil {
			return err
		} else if fresh {
			f.Append(chunk)
			return nil
		}
	}
}

// begin makes sure that there are all indexes before an event needs them.
func (c *catchUp) begin(ctx context.Context) error {
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
	l := c.lane
	for {
		if ctx.Err() != nil {
			return any, l.Ended(ctx)
		}
		if err := l.Enter(ctx); err != nil {
			return any, err
		}
		l.Target.Look(l.Partitions)
		f, wait := l.Next()
		l.Leave()
		switch {
		case f != nil:
			if err := c.begin(ctx); err != nil {
				return any, err
			}
			if err := l.Fold(ctx, ctx); err != nil {
				return any, err
			}
			any = true
		case wait > 0:
			if err := retry.Sleep(ctx, wait); err != nil {
				return any, err
			}
		default:
			for _, f := range l.Partitions {
				if f.Head() != nil && f.Full {
					return any, fmt.Errorf("%w: partition %s/%d", brook.ErrDeadLettersFull, f.ID.Topic, f.ID.Number)
				}
			}
			if err := l.Moved(ctx); err != nil {
				return any, err
			}
			return any, l.Ended(ctx)
		}
	}
}
