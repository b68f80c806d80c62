package task

import (
	"context"
	"errors"
	"iter"
	"time"
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Over a store that is far away every row that an event reads is a round trip. Handlers and Merge functions are pure and may run
// more than once. So a lane rehearses the events that it is about to fold: it runs them over what is known without
// the store, only to learn which rows they ask for, and then fetches all of these at once. Nothing else of a rehearsal
// is kept, and what it did not foresee is read from the store when its turn comes.

const (
	maxFetched    = 16 << 10              // rows that are fetched for one batch
	rehearsalTime = 25 * time.Millisecond // after which a rehearsal makes do with the events that it had
	maxPause      = 16                    // batches without a rehearsal where they did not pay
)

// errUnknown is what a rehearsal answers to who asks for what is not known yet.
var errUnknown = errors.New("brook: the store is not asked in a rehearsal")

// prefetcher is where a lane rehearses.
type prefetcher struct {
	real    *Task
	stage   *Task // never commits
	fetcher brook.Fetcher

	done    map[*Partition]int64 // below which events were rehearsed for this batch
	asked   map[txn.RowKey]bool
	keys    []brook.TableKey // to be fetched next
	slots   []int            // of keys
	unknown bool             // the event asked for a row that is not known yet
	scanned bool             // it scanned, and got nothing
	trip    time.Duration
	depth   int  // how often the events are run until they ask for nothing new; 0: not known
	pause   int  // how many batches to leave out where the next one does not pay either
	left    int  // of these
	idle    bool // they are left out because there was nothing to fetch
}

// prefetch makes sure that what the head of f reads is fetched, with what comes behind it, where the store can do that.
func (l *Task) prefetch(ctx, stop context.Context, f *Partition) {
	r := l.rehearsal
	if r == nil {
		fetcher, ok := l.set.Reader.(brook.Fetcher)
		if !ok {
			return
		}
		r = newPrefetcher(l, fetcher)
	}
	if l.Batch.events == 0 {
		clear(r.done)
		clear(r.asked)
		r.left = max(r.left-1, 0)
		if l.Tx.Fetched().Missed > 4 { // the events are others than before
			r.depth = 0
			if r.idle {
				r.left, r.pause = 0, 0
			}
		}
		l.Tx.Fetched().Missed = 0
	}
	if r.left > 0 || len(r.asked) >= maxFetched || f.Head().Offset < r.done[f] {
		return
	}
	started := time.Now()
	r.run(ctx, stop)
	l.Batch.rehearsed += time.Since(started)
}

func newPrefetcher(l *Task, fetcher brook.Fetcher) *prefetcher {
	tx := txn.New(l.set.Def.Collections, l.set.Code.Layout, nil)
	r := &prefetcher{real: l, fetcher: fetcher, done: map[*Partition]int64{}, asked: map[txn.RowKey]bool{}}
	r.stage = &Task{set: l.set, Tx: tx, Deliver: l.set.Def.Lane(tx)}
	tx.RunDry(r, blind{r})
	l.rehearsal = r
	l.Tx.Prefetch()
	return r
}

// entrance is an event that is rehearsed.
type entrance struct {
	feed   *Partition
	record *brook.Record
}

// run rehearses what is there to be folded, and fetches what it asks for: again, for those events that asked in vain, as
// long as that saves round trips.
func (r *prefetcher) run(ctx, stop context.Context) {
	s, l := r.stage, r.real
	s.Gen, s.Target, s.Parallel, s.count = l.Gen, l.Target, l.Parallel, l.count
	s.Tx.On(l.Gen.Tables, l.Gen.Unready)
	defer s.Tx.Reset()
	events := r.next(l.limit - l.Batch.events)
	many := len(events) >= 8 // of few it can't be told whether it pays
	var played time.Duration
	rows, depth := 0, 0
	for len(events) > 0 && (r.depth == 0 || depth < r.depth) {
		started := time.Now()
		events = r.play(ctx, stop, events)
		played += time.Since(started)
		if len(r.keys) < 2 || ctx.Err() != nil || r.fetch(ctx) != nil {
			break
		}
		depth++
		rows += len(r.keys)
		r.keys, r.slots = r.keys[:0], r.slots[:0]
	}
	if many {
		r.depth = max(depth, 1)
	}
	r.keys, r.slots = r.keys[:0], r.slots[:0]
	switch {
	case !many:
	case rows > 1 && played < time.Duration(rows)*r.trip:
		r.pause = 0
	default:
		r.pause = min(2*r.pause+1, maxPause)
		r.left = r.pause + 1 // this batch too
		r.idle = rows < 2
	}
}

// next returns the next n events in the order of the lane, as far as they were read.
func (r *prefetcher) next(n int) (events []entrance) {
	for _, e := range r.real.queues.Ahead(n) {
		events = append(events, entrance{r.real.Partitions[e.Queue], e.Record})
	}
	return events
}

// play runs events, and gives those that asked for rows that are not known. It ends early where somebody waits for the lane.
func (r *prefetcher) play(ctx, stop context.Context, events []entrance) (again []entrance) {
	started := time.Now()
	for i, e := range events {
		if stop.Err() != nil || ctx.Err() != nil || r.real.Target.Visits() && r.real.set.Lock.MustYield(&r.real.visit) ||
			i%8 == 7 && time.Since(started) > rehearsalTime || len(r.asked) >= maxFetched {
			break
		}
		r.done[e.feed] = max(r.done[e.feed], e.record.Offset+1)
		if r.perform(ctx, e) {
			again = append(again, e)
		}
	}
	return again
}

// perform runs one event, and reports whether it asked in vain. What it changes is seen by those behind it.
func (r *prefetcher) perform(ctx context.Context, e entrance) bool {
	if delivery.Tombstone(r.real.set.Config.Envelope, e.record) {
		return false
	}
	s, m := r.stage, &r.stage.M
	s.Prepare(ctx, m, e.record)
	s.current = e.feed
	s.unwrap(m)
	s.Tx.Begin(txn.Event{Ctx: ctx, Confined: s.Parallel})
	r.unknown, r.scanned = false, false
	if m.DecodeErr == nil {
		s.Dispatch(m)
	}
	if r.unknown || r.scanned || m.DecodeErr != nil || s.Tx.CrossKey() || s.Tx.StoreFault() != nil {
		s.Tx.Revert()
	} else {
		s.Tx.Accept()
	}
	return r.unknown
}

// Read answers from what the batch did so far and what was fetched for it, and takes note of everything else.
func (r *prefetcher) Read(slot int, key []byte) (brook.Value, error) {
	tx := r.real.Tx
	if value, known := tx.Peek(slot, key); known {
		return txn.Found(brook.Value{Data: value, Shared: true})
	}
	if v, ok := tx.Fetched().Find(slot, key); ok {
		return txn.Found(v)
	}
	r.unknown = true
	if !r.asked[txn.RowKey{Slot: slot, Key: string(key)}] {
		k := txn.RowKey{Slot: slot, Key: string(key)}
		r.asked[k] = true
		r.keys = append(r.keys, brook.TableKey{Table: tx.Table(slot), Key: unsafe.Slice(unsafe.StringData(k.Key), len(k.Key))})
		r.slots = append(r.slots, slot)
	}
	return brook.Value{}, errUnknown
}

// fetch reads what was asked for. Where the store fails to answer, those who need the rows find that out.
func (r *prefetcher) fetch(ctx context.Context) error {
	started := time.Now()
	values, err := r.fetcher.Fetch(ctx, r.keys)
	if err != nil {
		return err
	}
	if took := time.Since(started); r.trip == 0 || took < r.trip {
		r.trip = took
	}
	for i, v := range values {
		r.real.Tx.Fetched().Add(r.slots[i], r.keys[i].Key, v)
	}
	return nil
}

// blind is the reader of a rehearsal: whoever scans is told that nothing is known.
type blind struct{ rehearsal *prefetcher }

func (b blind) Get(context.Context, brook.Table, []byte) (brook.Value, error) {
	return brook.Value{}, errUnknown
}

func (b blind) Scan(context.Context, brook.Table, []byte, []byte) iter.Seq2[brook.Row, error] {
	b.rehearsal.scanned = true
	return func(yield func(brook.Row, error) bool) { yield(brook.Row{}, errUnknown) }
}

func (b blind) History(context.Context, brook.Table, []byte) iter.Seq2[*brook.HistoryEntry, error] {
	b.rehearsal.scanned = true
	return func(yield func(*brook.HistoryEntry, error) bool) { yield(nil, errUnknown) }
}
