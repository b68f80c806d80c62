package task

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// batchTime is about how long a batch may take before it is committed.
const batchTime = 50 * time.Millisecond

// batchBytes is about how many bytes of records a batch may hold. Rows, histories, letters and
// emissions hold them again, and so does the store until the commit is done.
const batchBytes = 8 << 20

// Fold takes events into a batch and commits it.
func (t *Task) Fold(stop, ctx context.Context) error {
	switch err := t.Target.Claim(stop); {
	case err == nil:
	case stop.Err() != nil && !errors.Is(err, retry.ErrRestart):
		// Perhaps partitions move to other tasks, and Run goes on.
		t.trouble = err
		return nil
	default:
		return err
	}
	if t.Enter(stop) != nil {
		return nil
	}
	if !t.Target.Claimed() { // somebody else was faster
		t.Leave()
		return nil
	}
	t.Target.Look(t.Partitions)
	p, what, err, lost := t.fill(stop, ctx)
	t.events += t.Batch.Events
	cerr := t.commit(ctx)
	t.Leave()
	t.follow()
	switch {
	case errors.Is(cerr, errRewound):
		return lost // the events of the batch come again, and so does their outcome
	case cerr != nil:
		return cerr
	case lost != nil:
		return lost
	}
	if what == processor.CrossKey || what == processor.Numbered {
		what, err = t.runExclusive(stop, ctx, p, what)
		t.follow()
	}
	return t.after(stop, p, what, err)
}

// fill takes events into the batch until it is large enough, or there is a reason to end it: p is
// the partition of the last event, what and err are its outcome, and lost says that reading ended.
func (t *Task) fill(
	stop, ctx context.Context,
) (p *Partition, what processor.Outcome, err, lost error) {
	b := t.Batch
	b.Started = time.Now()
	for b.Size() < t.limit && b.Bytes < batchBytes {
		if lost = t.drain(); lost != nil { // what is in the batch is committed first
			break
		}
		if t.mustYield() || stop.Err() != nil {
			break
		}
		if p, _ = t.Next(); p == nil {
			break
		}
		if t.prefetcher != nil && !t.anyDue() {
			t.prefetch(ctx, stop, p)
		}
		if what, err = t.process(ctx, p); what != processor.Accepted {
			break
		}
	}
	return p, what, err, lost
}

// mustYield reports whether the batch should end: the app is to be paused, somebody waits for the
// tasks to rest, or it takes long. Batches that nobody else reads may take their time.
func (t *Task) mustYield() bool {
	n := t.Batch.Size()
	if n > 0 && t.Valve != nil && t.Valve.Closing() {
		return true
	}
	if n == 0 || !t.visits {
		return false
	}
	return t.set.Lock.MustYield(&t.visit) ||
		n%8 == 0 && time.Since(t.Batch.Started) > batchTime+t.Batch.Prefetched
}

// prefetch fetches what the head of p reads, and what the next events read.
func (t *Task) prefetch(ctx, stop context.Context, p *Partition) {
	if t.Batch.Size() == 0 {
		t.prefetcher.Begin(t.queues, t.Gen.Tables, t.Gen.Unready, t.Parallel)
	}
	t.Batch.Prefetched += t.prefetcher.Prefetch(ctx, stop, p.Queue, t.limit-t.Batch.Size())
}

// recovered reports that the store answers again what the head of p needs.
func (t *Task) recovered(p *Partition) {
	t.set.Report.Recovered("store", p.broken, p.ID.At(p.Next()))
	p.broken, t.trouble = 0, nil
}

// wentOn notes that what was tried again for p is in the batch.
func (t *Task) wentOn(p *Partition) {
	if p.broken > 0 {
		t.recovered(p)
	}
	t.set.Report.Worked("", "handle", t.tried(p)) // or it is a dead letter, which is reported then
	p.Gauge.FoldFails(nil, gauge.None)
}

// giveUp notes that what is being tried again is not, by this task: it ends, and the next one begins
// anew.
func (t *Task) giveUp() {
	for _, p := range t.Partitions {
		at := p.ID.At(p.Next())
		if p.broken > 0 {
			t.set.Report.Ended("", "store", at)
		}
		if p.Attempts > 0 {
			t.set.Report.Ended("", "handle", at)
		}
	}
	if e := t.parked.of; e != nil {
		t.set.Report.Ended("", "handle", e.Position)
	}
}

// after does what is to be done about an event that is not in the batch.
func (t *Task) after(
	stop context.Context, p *Partition, what processor.Outcome, err error,
) error {
	switch what {
	case processor.StoreUnavailable:
		if errors.Is(err, brook.ErrConflict) {
			return retry.ErrRestart // another process took what was to be run
		}
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		p.broken++
		t.trouble = err
		p.Gauge.FoldFails(err, gauge.Store)
		t.set.Report.Failure(brook.Failure{
			What: "store", Position: t.tried(p), Attempts: p.broken, Err: err,
		})
		_ = t.Sleep(stop, retry.Wait(t.set.Config.Retry, p.broken)) // Run looks at stop itself
		p.Attempts = 0
	case processor.RetryLater:
		p.Gauge.FoldFails(err, gauge.Handler)
		if t.parked.ran != nil {
			t.parked.tries++
			t.parked.paused = time.Now().Add(retry.Wait(t.set.Config.Retry, t.parked.tries))
			t.set.Report.Failure(brook.Failure{
				What: "handle", Position: t.tried(p), Attempts: t.parked.tries, Err: err,
			})
			return nil
		}
		p.Attempts++
		p.PauseUntil(time.Now().Add(retry.Wait(t.set.Config.Retry, p.Attempts)))
		t.set.Report.Failure(brook.Failure{
			What: "handle", Position: p.ID.At(p.Next()), Attempts: p.Attempts, Err: err,
		})
	case processor.StopApp:
		return err
	}
	return nil
}
