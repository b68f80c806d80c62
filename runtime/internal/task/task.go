// Package task folds events: a loop takes the next record, has its processor run that into the
// batch, commits the batch, and does what is due after the commit.
//
// Package resume makes tasks for the live views, and package rebuild one for those that it makes:
// what a task folds into is its Target. Set is what the tasks of one app share.
//
// Each task belongs to one goroutine, which calls Run, or for CatchUp what Run calls. Tasks of live
// views fold each batch within a visit of the quiesce lock. Whoever holds it (Set.Quiesce) may use
// all tasks, their partitions, and what Set says the lock guards. Set.TasksMu guards which tasks
// there are. Rouse and WakeTasks may be called by anybody.
package task

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/prefetch"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// Task folds the events of some partitions, one at a time, into the views of one generation.
type Task struct {
	*processor.Processor
	set    *Set
	Target Target
	visits bool // Target.Visits

	Partitions Partitions
	queues     input.Queues     // of Partitions, in the same order
	mayTake    func(i int) bool // mayGoOn, to be passed on
	tasks      int              // how many there are
	Chunks     chan input.Fetch
	wake       retry.Signal         // a partition that stood still may go on
	Effects    *effects.Line        // nil: effects run at once
	prefetcher *prefetch.Prefetcher // nil if the store is near
	due        batch.Due
	parked     dueEvents
	looked     time.Time // when the store was asked last what others did to parked events

	Valve     *quiesce.Valve  // is passed by all that the task does; nil: none
	within    int             // how often Begin was called without End
	visit     quiesce.Visitor // of the quiesce lock
	Inside    bool            // between Enter and Leave
	Rest      *Quiesced       // whose owner runs the task; nil: none
	exclusive bool            // all other tasks rest
	Over      error           // why the task ends, found while the next record was chosen
	trouble   error           // what the store failed with last, and no error said yet

	limit  int // events per batch
	events int // that were folded
	strays int // of these
}

// NewTask returns a task without partitions that folds into g.
func (s *Set) NewTask(g *generation.Generation, target Target) *Task {
	visits := target.Visits()
	t := &Task{
		Processor: processor.New(&s.Parts, g, target, visits && s.Catalog.Fenced()),
		set:       s, Target: target, visits: visits,
		limit: max(1, s.Config.BatchSize), wake: retry.NewSignal(), Chunks: make(chan input.Fetch),
	}
	t.mayTake = t.mayGoOn
	if fetcher, ok := s.Reader.(brook.Fetcher); ok {
		t.prefetcher = prefetch.New(prefetch.Parts{
			Task: t, Fetcher: fetcher, Tx: t.Tx, Def: s.Def, Code: s.Code,
			Envelope: s.Config.Envelope, Bare: s.Bare, Divided: s.Config.Group,
			Stem: stream.Stem(s.Config.Name),
		})
	}
	return t
}

// Partition returns the task's partition of that ID, nil if it has none.
func (t *Task) Partition(id partition.ID) *Partition { return t.Partitions.of(id) }

// SetPartitions sets the partitions of the task, which it sorts.
func (t *Task) SetPartitions(partitions []*Partition) {
	slices.SortFunc(partitions, func(p, q *Partition) int { return p.ID.At(0).Compare(q.ID.At(0)) })
	t.Partitions, t.queues = partitions, make(input.Queues, len(partitions))
	t.Elsewhere = func(id partition.ID) bool { return t.Partition(id) == nil }
	for i, p := range partitions {
		t.queues[i] = p.Queue
		p.Join(t.Processor, t.tasks)
	}
}

// Run folds what comes to its partitions until stop ends, and finishes under ctx what is in flight
// then. It returns nil if stop ended, or if every partition reached its end.
func (t *Task) Run(stop, ctx context.Context) error {
	defer t.giveUp()
	for !t.Partitions.finished() || t.anyDue() {
		if stop.Err() != nil || t.Begin(stop) != nil {
			return nil
		}
		idle, wait, err := t.turn(stop, ctx)
		t.End()
		if err == nil && idle {
			err = t.await(stop, wait)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// turn folds a batch. If there is nothing to fold, it is idle, and wait is for how long at most; 0:
// until something comes.
func (t *Task) turn(stop, ctx context.Context) (idle bool, wait time.Duration, err error) {
	if err := t.Target.Lost(); err != nil {
		return false, 0, err
	}
	if err := t.ReportOverdue(stop, ctx); err != nil {
		return false, 0, err
	}
	if t.Enter(stop) != nil {
		return false, 0, nil // Run finds out that stop ended
	}
	t.Target.Look(t.Partitions)
	t.Over = nil
	p, wait := t.Next()
	t.Leave()
	t.follow()
	switch {
	case t.Over != nil:
		return false, 0, t.Over
	case p != nil:
		return false, 0, t.Fold(stop, ctx)
	case t.Partitions.dirty():
		return false, 0, t.Moved(stop)
	}
	return true, wait, t.lookAround(stop)
}

// await waits for a fetch, a signal, the end of a hold, or the end of stop. Then it takes what is
// there.
func (t *Task) await(stop context.Context, wait time.Duration) error {
	var timer <-chan time.Time
	if left, ok := t.patience(); ok && (wait == 0 || left < wait) {
		wait = max(left, 1)
	}
	if t.shares() && (wait == 0 || lookAgain < wait) {
		wait = lookAgain
	}
	if wait > 0 {
		timeout := time.NewTimer(wait)
		defer timeout.Stop()
		timer = timeout.C
	}
	select {
	case c := <-t.Chunks:
		if c.Err != nil {
			return c.Err
		}
		t.takeChunk(c)
		return t.drain()
	case <-t.wake:
	case <-timer:
	case <-stop.Done():
	}
	return nil
}

// drain takes the fetches that are there, and does not wait.
func (t *Task) drain() error {
	for {
		select {
		case c := <-t.Chunks:
			if c.Err != nil {
				return c.Err
			}
			t.takeChunk(c)
		default:
			return nil
		}
	}
}

// takeChunk appends a fetch to its queue.
func (t *Task) takeChunk(c input.Fetch) {
	if c.Gap != nil {
		t.Target.PassGap(t.Partition(c.Queue.ID), *c.Gap)
	}
	c.Queue.Append(c.Chunk, c.Release)
}

// Next returns the partition whose head goes first, or nil if the task has to wait, and how long at
// most.
func (t *Task) Next() (first *Partition, wait time.Duration) {
	if wait = t.Effects.Full(); wait > 0 {
		return nil, wait
	}
	if e, p := t.firstDue(); e != nil {
		return t.nextDue(e, p)
	}
	i, wait := t.queues.Next(t.mayTake)
	if i < 0 {
		return nil, wait
	}
	return t.Partitions[i], wait
}

// mayGoOn reports whether the partition of that number may go on. It stands still while too many of
// its emissions wait in the outbox, or too many jobs, or it has too many dead letters.
func (t *Task) mayGoOn(i int) bool {
	p, c := t.Partitions[i], t.set.Config
	switch {
	case p.outbound+len(t.Batch.Items) >= c.MaxOutbox:
		return false
	case t.set.Jobs != nil && p.waiting+len(t.Batch.Jobs) >= c.Jobs.MaxWaiting:
		return false
	case p.Letters() < c.MaxDeadLetters:
		p.Full = false
		return true
	}
	t.Target.Full(t, p)
	return false
}

// Moved commits offsets that hold no records, if nothing else is to be done.
func (t *Task) Moved(stop context.Context) error {
	if !t.Partitions.dirty() {
		return nil
	}
	if t.Enter(stop) != nil {
		return nil
	}
	err := t.commit(stop)
	t.Leave()
	t.follow()
	if errors.Is(err, errRewound) || stop.Err() != nil {
		t.trouble = cmp.Or(err, t.trouble)
		return nil
	}
	return err
}

// Ended returns why ctx ended, with what the store failed with until then; nil if it did not end.
func (t *Task) Ended(ctx context.Context) error {
	why, tries := retry.Ending(ctx), 1
	if why == nil || t.trouble == nil {
		return why
	}
	for _, p := range t.Partitions {
		tries = max(tries, p.broken)
	}
	return retry.GaveUp(why, "fold", tries, t.trouble, nil)
}

// Enter begins a visit of the quiesce lock. Every batch is folded within one: while somebody holds
// the lock, no task is between Enter and Leave. The only error is that ctx ended.
func (t *Task) Enter(ctx context.Context) error {
	if !t.visits {
		return nil
	}
	err := t.set.Lock.Enter(ctx, &t.visit)
	t.Inside = err == nil
	return err
}

// Leave ends the visit, if there is one.
func (t *Task) Leave() {
	if t.Inside {
		t.Inside = false
		t.set.Lock.Leave(&t.visit)
	}
}

// Awaited reports whether somebody waits for the tasks to rest. The caller visits the lock.
func (t *Task) Awaited() bool { return t.visits && t.set.Lock.MustYield(&t.visit) }

// Host returns the partition of a queue, by its number.
func (t *Task) Host(queue int) delivery.Host { return &t.Partitions[queue].Partition }

// Rouse makes the task look whether a partition that stood still may go on. Any goroutine may call
// it.
func (t *Task) Rouse() { t.wake.Set() }
