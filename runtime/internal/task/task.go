// Package task folds events: one loop that takes the next record, runs it through the handlers in a transaction, gathers a batch, commits
// it, and does what is due after the commit. What a task folds into, the live views or those of a rebuild, is its target.
package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/prefetch"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// In makes the lane fold into g.
func (t *Task) In(g *catalog.Generation) {
	t.Gen = g
	t.Tx.On(g.Tables, g.Unready)
}

// Task folds the events of some partitions, one at a time, into the views of one generation.
type Task struct {
	set        *Set
	Gen        *catalog.Generation
	Target     Target
	Parallel   bool // others run beside it
	count      int  // of lanes
	Partitions []*Partition
	queues     input.Group      // of feeds
	mayTake    func(i int) bool // reports whether a feed does not stand still
	Chunks     chan input.Fetch
	wake       retry.Signal  // a feed that stood still may go on
	Effects    *effects.Line // nil: they are run at once
	due        Due
	exclusive  bool                 // it runs with all others at rest
	others     []brook.Check        // of a lane without feeds: that the partitions stand where they stood
	visit      quiesce.Visitor      // of the gate
	Inside     bool                 // between enter and leave
	Rest       *Quiesced            // of whom the lane runs in
	aside      func() (back func()) // see setAside
	withheld   bool                 // the letters of the batch are not in the waits
	overtaken  bool                 // somebody had the gate since the batch was tried
	Over       error                // why the task ends, found while the next feed was chosen
	trouble    error                // what the store failed with last, which no error says yet

	Tx      *txn.Tx
	Deliver func(*delivery.Delivery)
	M       delivery.Delivery
	current *Partition // whose event runs; nil: it waits behind nobody
	Batch   batch
	writes  []brook.Write // of the commit, kept for its room
	limit   int           // events per batch
	strays  int           // so far
	last    brook.Stray   // the last of them
	events  int           // so far

	tooLarge   error // the event at tooLargeAt alone is more than the store takes
	tooLargeAt brook.Position
	numbered   bool                 // the batch used numbers that the store counts
	prefetcher *prefetch.Prefetcher // nil until the first event; nil over a store that is near
}

// batch is what a batch holds besides the transaction.
type batch struct {
	events, strays, repeats int
	bytes                   int // of the events' records
	discarded               int
	Unknown                 []Unknown
	last                    brook.Position // of the event that came last
	Letters                 []deadletter.Letter
	Items                   []*outbox.Item
	owed                    []*outbox.Item // of a rebuild
	effects                 []outbox.Effect
	Writes                  []brook.Write // of removed letters and the like
	Checks                  []brook.Check // what these rely on
	started                 time.Time
	prefetched              time.Duration // how long reading ahead took
}

// outcome is what became of an event that a lane took.
type outcome uint8

const (
	accepted         outcome = iota // it is in the batch
	retryLater                      // it is to be tried again later
	storeUnavailable                // the store did not answer
	crossKey                        // it has to run alone
	cancelled                       // the runtime's context ended
	stopApp                         // Run ends because of it
	goSerial                        // it is kept, but Run is to go on with one lane
)

// errRewound says that a batch was put back because it was too large.
var errRewound = fmt.Errorf("%w: the batch comes again, smaller", retry.ErrStop)

// ErrGoSerial makes Run go on with one lane.
var ErrGoSerial = errors.New("more than a tenth of the events stray")

func (s *Set) NewTask(g *catalog.Generation, target Target) *Task {
	t := &Task{set: s, Gen: g, Target: target, Tx: txn.New(s.Def.Collections, s.Code.Layout, s.Reader), limit: max(1, s.Config.BatchSize),
		wake: retry.NewSignal(), Chunks: make(chan input.Fetch)}
	t.In(g)
	if target.Visits() && s.Catalog.Fenced() {
		t.Tx.TrackReads()
	}
	t.Deliver = s.Def.Lane(t.Tx)
	return t
}

// Run folds what its feeds bring until stop ends, finishing under ctx what is in flight then. It returns nil
// when stop ended, and when every feed reached its end.
func (t *Task) Run(stop, ctx context.Context) error {
	for !t.finished() {
		if stop.Err() != nil {
			return nil
		}
		if err := t.Target.Lost(); err != nil {
			return err
		}
		if t.Enter(stop) != nil {
			return nil
		}
		t.Target.Look(t.Partitions)
		t.Over = nil
		p, wait := t.Next()
		t.Leave()
		t.follow()
		if t.Over != nil {
			return t.Over
		}
		if p == nil && slices.ContainsFunc(t.Partitions, dirty) {
			if err := t.Moved(stop); err != nil {
				return err
			}
			continue
		}
		if p == nil {
			if err := t.await(stop, wait); err != nil {
				return err
			}
			continue
		}
		if err := t.Fold(stop, ctx); err != nil {
			return err
		}
	}
	return nil
}

// finished reports whether every feed has an end and reached it.
func (t *Task) finished() bool {
	return len(t.Partitions) > 0 && !slices.ContainsFunc(t.Partitions, func(p *Partition) bool { return !p.Finished() })
}

// await waits for a chunk, a wake, the end of a retry's wait, or stop; then it takes what is there.
func (t *Task) await(stop context.Context, wait time.Duration) error {
	var timer <-chan time.Time
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

// drain takes the chunks that wait, without waiting itself.
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

// takeChunk takes a chunk.
func (t *Task) takeChunk(c input.Fetch) {
	if c.Gap != nil {
		t.Target.Skip(t.Partition(c.Queue.ID), *c.Gap)
	}
	c.Queue.Append(c.Chunk)
}

// Moved commits offsets that hold no records, when nothing else is to do.
func (t *Task) Moved(stop context.Context) error {
	if !slices.ContainsFunc(t.Partitions, dirty) {
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

// Ended returns why ctx ended, nil if it did not, with what the store failed with until then.
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

// Enter and leave stand around every batch: while lanes are at rest, nobody is between them. Only the end of ctx is an error.
func (t *Task) Enter(ctx context.Context) error {
	if !t.Target.Visits() {
		return nil
	}
	err := t.set.Lock.Enter(ctx, &t.visit)
	t.Inside = err == nil
	return err
}

func (t *Task) Leave() {
	if t.Inside {
		t.Inside = false
		t.set.Lock.Leave(&t.visit)
	}
}

// batchTime is about how long a batch may take before it is committed.
const batchTime = 50 * time.Millisecond

// batchBytes is about how many bytes of records a batch may hold: rows, histories, letters and emissions hold them again, and so does the
// store until the commit is done.
const batchBytes = 8 << 20

// mustYield reports whether the batch should end: somebody waits for the tasks to rest, or it takes
// long. What nobody else reads may take its time.
func (t *Task) mustYield() bool {
	n := t.Batch.events
	if n == 0 || !t.Target.Visits() {
		return false
	}
	return t.Awaited() || n%8 == 0 && time.Since(t.Batch.started) > batchTime+t.Batch.prefetched
}

// Awaited reports whether somebody waits for the tasks to rest, the quiesce lock being visited.
func (t *Task) Awaited() bool { return t.Target.Visits() && t.set.Lock.MustYield(&t.visit) }

// Host returns the partition of a queue.
func (t *Task) Host(queue int) delivery.Host { return t.Partitions[queue] }

// prefetch reads what the head of p reads, and the events that come next, if the store is far.
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

// Next returns the feed whose head goes first, or nil if the lane has to wait, and how long at most.
func (t *Task) Next() (first *Partition, wait time.Duration) {
	if wait = t.Effects.Full(); wait > 0 {
		return nil, wait
	}
	i, wait := t.queues.Next(t.mayTake)
	if i < 0 {
		return nil, wait
	}
	return t.Partitions[i], wait
}

// SetPartitions gives the lane its feeds, which it sorts.
func (t *Task) SetPartitions(feeds []*Partition) {
	slices.SortFunc(feeds, func(p, g *Partition) int { return p.ID.At(0).Compare(g.ID.At(0)) })
	t.Partitions, t.queues = feeds, make(input.Group, len(feeds))
	for i, p := range feeds {
		t.queues[i] = p.Queue
		p.task = t
	}
	t.mayTake = func(i int) bool { return !t.Target.Full(t, t.Partitions[i]) }
}

// Fold takes events into a batch and commits it.
func (t *Task) Fold(stop, ctx context.Context) error {
	switch err := t.Target.Claim(stop); {
	case err == nil:
	case stop.Err() != nil && !errors.Is(err, retry.ErrRestart): // the partitions move, perhaps, and Run goes on
		t.trouble = err
		return nil
	default:
		return err
	}
	if t.Enter(stop) != nil {
		return nil
	}
	if !t.Target.Claimed() { // since it was claimed
		t.Leave()
		return nil
	}
	t.Target.Look(t.Partitions)
	t.Batch.started = time.Now()
	var what outcome
	var err, lost error
	var p *Partition
	for t.Batch.events < t.limit && t.Batch.bytes < batchBytes {
		if lost = t.drain(); lost != nil { // what is in the batch is committed all the same
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
		return lost // the batch comes again, and with it what was to be done about an event
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

// recovered notes that the store gives what the head of f needs.
func (t *Task) recovered(p *Partition) {
	if p.broken > 0 {
		t.set.Report.Recovered("store", p.broken, p.ID.At(p.Next()))
		p.broken, t.trouble = 0, nil
	}
}

// after deals with an event that did not make it into the batch.
func (t *Task) after(stop context.Context, p *Partition, what outcome, err error) error {
	switch what {
	case storeUnavailable:
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		p.broken++
		t.trouble = err
		t.set.Report.Failure(brook.Failure{What: "store", Position: p.ID.At(p.Next()), Attempts: p.broken, Err: err})
		retry.Sleep(stop, retry.Wait(t.set.Config.Retry, p.broken)) // the end of stop shows at the next turn
		p.Attempts = 0
	case retryLater:
		p.Attempts++
		p.HoldUntil(time.Now().Add(retry.Wait(t.set.Config.Retry, p.Attempts)))
		t.set.Report.Failure(brook.Failure{What: "handle", Position: p.ID.At(p.Next()), Attempts: p.Attempts, Err: err})
	case stopApp, goSerial:
		return err
	}
	return nil
}

// runExclusive runs the head of f with all other lanes at rest. It waits for these until stop ends.
func (t *Task) runExclusive(stop, ctx context.Context, p *Partition) (outcome, error) {
	rest, err := t.set.Quiesce(stop)
	if err != nil {
		return cancelled, err
	}
	t.Rest = rest
	defer func() {
		t.Rest = nil
		rest.End()
	}()
	if !t.Target.Claimed() { // since the batch was left
		return accepted, nil
	}
	t.Parallel, t.exclusive = false, true
	defer func() { t.exclusive = false }()
	what, err := t.processRecord(ctx, p, p.Head())
	t.Parallel = true
	if what == accepted {
		t.recovered(p)
		p.Advance()
	}
	t.Batch.strays++
	if cerr := t.commit(ctx); errors.Is(cerr, errRewound) {
		return accepted, nil
	} else if cerr != nil {
		return stopApp, cerr
	}
	if what == accepted {
		t.due.strays = append(t.due.strays, t.last)
	}
	if t.strays++; what == accepted && t.strays > 100 && t.strays*10 > t.events && !t.set.Config.Group {
		return goSerial, fmt.Errorf("%w: %s", ErrGoSerial, delivery.ReasonOf(&t.last))
	}
	return what, err
}
