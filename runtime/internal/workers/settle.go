package workers

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// settleSize is how many results one commit holds at most.
const settleSize = 256

// settle commits results, and gives their jobs back to the board. If it returns an error, jobs that
// are not committed are to be done again.
func (w *Workers) settle(ctx context.Context, results []result) error {
	var plain, heavy []result
	for _, r := range results {
		switch {
		case r.outcome == untried:
			w.Board.Return(r.job)
		case len(r.answers) > 0 || r.outcome == final:
			heavy = append(heavy, r)
		default:
			plain = append(plain, r)
		}
	}
	return errors.Join(
		w.inParts(ctx, plain, w.commitPlain), w.inParts(ctx, heavy, w.commitHeavy))
}

// inParts commits results in as many commits as the store needs.
func (w *Workers) inParts(
	ctx context.Context, results []result, commit func(context.Context, []result) error,
) error {
	var errs []error
	for len(results) > 0 {
		n := min(len(results), settleSize)
		part := results[:n]
		results = results[n:]
		err := commit(ctx, part)
		if half := n / 2; errors.Is(err, brook.ErrTooLarge) && half > 0 {
			err = errors.Join(
				w.inParts(ctx, part[:half], commit), w.inParts(ctx, part[half:], commit))
		} else if err != nil {
			for _, r := range part {
				w.Board.Return(r.job)
			}
			w.Tasks.Doubt(err)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// commitPlain removes jobs that are done and left nothing to publish, and stores how often others
// were tried. Tasks go on meanwhile.
func (w *Workers) commitPlain(ctx context.Context, results []result) error {
	var ours []result
	for {
		batch := &brook.Batch{ID: w.Tasks.IDs.Batch()}
		for _, r := range results {
			batch.Checks = w.unchanged(batch.Checks, r.job)
			if r.outcome == failed {
				batch.Writes = append(batch.Writes, r.job.Write(w.Board.Table))
			} else {
				batch.Writes = append(batch.Writes, r.job.Remove(w.Board.Table))
			}
		}
		err := w.Tasks.Retry.DoApart(ctx, "commit", func() error {
			return w.Tasks.Observer.Commit(ctx, w.Tasks.Store, batch, 0, false)
		})
		if errors.Is(err, brook.ErrConflict) && w.Board.Shared {
			for i, check := range batch.Checks { // those that failed have other rows in memory now
				results[i].job.Stored = check.Value
			}
			err = w.Tasks.Retry.Do(ctx, "read", func() (err error) {
				ours, err = w.ours(ctx, results)
				return err
			})
			if results = ours; err == nil && len(results) > 0 {
				continue
			}
		}
		if err != nil {
			return err
		}
		w.settled(results)
		return nil
	}
}

// unchanged appends, over a shared store, the check that no other process has dealt with a job.
func (w *Workers) unchanged(checks []brook.Check, j *jobs.Job) []brook.Check {
	if !w.Board.Shared {
		return checks
	}
	return append(checks, brook.Check{Table: w.Board.Table, Key: j.Place, Value: j.Stored})
}

// ours returns those of results whose jobs are stored as this process knows them. The others were
// dealt with by another process: the board forgets them, and what became of them here is void.
func (w *Workers) ours(ctx context.Context, results []result) (ours []result, err error) {
	var theirs []*jobs.Job
	for _, r := range results {
		v, err := w.Tasks.Reader.Get(ctx, w.Board.Table, r.job.Place)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return nil, err
		}
		if err == nil && bytes.Equal(v.Data.([]byte), r.job.Stored) {
			ours = append(ours, r)
		} else {
			theirs = append(theirs, r.job)
		}
	}
	if len(theirs) > 0 {
		// It may be a dead letter, which holds up others: these wait for a look.
		w.Board.Lags()
		w.Board.Done(theirs...)
		w.gone(theirs)
	}
	return ours, nil
}

// gone notes that others have dealt with jobs: this process tries them no longer.
func (w *Workers) gone(theirs []*jobs.Job) {
	for _, j := range theirs {
		if j.Attempts > 0 {
			w.Tasks.Report.Ended(j.ID, "job "+j.Type, j.Position)
		}
	}
}

// commitHeavy commits what needs all tasks at rest: jobs that are done with what is published of
// them, and dead letters.
func (w *Workers) commitHeavy(ctx context.Context, results []result) error {
	s := w.Tasks
	var due batch.Due
	err := s.Catalog.RetryConflicts(ctx, func() error {
		return s.Retry.DoApart(ctx, "commit", func() error {
			left, once, err := w.commitOnce(ctx, results)
			switch {
			case err == nil:
				results, due = left, once
			case s.Life.Err() != nil:
				err = fmt.Errorf("%w: %w", retry.ErrStop, err)
			}
			return err
		})
	})
	for i := range due.Letters {
		s.Report.DeadLetter(due.Letters[i].DeadLetter, due.Letters[i].Stack)
	}
	for _, f := range due.Failures {
		s.Report.Failure(f)
	}
	if err != nil {
		return err
	}
	w.settled(results)
	return nil
}

// commitOnce is one try of commitHeavy. It returns those of results that it committed.
func (w *Workers) commitOnce(
	ctx context.Context, results []result,
) (_ []result, due batch.Due, err error) {
	s := w.Tasks
	rest, err := s.QuiesceEnding(ctx)
	if err != nil {
		return results, due, err
	}
	defer rest.End()
	if w.Board.Shared {
		if results, err = w.ours(ctx, results); err != nil || len(results) == 0 {
			return results, due, err
		}
	}
	t := w.Exclusive.Begin(rest)
	defer t.End()
	if err := s.Emissions.Open(ctx); err != nil {
		return results, due, err
	}
	t.Open(ctx)
	lettered := map[partition.ID]bool{}
	for _, r := range results {
		t.Batch.Writes = append(t.Batch.Writes, r.job.Remove(w.Board.Table))
		t.Batch.Checks = w.unchanged(t.Batch.Checks, r.job)
		if r.outcome == final {
			l := jobs.LetterOf(r.job, r.err, r.stack)
			t.Batch.Letters = append(t.Batch.Letters, l)
			t.PublishJob(ctx, &l)
			lettered[r.job.Partition()] = true
		}
		for i := range r.answers {
			out := r.answers[i] // as it is, however often this is tried
			item, err := s.Emissions.Answer(ctx, r.within, r.job, r.worker, &out, i)
			t.Batch.Numbered = true
			if err != nil {
				t.Batch.Letters = append(t.Batch.Letters, publisher.LetterOf(item, err))
				lettered[r.job.Partition()] = true
				continue
			}
			t.Batch.Items = append(t.Batch.Items, item)
		}
	}
	if err := t.BumpEpochs(ctx, lettered); err != nil {
		return results, due, err
	}
	if due, err = t.Commit(ctx); err != nil {
		return results, due, err
	}
	for i := range due.Letters {
		s.BlockedOf(partition.Of(due.Letters[i].Position)).Add(&due.Letters[i], false)
	}
	return results, due, nil
}

// settled tells everybody what was committed.
func (w *Workers) settled(results []result) {
	ids := map[partition.ID]bool{}
	for _, r := range results {
		ids[r.job.Source()] = true
		switch r.outcome {
		case done:
			w.Board.Done(r.job)
		case final:
			w.Board.GiveUp(r.job)
		default:
			w.Board.Return(r.job)
		}
	}
	w.Tasks.Outbox.Checkpoints.JobsDone(ids)
	w.Tasks.WakeTasks()
}
