package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/prefetch"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// batch is what a batch holds besides the transaction.
type batch struct {
	events, strays, repeats int
	bytes                   int // of the events' records
	discarded               int
	Unknown                 []Unknown
	last                    brook.Position // of the last event
	Letters                 []deadletter.Letter
	Items                   []*outbox.Item
	owed                    []*outbox.Item // of a rebuild
	effects                 []outbox.Effect
	Writes                  []brook.Write // of removed letters and the like
	Checks                  []brook.Check // that these rely on
	started                 time.Time
	prefetched              time.Duration // time spent on prefetching
}

// batchTime is about how long a batch may take before it is committed.
const batchTime = 50 * time.Millisecond

// batchBytes is about how many bytes of records a batch may hold. Rows, histories, letters and
// emissions hold them again, and so does the store until the commit is done.
const batchBytes = 8 << 20

// errRewound is returned for a batch that was put back because it was too large.
var errRewound = fmt.Errorf("%w: the batch comes again, smaller", retry.ErrStop)

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
	t.Batch.started = time.Now()
	var what outcome
	var err, lost error
	var p *Partition
	for t.Batch.events < t.limit && t.Batch.bytes < batchBytes {
		if lost = t.drain(); lost != nil { // what is in the batch is committed first
			break
		}
		if t.mustYield() || stop.Err() != nil {
			break
		}
		if p, _ = t.Next(); p == nil {
			break
		}
		t.prefetch(ctx, stop, p)
		if what, err = t.processRecord(ctx, p, p.Head()); what != accepted {
			break
		}
		t.recovered(p)
		t.Batch.bytes += len(p.Head().Key) + len(p.Head().Value)
		p.Advance()
	}
	t.events += t.Batch.events
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
	if what == crossKey {
		what, err = t.runExclusive(stop, ctx, p)
		t.follow()
	}
	return t.after(stop, p, what, err)
}

// mustYield reports whether the batch should end: somebody waits for the tasks to rest, or it takes
// long. Batches that nobody else reads may take their time.
func (t *Task) mustYield() bool {
	n := t.Batch.events
	if n == 0 || !t.Target.Visits() {
		return false
	}
	return t.Awaited() || n%8 == 0 && time.Since(t.Batch.started) > batchTime+t.Batch.prefetched
}

// prefetch fetches what the head of p reads, and what the next events read, if the store is far.
func (t *Task) prefetch(ctx, stop context.Context, p *Partition) {
	if t.prefetcher == nil {
		fetcher, ok := t.set.Reader.(brook.Fetcher)
		if !ok {
			return
		}
		t.prefetcher = prefetch.New(prefetch.Parts{
			Task: t, Fetcher: fetcher, Tx: t.Tx, Def: t.set.Def, Code: t.set.Code,
			Envelope: t.set.Config.Envelope, Bare: t.set.Bare, Divided: t.set.Config.Group,
		})
	}
	if t.Batch.events == 0 {
		t.prefetcher.Begin(t.queues, t.Gen.Tables, t.Gen.Unready, t.Parallel)
	}
	t.Batch.prefetched += t.prefetcher.Prefetch(ctx, stop, p.Queue, t.limit-t.Batch.events)
}

// recovered reports that the store answers again what the head of p needs.
func (t *Task) recovered(p *Partition) {
	if p.broken > 0 {
		t.set.Report.Recovered("store", p.broken, p.ID.At(p.Next()))
		p.broken, t.trouble = 0, nil
	}
}

// Forget empties the batch and keeps its memory.
func (t *Task) Forget() {
	t.Tx.Reset()
	clear(t.writes)
	t.numbered = false
	b := &t.Batch
	clear(b.effects)
	*b = batch{
		effects: b.effects[:0],
		Letters: slices.Delete(b.Letters, 0, len(b.Letters)),
		Items:   slices.Delete(b.Items, 0, len(b.Items)),
	}
}
