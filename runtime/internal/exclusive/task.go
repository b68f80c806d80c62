package exclusive

import (
	"context"
	"errors"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Task is the exclusive task: it has no partitions, and runs while all others rest. Its owner fills
// the batch and commits it.
type Task struct {
	*processor.Processor
	pool   *Pool
	set    *task.Set
	rest   *task.Quiesced       // by which the owner holds the quiesce lock; nil: by itself
	others []brook.Check        // of the positions of all partitions, see ReadStandings
	aside  func() (back func()) // see setAside

	failures []brook.Failure // to be reported once the quiesce lock is released
}

// End ends the task, and forgets what it did not commit.
func (t *Task) End() {
	t.Batch.Parked.Undo()
	t.Batch.Forget()
	if t.locked() {
		t.pool.spare = t.Processor
	}
}

// locked reports whether the owner holds the quiesce lock still.
func (t *Task) locked() bool { return t.rest == nil || !t.rest.Over }

// Open begins changes that no event makes.
func (t *Task) Open(ctx context.Context) { t.Tx.Begin(txn.Event{Ctx: ctx}) }

// ReadStandings reads what the commit relies on if its events scan, before they do: the positions
// of all partitions, and the exclusive mark. It reads which events are parked as well.
func (t *Task) ReadStandings(ctx context.Context) error {
	if !t.Tx.TracksReads() {
		return nil
	}
	if err := t.set.ReadExclusiveMark(ctx); err != nil {
		return err
	}
	standings, err := t.Gen.Standings(ctx, t.set.Reader)
	if err == nil {
		err = t.set.ReadParked(ctx, standings)
	}
	t.others = t.others[:0]
	for id, s := range standings {
		t.others = append(t.others, brook.Check{
			Table: t.Gen.Positions, Key: id.AppendKey(nil), Value: s.Raw,
		})
	}
	return err
}

// BumpEpochs bumps the epochs of partitions: those of what letters and emissions were caused by.
func (t *Task) BumpEpochs(ctx context.Context, ids map[partition.ID]bool) error {
	for id := range ids {
		writes, checks, err := t.set.Catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		t.Batch.Writes = append(t.Batch.Writes, writes...)
		t.Batch.Checks = append(t.Batch.Checks, checks...)
	}
	return nil
}

// Commit commits the batch, and tries again for as long as ctx lives. It returns what is due after
// the commit, for a caller that does it once it released the quiesce lock.
func (t *Task) Commit(ctx context.Context) (due batch.Due, err error) {
	err = t.commit(ctx, func(do func() error) error { return t.set.RetryCommit(ctx, t.pause, do) })
	if err != nil {
		return batch.Due{}, err
	}
	b := t.Batch
	return batch.Due{
		Letters: slices.Clone(b.Letters), Effects: slices.Clone(b.Effects), Failures: t.failures,
	}, nil
}

// CommitOnce commits the batch without further tries, for a caller that wants to know of a failure.
func (t *Task) CommitOnce(ctx context.Context) error {
	return t.commit(ctx, func(do func() error) error { return do() })
}

// commit commits the batch; try calls what commits it.
func (t *Task) commit(ctx context.Context, try func(do func() error) error) error {
	s, b := t.set, t.Batch
	if err := t.CompleteParked(ctx); err != nil {
		return err
	}
	commit := &brook.Batch{ID: s.IDs.Batch(), Writes: b.Assemble()}
	var unchanged []brook.Check
	if b.Numbered {
		counted, check := s.Emissions.Counted()
		commit.Writes, unchanged = append(commit.Writes, counted), []brook.Check{check}
	}
	if err := t.bumpParked(ctx, commit); err != nil {
		return err
	}
	if len(commit.Writes) > 0 {
		done := t.check(commit, unchanged)
		do := func() error { return s.Observer.Commit(ctx, s.Store, commit, b.Size(), false) }
		err := try(do)
		for errors.Is(err, brook.ErrTooLarge) &&
			(t.dropLetterItems(commit) || b.ShrinkLetters(commit.Writes, t.unblock)) {
			commit.ID = s.IDs.Batch()
			err = try(do)
		}
		if err != nil {
			if t.locked() {
				s.Emissions.Numbers = nil // to be read anew
			}
			s.Doubt(err)
			return err
		}
		done()
	}
	if !b.Parked.Empty() {
		b.Parked.Forget() // it is stored
		s.Progress.Rouse()
	}
	s.Hub.Publish(t.Tx.Changed)
	s.CountTimers(t.Tx)
	s.Flow.Committed(b)
	s.Outbox.Add(b.Items...)
	if s.Jobs != nil {
		s.Jobs.Committed(b.Jobs)
	}
	return nil
}

// check adds to a commit what it relies on, if several processes write the store, and the exclusive
// mark. The caller calls done once it is committed.
func (t *Task) check(commit *brook.Batch, unchanged []brook.Check) (done func()) {
	if !t.Tx.TracksReads() {
		return func() {}
	}
	s := t.set
	commit.Checks = append(t.Batch.Preconditions(s.Catalog, &s.ExclusiveMark), t.Batch.Checks...)
	commit.Checks = append(commit.Checks, unchanged...)
	if t.Tx.Scanned() {
		commit.Checks = append(commit.Checks, t.others...)
	}
	return s.ExclusiveMark.Set(commit, s.Catalog.Meta())
}

// dropLetterItems takes out of a commit what publishes its letters, and reports whether there was
// any.
func (t *Task) dropLetterItems(commit *brook.Batch) bool {
	left, dropped := t.Batch.DropLetterItems(commit.Writes)
	commit.Writes = left
	t.failures = append(t.failures, batch.Unpublished(dropped)...)
	return len(dropped) > 0
}

// unblock lets later events of a key go on that a letter was to block: the key is too large to be
// kept.
func (t *Task) unblock(letter *deadletter.Letter, key []byte) {
	t.set.BlockedOf(partition.Of(letter.Position)).Unblock(letter, key)
}

// pause waits between two tries of a commit.
func (t *Task) pause(ctx context.Context, d time.Duration) error {
	s := t.set
	ctx, cancel := s.Life.WhileOpen(ctx)
	defer cancel()
	if !s.Catalog.Fenced() {
		// Others' commits must not come between a commit whose outcome is unknown and its repeat.
		return lifetime.Closing(ctx, retry.Sleep(ctx, d))
	}
	// The batch is committed as it is, or is a conflict. Others have tasks of their own meanwhile.
	s.Emissions.Numbers = nil
	t.Batch.Parked.Undo()
	back := func() {}
	if t.aside != nil {
		back = t.aside()
	}
	if err := t.rest.Pause(ctx, d); err != nil {
		return lifetime.Closing(ctx, err)
	}
	if s.Life.Err() != nil { // Close had its turn meanwhile
		return brook.ErrClosed
	}
	t.Batch.Parked.Redo()
	back()
	return nil
}

// RemoveSome removes a batch of rows in one commit, and reports whether there may be more.
func (t *Task) RemoveSome(ctx context.Context, slot int) (more bool, err error) {
	defer t.Batch.Forget()
	t.Open(ctx)
	n := 0
	for row, err := range t.set.Reader.Scan(ctx, t.Tx.Table(slot), nil, nil) {
		if err != nil {
			return false, err
		}
		if n++; n > t.set.Config.BatchSize {
			more = true
			break
		}
		t.Tx.Remove(slot, row)
	}
	if err := t.Tx.Release(); err != nil {
		return false, err
	}
	return more, t.CommitOnce(ctx)
}
