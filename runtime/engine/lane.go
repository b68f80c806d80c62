package engine

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

// in makes the lane fold into g.
func (l *lane) in(g *catalog.Generation) {
	l.gen = g
	l.tx.On(g.Tables, g.Unready)
}

// lane folds the events of some partitions, one at a time, into the views of one generation.
type lane struct {
	app       *tasks
	gen       *catalog.Generation
	target    target
	parallel  bool // others run beside it
	count     int  // of lanes
	feeds     []*feed
	queues    input.Group      // of feeds
	mayTake   func(i int) bool // reports whether a feed does not stand still
	chunks    chan input.Fetch
	wake      retry.Signal  // a feed that stood still may go on
	effects   *effects.Line // nil: they are run at once
	due       due
	exclusive bool                 // it runs with all others at rest
	others    []brook.Check        // of a lane without feeds: that the partitions stand where they stood
	visit     quiesce.Visitor      // of the gate
	inside    bool                 // between enter and leave
	rest      *rest                // of whom the lane runs in
	aside     func() (back func()) // see setAside
	withheld  bool                 // the letters of the batch are not in the waits
	overtaken bool                 // somebody had the gate since the batch was tried
	over      error                // why the task ends, found while the next feed was chosen
	trouble   error                // what the store failed with last, which no error says yet

	tx      *txn.Tx
	deliver func(*delivery.Delivery)
	m       delivery.Delivery
	current *feed // whose event runs; nil: it waits behind nobody
	batch   pending
	writes  []brook.Write // of the commit, kept for its room
	limit   int           // events per batch
	strays  int           // so far
	last    brook.Stray   // the last of them
	events  int           // so far

	tooLarge   error // the event at tooLargeAt alone is more than the store takes
	tooLargeAt brook.Position
	numbered   bool       // the batch used numbers that the store counts
	rehearsal  *rehearsal // nil until it is needed
}

// pending is what a batch holds besides the transaction.
type pending struct {
	events, strays, repeats int
	bytes                   int // of the events' records
	discarded               int
	unknown                 []unknownEvent
	last                    brook.Position // of the event that came last
	letters                 []deadletter.Letter
	items                   []*outbox.Item
	owed                    []*outbox.Item // of a rebuild
	effects                 []outbox.Effect
	writes                  []brook.Write // of removed letters and the like
	checks                  []brook.Check // what these rely on
	started                 time.Time
	rehearsed               time.Duration // how long that took
}

// outcome is what became of an event that a lane took.
type outcome uint8

const (
	kept   outcome = iota // it is in the batch
	again                 // it is to be tried again later
	broken                // the store did not answer
	stray                 // it has to run alone
	ended                 // the runtime's context ended
	halted                // Run ends because of it
	settle                // it is kept, but Run is to go on with one lane
)

// errRewound says that a batch was put back because it was too large.
var errRewound = fmt.Errorf("%w: the batch comes again, smaller", retry.ErrStop)

// errSettle makes Run go on with one lane.
var errSettle = errors.New("more than a tenth of the events stray")

func (s *tasks) newLane(g *catalog.Generation, t target) *lane {
	l := &lane{app: s, gen: g, target: t, tx: txn.New(s.def.Collections, s.code.Layout, s.reader), limit: max(1, s.config.BatchSize),
		wake: retry.NewSignal(), chunks: make(chan input.Fetch)}
	l.in(g)
	if t.visits() && s.catalog.Fenced() {
		l.tx.TrackReads()
	}
	l.deliver = s.def.Lane(l.tx)
	return l
}

// run folds what its feeds bring until stop ends, finishing under ctx what is in flight then. It returns nil
// when stop ended, and when every feed reached its end.
func (l *lane) run(stop, ctx context.Context) error {
	for !l.finished() {
		if stop.Err() != nil {
			return nil
		}
		if err := l.target.lost(); err != nil {
			return err
		}
		if l.enter(stop) != nil {
			return nil
		}
		l.target.look(l.feeds)
		l.over = nil
		f, wait := l.pick()
		l.leave()
		l.follow()
		if l.over != nil {
			return l.over
		}
		if f == nil && slices.ContainsFunc(l.feeds, dirty) {
			if err := l.moved(stop); err != nil {
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
		if err := l.fold(stop, ctx); err != nil {
			return err
		}
	}
	return nil
}

// finished reports whether every feed has an end and reached it.
func (l *lane) finished() bool {
	return len(l.feeds) > 0 && !slices.ContainsFunc(l.feeds, func(f *feed) bool { return !f.Finished() })
}

// await waits for a chunk, a wake, the end of a retry's wait, or stop; then it takes what is there.
func (l *lane) await(stop context.Context, wait time.Duration) error {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case c := <-l.chunks:
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
func (l *lane) drain() error {
	for {
		select {
		case c := <-l.chunks:
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
func (l *lane) takeChunk(c input.Fetch) {
	if c.Gap != nil {
		l.target.skip(l.feed(c.Queue.ID), *c.Gap)
	}
	c.Queue.Append(c.Chunk)
}

// moved commits offsets that hold no records, when nothing else is to do.
func (l *lane) moved(stop context.Context) error {
	if !slices.ContainsFunc(l.feeds, dirty) {
		return nil
	}
	if l.enter(stop) != nil {
		return nil
	}
	err := l.commit(stop)
	l.leave()
	l.follow()
	if errors.Is(err, errRewound) || stop.Err() != nil {
		l.trouble = cmp.Or(err, l.trouble)
		return nil
	}
	return err
}

// ended returns why ctx ended, nil if it did not, with what the store failed with until then.
func (l *lane) ended(ctx context.Context) error {
	why, tries := retry.Ending(ctx), 1
	if why == nil || l.trouble == nil {
		return why
	}
	for _, f := range l.feeds {
		tries = max(tries, f.broken)
	}
	return retry.GaveUp(why, "fold", tries, l.trouble, nil)
}

// Owns reports whether a record is in the partition that its key belongs to.
func (l *lane) Owns(r *brook.Record) bool {
	p, ok := l.app.config.Driver.(brook.Partitioner)
	return ok && p.Partition(r.Key, l.count) == int(r.Partition)
}

// enter and leave stand around every batch: while lanes are at rest, nobody is between them. Only the end of ctx is an error.
func (l *lane) enter(ctx context.Context) error {
	if !l.target.visits() {
		return nil
	}
	err := l.app.gate.Enter(ctx, &l.visit)
	l.inside = err == nil
	return err
}

func (l *lane) leave() {
	if l.inside {
		l.inside = false
		l.app.gate.Leave(&l.visit)
	}
}

// batchTime is about how long a batch may take before it is committed.
const batchTime = 50 * time.Millisecond

// batchBytes is about how many bytes of records a batch may hold: rows, histories, letters and emissions hold them again, and so does the
// store until the commit is done.
const batchBytes = 8 << 20

// rushed reports whether the batch should end: somebody waits for the lanes to rest, or it takes long.
func (l *lane) rushed() bool {
	n := l.batch.events
	return n > 0 && l.target.visits() && (l.app.gate.MustYield(&l.visit) || n%8 == 0 && time.Since(l.batch.started) > batchTime+l.batch.rehearsed)
}

// pick returns the feed whose head goes first, or nil if the lane has to wait, and how long at most.
func (l *lane) pick() (first *feed, wait time.Duration) {
	if wait = l.effects.Full(); wait > 0 {
		return nil, wait
	}
	i, wait := l.queues.Next(l.mayTake)
	if i < 0 {
		return nil, wait
	}
	return l.feeds[i], wait
}

// setFeeds gives the lane its feeds, which it sorts.
func (l *lane) setFeeds(feeds []*feed) {
	slices.SortFunc(feeds, func(f, g *feed) int { return f.ID.At(0).Compare(g.ID.At(0)) })
	l.feeds, l.queues = feeds, make(input.Group, len(feeds))
	for i, f := range feeds {
		l.queues[i] = f.Queue
	}
	l.mayTake = func(i int) bool { return !l.target.full(l, l.feeds[i]) }
}

// fold takes events into a batch and commits it.
func (l *lane) fold(stop, ctx context.Context) error {
	switch err := l.target.claim(stop); {
	case err == nil:
	case stop.Err() != nil && !errors.Is(err, retry.ErrRestart): // the partitions move, perhaps, and Run goes on
		l.trouble = err
		return nil
	default:
		return err
	}
	if l.enter(stop) != nil {
		return nil
	}
	if !l.target.claimed() { // since it was claimed
		l.leave()
		return nil
	}
	l.target.look(l.feeds)
	l.batch.started = time.Now()
	var what outcome
	var err, lost error
	var f *feed
	for l.batch.events < l.limit && l.batch.bytes < batchBytes {
		if lost = l.drain(); lost != nil { // what is in the batch is committed all the same
			break
		}
		if l.rushed() || stop.Err() != nil {
			break
		}
		if f, _ = l.pick(); f == nil {
			break
		}
		l.rehearse(ctx, stop, f)
		if what, err = l.step(ctx, f, f.Head()); what != kept {
			break
		}
		l.mended(f)
		l.batch.bytes += len(f.Head().Key) + len(f.Head().Value)
		f.Advance()
	}
	l.events += l.batch.events
	cerr := l.commit(ctx)
	l.leave()
	l.follow()
	switch {
	case errors.Is(cerr, errRewound):
		return lost // the batch comes again, and with it what was to be done about an event
	case cerr != nil:
		return cerr
	case lost != nil:
		return lost
	}
	if what == stray {
		what, err = l.alone(stop, ctx, f)
		l.follow()
	}
	return l.after(stop, f, what, err)
}

// mended notes that the store gives what the head of f needs.
func (l *lane) mended(f *feed) {
	if f.broken > 0 {
		l.app.report.Recovered("store", f.broken, f.ID.At(f.Next()))
		f.broken, l.trouble = 0, nil
	}
}

// after deals with an event that did not make it into the batch.
func (l *lane) after(stop context.Context, f *feed, what outcome, err error) error {
	switch what {
	case broken:
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		f.broken++
		l.trouble = err
		l.app.report.Failure(brook.Failure{What: "store", Position: f.ID.At(f.Next()), Attempts: f.broken, Err: err})
		retry.Sleep(stop, retry.Wait(l.app.config.Retry, f.broken)) // the end of stop shows at the next turn
		f.Attempts = 0
	case again:
		f.Attempts++
		f.HoldUntil(time.Now().Add(retry.Wait(l.app.config.Retry, f.Attempts)))
		l.app.report.Failure(brook.Failure{What: "handle", Position: f.ID.At(f.Next()), Attempts: f.Attempts, Err: err})
	case halted, settle:
		return err
	}
	return nil
}

// alone runs the head of f with all other lanes at rest. It waits for these until stop ends.
func (l *lane) alone(stop, ctx context.Context, f *feed) (outcome, error) {
	rest, err := l.app.rest(stop)
	if err != nil {
		return ended, err
	}
	l.rest = rest
	defer func() {
		l.rest = nil
		rest.end()
	}()
	if !l.target.claimed() { // since the batch was left
		return kept, nil
	}
	l.parallel, l.exclusive = false, true
	defer func() { l.exclusive = false }()
	what, err := l.step(ctx, f, f.Head())
	l.parallel = true
	if what == kept {
		l.mended(f)
		f.Advance()
	}
	l.batch.strays++
	if cerr := l.commit(ctx); errors.Is(cerr, errRewound) {
		return kept, nil
	} else if cerr != nil {
		return halted, cerr
	}
	if what == kept {
		l.due.strays = append(l.due.strays, l.last)
	}
	if l.strays++; what == kept && l.strays > 100 && l.strays*10 > l.events && !l.app.config.Group {
		return settle, fmt.Errorf("%w: %s", errSettle, delivery.ReasonOf(&l.last))
	}
	return what, err
}
