// Package prefetch reads the rows that the next events of a task will ask for, all at once.
//
// Over a store that is far away, every row that an event reads is a round trip. Handlers and Merge
// functions are pure and may run more than once, so a task runs its next events dry: over what is
// known without the store, only to learn which rows they ask for. Then it fetches all of these in
// one call. Nothing else of a dry run is kept, and a row that no dry run asked for is read from the
// store when the event is processed.
//
// Package task owns one Prefetcher for each task over a store whose reader is a brook.Fetcher. It
// is used by the goroutine of that task alone, within a batch, and has no lock.
package prefetch

import (
	"context"
	"time"
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

const (
	maxFetched = 16 << 10              // rows that are fetched for one batch
	maxDryRun  = 25 * time.Millisecond // after which dry runs make do with the events they had
	maxPause   = 16                    // batches without a prefetch after ones that did not pay
)

// Task is what a prefetcher knows of the task that it reads ahead for.
type Task interface {
	// Awaited reports whether somebody waits for the task to leave the quiesce lock.
	Awaited() bool
	// Host returns who answers for events of the task's queue of that number.
	Host(queue int) delivery.Host
}

// Parts is what a prefetcher is made of.
type Parts struct {
	Task     Task
	Fetcher  brook.Fetcher
	Tx       *txn.Tx // of the task: it holds what its batch changed, and receives the rows
	Def      *delivery.Definition
	Code     *plan.Code
	Envelope brook.Envelope
	Bare     bool   // the envelope takes anything for a payload
	Divided  bool   // the task is one of a group's member
	Stem     string // what the IDs of the app's emissions begin with
}

// Prefetcher runs the events of a task dry and fetches what they ask for.
type Prefetcher struct {
	parts    Parts
	tx       *txn.Tx // of the dry runs, never committed
	delivery *delivery.Delivery
	deliver  func(*delivery.Delivery)

	queues   input.Queues
	confined bool
	ran      map[*input.Queue]int64 // offsets below which events ran dry for this batch

	asked   map[txn.RowKey]bool
	keys    []brook.TableKey // to be fetched next
	slots   []int            // of keys
	unknown bool             // the event asked for a row that is not known yet
	scanned bool             // the event scanned, and got nothing

	trip  time.Duration // the shortest fetch so far
	depth int           // runs until events ask for nothing new; 0: not known
	pause int           // batches to leave out if the next prefetch does not pay either
	left  int           // of these
	idle  bool          // they are left out because there was nothing to fetch
}

// New returns a prefetcher, and makes the task's transaction use what it fetches.
func New(parts Parts) *Prefetcher {
	tx := txn.New(parts.Def.Collections, parts.Code.Layout, nil)
	p := &Prefetcher{
		parts: parts, tx: tx, deliver: parts.Def.Lane(tx),
		delivery: delivery.New(tx, parts.Def, parts.Divided, parts.Stem),
		ran:      map[*input.Queue]int64{}, asked: map[txn.RowKey]bool{},
	}
	tx.RunDry(p, noReader{p})
	parts.Tx.Prefetch()
	return p
}

// Begin starts a batch of events that lie in queues, over tables; incomplete says which of these
// are indexes that lack entries. If events are confined, they touch only rows of their own keys.
func (p *Prefetcher) Begin(
	queues input.Queues, tables []brook.Table, incomplete []bool, confined bool,
) {
	p.queues, p.confined = queues, confined
	p.tx.On(tables, incomplete)
	clear(p.ran)
	clear(p.asked)
	p.left = max(p.left-1, 0)
	fetched := p.parts.Tx.Fetched()
	if fetched.Missed > 4 { // the events are others than before
		p.depth = 0
		if p.idle {
			p.left, p.pause = 0, 0
		}
	}
	fetched.Missed = 0
}

// Prefetch fetches what the head of q reads, with what up to room events read from it on, and
// returns how long that took. It does nothing if the head ran dry before, and after batches in
// which it did not pay. It makes do with less if stop or ctx ends.
func (p *Prefetcher) Prefetch(ctx, stop context.Context, q *input.Queue, room int) time.Duration {
	if p.left > 0 || len(p.asked) >= maxFetched || q.Head().Offset < p.ran[q] {
		return 0
	}
	started := time.Now()
	p.run(ctx, stop, p.queues.Ahead(room))
	return time.Since(started)
}

// run runs events dry and fetches what they ask for, and repeats that with the events that asked
// for unknown rows for as long as it saves round trips.
func (p *Prefetcher) run(ctx, stop context.Context, events []input.Entry) {
	defer p.tx.Reset()
	many := len(events) >= 8 // a few can't show whether it pays
	var running time.Duration
	rows, depth := 0, 0
	for len(events) > 0 && (p.depth == 0 || depth < p.depth) {
		started := time.Now()
		events = p.runDry(ctx, stop, events)
		running += time.Since(started)
		if len(p.keys) < 2 || ctx.Err() != nil || p.fetch(ctx) != nil {
			break
		}
		depth++
		rows += len(p.keys)
		p.keys, p.slots = p.keys[:0], p.slots[:0]
	}
	p.keys, p.slots = p.keys[:0], p.slots[:0]
	if !many {
		return
	}
	p.depth = max(depth, 1)
	if rows > 1 && running < time.Duration(rows)*p.trip {
		p.pause = 0
		return
	}
	p.pause = min(2*p.pause+1, maxPause)
	p.left = p.pause + 1 // this batch too
	p.idle = rows < 2
}

// runDry runs events, and returns those that asked for rows that are not known. It ends early if
// somebody waits for the task.
func (p *Prefetcher) runDry(
	ctx, stop context.Context, events []input.Entry,
) (unanswered []input.Entry) {
	started := time.Now()
	for i, e := range events {
		if stop.Err() != nil || ctx.Err() != nil || p.parts.Task.Awaited() ||
			i%8 == 7 && time.Since(started) > maxDryRun || len(p.asked) >= maxFetched {
			break
		}
		q := p.queues[e.Queue]
		p.ran[q] = max(p.ran[q], e.Record.Offset+1)
		if p.runOne(ctx, e) {
			unanswered = append(unanswered, e)
		}
	}
	return unanswered
}

// runOne runs one event, and reports whether it asked for a row that is not known. Those behind it
// see what it changes.
func (p *Prefetcher) runOne(ctx context.Context, e input.Entry) bool {
	if delivery.Passed(p.parts.Envelope, p.parts.Code, e.Record) {
		return false
	}
	d, tx := p.delivery, p.tx
	d.Prepare(ctx, e.Record, p.parts.Task.Host(e.Queue))
	d.Unwrap(p.parts.Envelope, p.parts.Bare, p.parts.Code)
	tx.Begin(txn.Event{Ctx: ctx, Confined: p.confined})
	p.unknown, p.scanned = false, false
	if d.DecodeErr == nil {
		d.Dispatch(p.deliver)
	}
	failed := d.DecodeErr != nil || tx.CrossKey() || tx.StoreFault() != nil
	if p.unknown || p.scanned || failed {
		tx.Revert()
	} else {
		tx.Accept()
	}
	return p.unknown
}

// Read answers the transaction of the dry runs: from what the batch did so far and what was fetched
// for it. It notes every other row, to be fetched.
func (p *Prefetcher) Read(slot int, key []byte) (brook.Value, error) {
	tx := p.parts.Tx
	if value, known := tx.Peek(slot, key); known {
		return txn.Found(brook.Value{Data: value, Shared: true})
	}
	if v, ok := tx.Fetched().Find(slot, key); ok {
		return txn.Found(v)
	}
	p.unknown = true
	if !p.asked[txn.RowKey{Slot: slot, Key: string(key)}] {
		k := txn.RowKey{Slot: slot, Key: string(key)}
		p.asked[k] = true
		p.keys = append(p.keys, brook.TableKey{
			Table: tx.Table(slot), Key: unsafe.Slice(unsafe.StringData(k.Key), len(k.Key)),
		})
		p.slots = append(p.slots, slot)
	}
	return brook.Value{}, errUnknown
}

// fetch reads the rows that were asked for. If the store fails, the events that need them find out.
func (p *Prefetcher) fetch(ctx context.Context) error {
	started := time.Now()
	values, err := p.parts.Fetcher.Fetch(ctx, p.keys)
	if err != nil {
		return err
	}
	if took := time.Since(started); p.trip == 0 || took < p.trip {
		p.trip = took
	}
	for i, v := range values {
		p.parts.Tx.Fetched().Add(p.slots[i], p.keys[i].Key, v)
	}
	return nil
}
