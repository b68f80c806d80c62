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
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// In makes the lane fold into g.
func (l *Task) In(g *catalog.Generation) {
	l.Gen = g
	l.Tx.On(g.Tables, g.Unready)
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
	numbered   bool        // the batch used numbers that the store counts
	rehearsal  *prefetcher // nil until it is needed
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
	rehearsed               time.Duration // how long that took
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

func (s *Set) NewTask(g *catalog.Generation, t Target) *Task {
	l := &Task{set: s, Gen: g, Target: t, Tx: txn.New(s.Def.Collections, s.Code.Layout, s.Reader), limit: max(1, s.Config.BatchSize),
		wake: retry.NewSignal(), Chunks: make(chan input.Fetch)}
	l.In(g)
	if t.Visits() && s.Catalog.Fenced() {
		l.Tx.TrackReads()
	}
	l.Deliver = s.Def.Lane(l.Tx)
	return l
}

// Run folds what its feeds bring until stop ends, finishing under ctx what is in flight then. It returns nil
// when stop ended, and when every feed reached its end.
func (l *Task) Run(stop, ctx context.Context) error {
	for !l.finished() {
		if stop.Err() != nil {
			return nil
		}
		if err := l.Target.Lost(); err != nil {
			return err
		}
		if l.Enter(stop) != nil {
			return nil
		}
		l.Target.Look(l.Partitions)
		l.Over = nil
		f, wait := l.Next()
		l.Leave()
		l.follow()
		if l.Over != nil {
			return l.Over
		}
		if f == nil && slices.ContainsFunc(l.Partitions, dirty) {
			if err := l.Moved(stop); err != nil {
				return err
			}
			continue
		}
		if f == nil {
			if err := l.await(stop, wait); err != nil {
				return err
			}
			continue
		}
		if err := l.Fold(stop, ctx); err != nil {
			return err
		}
	}
	return nil
}

// finished reports whether every feed has an end and reached it.
func (l *Task) finished() bool {
	return len(l.Partitions) > 0 && !slices.ContainsFunc(l.Partitions, func(f *Partition) bool { return !f.Finished() })
}

// await waits for a chunk, a wake, the end of a retry's wait, or stop; then it takes what is there.
func (l *Task) await(stop context.Context, wait time.Duration) error {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case c := <-l.Chunks:
		if c.Err != nil {
			return c.Err
		}
		l.takeChunk(c)
		return l.drain()
	case <-l.wake:
	case <-timer:
	case <-stop.Done():
	}
	return nil
}

// drain takes the chunks that wait, without waiting itself.
func (l *Task) drain() error {
	for {
		select {
		case c := <-l.Chunks:
			if c.Err != nil {
				return c.Err
			}
			l.takeChunk(c)
		default:
			return nil
		}
	}
}

// takeChunk takes a chunk.
func (l *Task) takeChunk(c input.Fetch) {
	if c.Gap != nil {
		l.Target.Skip(l.Partition(c.Queue.ID), *c.Gap)
	}
	c.Queue.Append(c.Chunk)
}

// Moved commits offsets that hold no records, when nothing else is to do.
func (l *Task) Moved(stop context.Context) error {
	if !slices.ContainsFunc(l.Partitions, dirty) {
		return nil
	}
	if l.Enter(stop) != nil {
		return nil
	}
	err := l.commit(stop)
	l.Leave()
	l.follow()
	if errors.Is(err, errRewound) || stop.Err() != nil {
		l.trouble = cmp.Or(err, l.trouble)
		return nil
	}
	return err
}

// Ended returns why ctx ended, nil if it did not, with what the store failed with until then.
func (l *Task) Ended(ctx context.Context) error {
	why, tries := retry.Ending(ctx), 1
	if why == nil || l.trouble == nil {
		return why
	}
	for _, f := range l.Partitions {
		tries = max(tries, f.broken)
	}
	return retry.GaveUp(why, "fold", tries, l.trouble, nil)
}

// Owns reports whether a record is in the partition that its key belongs to.
func (l *Task) Owns(r *brook.Record) bool {
	p, ok := l.set.Config.Driver.(brook.Partitioner)
	return ok && p.Partition(r.Key, l.count) == int(r.Partition)
}

// Enter and leave stand around every batch: while lanes are at rest, nobody is between them. Only the end of ctx is an error.
func (l *Task) Enter(ctx context.Context) error {
	if !l.Target.Visits() {
		return nil
	}
	err := l.set.Lock.Enter(ctx, &l.visit)
	l.Inside = err == nil
	return err
}

func (l *Task) Leave() {
	if l.Inside {
		l.Inside = false
		l.set.Lock.Leave(&l.visit)
	}
}

// batchTime is about how long a batch may take before it is committed.
const batchTime = 50 * time.Millisecond

// batchBytes is about how many bytes of records a batch may hold: rows, histories, letters and emissions hold them again, and so does the
// store until the commit is done.
const batchBytes = 8 << 20

// mustYield reports whether the batch should end: somebody waits for the lanes to rest, or it takes long.
func (l *Task) mustYield() bool {
	n := l.Batch.events
	return n > 0 && l.Target.Visits() && (l.set.Lock.MustYield(&l.visit) || n%8 == 0 && time.Since(l.Batch.started) > batchTime+l.Batch.rehearsed)
}

// Next returns the feed whose head goes first, or nil if the lane has to wait, and how long at most.
func (l *Task) Next() (first *Partition, wait time.Duration) {
	if wait = l.Effects.Full(); wait > 0 {
		return nil, wait
	}
	i, wait := l.queues.Next(l.mayTake)
	if i < 0 {
		return nil, wait
	}
	return l.Partitions[i], wait
}

// SetPartitions gives the lane its feeds, which it sorts.
func (l *Task) SetPartitions(feeds []*Partition) {
	slices.SortFunc(feeds, func(f, g *Partition) int { return f.ID.At(0).Compare(g.ID.At(0)) })
	l.Partitions, l.queues = feeds, make(input.Group, len(feeds))
	for i, f := range feeds {
		l.queues[i] = f.Queue
	}
	l.mayTake = func(i int) bool { return !l.Target.Full(l, l.Partitions[i]) }
}

// Fold takes events into a batch and commits it.
func (l *Task) Fold(stop, ctx context.Context) error {
	switch err := l.Target.Claim(stop); {
	case err == nil:
	case stop.Err() != nil && !errors.Is(err, retry.ErrRestart): // the partitions move, perhaps, and Run goes on
		l.trouble = err
		return nil
	default:
		return err
	}
	if l.Enter(stop) != nil {
		return nil
	}
	if !l.Target.Claimed() { // since it was claimed
		l.Leave()
		return nil
	}
	l.Target.Look(l.Partitions)
	l.Batch.started = time.Now()
	var what outcome
	var err, lost error
	var f *Partition
	for l.Batch.events < l.limit && l.Batch.bytes < batchBytes {
		if lost = l.drain(); lost != nil { // what is in the batch is committed all the same
			break
		}
		if l.mustYield() || stop.Err() != nil {
			break
		}
		if f, _ = l.Next(); f == nil {
			break
		}
		l.prefetch(ctx, stop, f)
		if what, err = l.processRecord(ctx, f, f.Head()); what != accepted {
			break
		}
		l.recovered(f)
		l.Batch.bytes += len(f.Head().Key) + len(f.Head().Value)
		f.Advance()
	}
	l.events += l.Batch.events
	cerr := l.commit(ctx)
	l.Leave()
	l.follow()
	switch {
	case errors.Is(cerr, errRewound):
		return lost // the batch comes again, and with it what was to be done about an event
	case cerr != nil:
		return cerr
	case lost != nil:
		return lost
	}
	if what == crossKey {
		what, err = l.runExclusive(stop, ctx, f)
		l.follow()
	}
	return l.after(stop, f, what, err)
}

// recovered notes that the store gives what the head of f needs.
func (l *Task) recovered(f *Partition) {
	if f.broken > 0 {
		l.set.Report.Recovered("store", f.broken, f.ID.At(f.Next()))
		f.broken, l.trouble = 0, nil
	}
}

// after deals with an event that did not make it into the batch.
func (l *Task) after(stop context.Context, f *Partition, what outcome, err error) error {
	switch what {
	case storeUnavailable:
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		f.broken++
		l.trouble = err
		l.set.Report.Failure(brook.Failure{What: "store", Position: f.ID.At(f.Next()), Attempts: f.broken, Err: err})
		retry.Sleep(stop, retry.Wait(l.set.Config.Retry, f.broken)) // the end of stop shows at the next turn
		f.Attempts = 0
	case retryLater:
		f.Attempts++
		f.HoldUntil(time.Now().Add(retry.Wait(l.set.Config.Retry, f.Attempts)))
		l.set.Report.Failure(brook.Failure{What: "handle", Position: f.ID.At(f.Next()), Attempts: f.Attempts, Err: err})
	case stopApp, goSerial:
		return err
	}
	return nil
}

// runExclusive runs the head of f with all other lanes at rest. It waits for these until stop ends.
func (l *Task) runExclusive(stop, ctx context.Context, f *Partition) (outcome, error) {
	rest, err := l.set.Quiesce(stop)
	if err != nil {
		return cancelled, err
	}
	l.Rest = rest
	defer func() {
		l.Rest = nil
		rest.End()
	}()
	if !l.Target.Claimed() { // since the batch was left
		return accepted, nil
	}
	l.Parallel, l.exclusive = false, true
	defer func() { l.exclusive = false }()
	what, err := l.processRecord(ctx, f, f.Head())
	l.Parallel = true
	if what == accepted {
		l.recovered(f)
		f.Advance()
	}
	l.Batch.strays++
	if cerr := l.commit(ctx); errors.Is(cerr, errRewound) {
		return accepted, nil
	} else if cerr != nil {
		return stopApp, cerr
	}
	if what == accepted {
		l.due.strays = append(l.due.strays, l.last)
	}
	if l.strays++; what == accepted && l.strays > 100 && l.strays*10 > l.events && !l.set.Config.Group {
		return goSerial, fmt.Errorf("%w: %s", ErrGoSerial, delivery.ReasonOf(&l.last))
	}
	return what, err
}
