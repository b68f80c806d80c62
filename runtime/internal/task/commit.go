package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// errRewound is returned for a batch that was put back because it was too large.
var errRewound = fmt.Errorf("%w: the batch comes again, smaller", retry.ErrStop)

// commit is a task's batch on its way into the store.
type commit struct {
	*Task
	batch     *brook.Batch
	withheld  bool // the letters of the batch block no keys
	overtaken bool // somebody held the quiesce lock since the batch was tried
}

// commit writes the batch: changes, indexes, histories, letters, emissions and positions, all or
// nothing. A batch that is too large for the store is put back, to come again in smaller ones.
func (t *Task) commit(ctx context.Context) error {
	c, b := commit{Task: t}, t.Batch
	if !t.Target.Current(t.Gen) {
		c.rewind()
		b.Forget()
		return retry.ErrRestart
	}
	others := t.touch()
	moved, from := t.Partitions.moves()
	for _, p := range t.Partitions {
		if p.Dirty() {
			b.Positions = p.Repeats.Writes(b.Positions, t.Gen.Folded, t.Gen.Window)
			b.Positions = append(b.Positions, brook.Write{
				Table: t.Gen.Positions, Key: p.ID.AppendKey(nil), Value: p.Stage(),
			})
		}
	}
	if !b.Parked.Empty() {
		err := t.set.Retry.Do(ctx, "read", func() error { return t.CompleteParked(ctx) })
		if err != nil {
			return c.failed(err)
		}
	}
	writes := b.Assemble()
	if len(writes) == 0 {
		b.Forget()
		return nil
	}
	c.batch = &brook.Batch{ID: t.set.IDs.Batch(), Writes: writes, Checks: c.preconditions()}
	if err := c.complete(ctx, others); err != nil {
		return c.failed(err)
	}
	marked := func() {}
	if t.Tx.TracksReads() && t.Partitions.fresh() {
		marked = t.set.ExclusiveMark.Set(c.batch, t.set.Catalog.Meta())
	}
	if err := c.run(ctx); err != nil {
		return c.failed(err)
	}
	marked()
	c.done(moved, from)
	return nil
}

// run tries to commit until that succeeds or fails for good. Letters of a batch of one event are
// shrunk if it is too large.
func (c *commit) run(ctx context.Context) error {
	err := c.retry(ctx)
	for step := 0; errors.Is(err, brook.ErrTooLarge) && c.Batch.Size() <= 1 && c.lighten(step); step++ {
		c.batch.ID = c.set.IDs.Batch()
		err = c.retry(ctx)
	}
	return err
}

// lighten makes a batch of one event smaller by one step, and reports whether there was one left.
// What publishes its letter goes once the letter lacks its record, which the log has.
func (c *commit) lighten(step int) bool {
	if step == 1 {
		left, dropped := c.Batch.DropLetterItems(c.batch.Writes)
		c.batch.Writes = left
		c.due.Failures = append(c.due.Failures, batch.Unpublished(dropped)...)
		if len(dropped) > 0 {
			return true
		}
	}
	return c.Batch.ShrinkLetters(c.batch.Writes, c.unblock)
}

// retry tries to commit until that succeeds, fails for good, or ctx ends. Between two tries nobody
// waits for the task: a commit may be refused for as long as nobody drops something.
func (c *commit) retry(ctx context.Context) error {
	return c.set.RetryCommit(ctx, c.pause, func() error {
		if !c.overtaken {
			return c.set.Observer.Commit(ctx, c.set.Store, c.batch, c.Batch.Size(), !c.visits)
		}
		done, err := c.stored(ctx)
		switch {
		case err != nil:
			return err
		case !done:
			return errRewound
		}
		return c.recount(ctx)
	})
}

// failed puts back a batch that could not be committed, and returns what the task does about err.
func (c *commit) failed(err error) error {
	c.rewind()
	switch {
	case errors.Is(err, brook.ErrConflict):
		if c.set.Jobs != nil {
			c.set.Jobs.Lags() // who was faster may have left jobs
		}
		err = retry.ErrRestart
	case errors.Is(err, errRewound):
	case errors.Is(err, brook.ErrTooLarge) && c.Batch.Size() > 0:
		c.shrink(err)
		err = errRewound
	default:
		c.set.Doubt(err)
		return err
	}
	c.Batch.Forget()
	return err
}

// unblock lets later events of a key go on that a letter was to block: the key is too large to be
// kept.
func (c *commit) unblock(letter *deadletter.Letter, key []byte) {
	p := c.Partition(partition.Of(letter.Position))
	p.Blocked.Unblock(letter, key)
}

// complete adds to a commit what it changes besides: the epochs of partitions whose parked events
// it wakes and that other tasks fold, and the numbers of emissions.
func (c *commit) complete(ctx context.Context, others []partition.ID) error {
	for _, id := range others {
		var writes []brook.Write
		var checks []brook.Check
		err := c.set.Retry.Do(ctx, "read", func() (err error) {
			writes, checks, err = c.set.Catalog.BumpEpoch(ctx, id)
			return err
		})
		if err != nil {
			return err
		}
		c.batch.Writes = append(c.batch.Writes, writes...)
		c.batch.Checks = append(c.batch.Checks, checks...)
	}
	if !c.Batch.Numbered {
		return nil
	}
	counted, check := c.set.Emissions.Counted()
	c.batch.Writes = append(c.batch.Writes, counted)
	if c.Tx.TracksReads() {
		c.batch.Checks = append(c.batch.Checks, check)
	}
	return nil
}

// rewind puts the events of the batch back into their queues.
func (c *commit) rewind() {
	if c.Batch.Numbered {
		c.set.Emissions.Numbers = nil // to be read anew
	}
	c.withhold()
	c.Partitions.rewind()
}

// stored reports whether the store has the positions that the batch writes.
func (c *commit) stored(ctx context.Context) (bool, error) {
	standings, err := c.Gen.Standings(ctx, c.set.Reader)
	if err != nil {
		return false, err
	}
	for _, p := range c.Partitions {
		if p.Dirty() && string(standings[p.ID].Raw) != string(p.Staged()) {
			return false, nil
		}
	}
	return true, nil
}

// shrink makes the next batch smaller, after one that was too large. A single event that is too
// large becomes a dead letter, and if even that is too large, its partition stands still.
func (c *commit) shrink(err error) {
	at := c.Batch.Last
	switch {
	case c.Batch.Size() > 1:
		c.limit = max(1, min(c.limit, c.Batch.Size())/2)
		return
	case c.TooLarge.At != at:
		c.limit, c.TooLarge.Err, c.TooLarge.At = 1, err, at
		return
	}
	p := c.Partition(partition.Of(at))
	if p == nil {
		return
	}
	p.unstored++
	p.Gauge.FoldFails(err, gauge.Store)
	p.PauseUntil(time.Now().Add(retry.Wait(c.set.Config.Retry, p.unstored)))
	c.due.Failures = append(c.due.Failures, brook.Failure{
		What: "commit", Position: at, Attempts: p.unstored,
		Err: fmt.Errorf("not even the dead letter of the event can be stored, and its "+
			"partition stands still until the store takes more in one commit: %w", err),
	})
}

// done tells everybody what the batch brought, and forgets it.
func (c *commit) done(moved []brook.Progress, from []brook.Position) {
	for _, p := range c.Partitions {
		if p.Dirty() {
			p.Show()
		}
	}
	c.Target.Committed(c.Task, moved, from)
	for _, p := range c.Partitions {
		if p.Dirty() {
			p.commit()
		}
	}
	if c.TooLarge.At == c.Batch.Last {
		c.TooLarge.Err, c.TooLarge.At = nil, brook.Position{}
	}
	if c.limit < c.set.Config.BatchSize {
		c.limit = min(c.set.Config.BatchSize, c.limit+max(1, c.limit/8))
	}
	c.Batch.Forget()
}
