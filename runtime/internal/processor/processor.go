// Package processor runs records through the handler sets, one at a time, into a batch: a record is
// opened, looked up among the repeats, decoded and handled in a transaction, and what became of it
// (its Outcome) decides whether the batch takes it, with letters, emissions and effects.
//
// Each task owns a Processor, and so does each exclusive task while it runs. The goroutine that
// runs the task uses it, and it has no lock. It reads the store, and commits nothing.
package processor

import (
	"context"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Parts is what the processors of an app are made of.
type Parts struct {
	Config    *brook.Config // with defaults
	Def       *delivery.Definition
	Code      *plan.Code
	Bare      bool         // the envelope takes anything for a payload
	Reader    brook.Reader // of what was committed last
	Outbox    *outbox.Outbox
	Publisher *publisher.Publisher
	Emissions *emission.Maker
	Places    *parked.Places // where rows are that handlers ask for
	Parked    *parked.Events // of the live generation
	Jobs      *jobs.Board    // nil: the code has no jobs
	Observer  *operation.Observer
	Flow      *batch.Flow // nil: nobody asks
	// Clock returns the time by which parked events wait, and that of events which have none; nil:
	// time.Now.
	Clock func() time.Time
}

// Now returns the time by Clock.
func (p *Parts) Now() time.Time {
	if p.Clock == nil {
		return time.Now()
	}
	return p.Clock()
}

// Target is what becomes of events besides their changes: in the live views (Live), or in those
// that a rebuild makes.
type Target interface {
	// Stops reports whether the failure of an event ends Run.
	Stops() bool
	// Stage takes into the batch those emissions and effects of an event that are to happen.
	Stage(x *Processor, p *Partition, d *delivery.Delivery)
	// Silence notes in a new letter whether its event was acted on.
	Silence(letter *deadletter.Letter)
}

// Dropper is a Target in which events were dropped that are still to come.
type Dropper interface {
	// Dropped returns the sets that are not to handle an event; "" stands for all.
	Dropped(at brook.Position) []string
}

// Processor runs records into a batch, over the tables of one generation.
type Processor struct {
	parts  *Parts
	target Target
	drops  Dropper // nil: nothing is dropped

	Gen      *generation.Generation
	Tx       *txn.Tx
	Batch    *batch.Batch
	Parallel bool // other tasks run beside it
	// Numbers says that emissions get numbers of the numbered stream, because what causes them
	// does not follow the order of a partition.
	Numbers bool
	// Called says that its events run because somebody called a method of the app.
	Called bool
	// Elsewhere reports whether a partition is folded by another task; nil: none is.
	Elsewhere func(partition.ID) bool
	TooLarge  TooLarge
	Stray     brook.Stray // the last event whose outcome was CrossKey

	Deliver   func(*delivery.Delivery) // generated code, which works through Tx
	tally     tally
	delivery  *delivery.Delivery
	partition *Partition // whose record runs; nil: it is in none
	actor     actor      // the target, if it is that of the live views
}

// TooLarge is an event that is too large for a commit by itself: it fails with Err.
type TooLarge struct {
	Err error // nil: there is none
	At  brook.Position
}

// New returns a processor over the tables of g. tracks says that commits are to be checked by what
// events read.
func New(parts *Parts, g *generation.Generation, target Target, tracks bool) *Processor {
	x := &Processor{
		parts: parts, target: target, tally: newTally(parts.Def, parts.Flow),
		Tx: txn.New(parts.Def.Collections, parts.Code.Layout, parts.Reader),
	}
	x.drops, _ = target.(Dropper)
	x.actor, _ = target.(actor)
	x.Batch = batch.New(x.Tx)
	x.Parks(parts.Parked)
	x.delivery = delivery.New(x.Tx, parts.Def, parts.Config.Group,
		stream.Stem(parts.Config.Name))
	x.delivery.Observe(parts.Observer, parts.Config.Retry.Attempts)
	x.In(g)
	if tracks {
		x.Tx.TrackReads()
	}
	x.Deliver = parts.Def.Lane(x.Tx)
	return x
}

// In makes the processor use the tables of g. The caller holds the quiesce lock, or runs the task.
func (x *Processor) In(g *generation.Generation) {
	x.Gen = g
	p := x.parts.Publisher
	x.Batch.On(g, p.OutboxTable, x.parts.Jobs, p.Sending)
}

// Process runs one record of a partition through the handler sets. If the outcome is not Accepted,
// nothing of it stays, and the error says why.
func (x *Processor) Process(ctx context.Context, p *Partition, r *brook.Record) (Outcome, error) {
	b, d := x.Batch, x.delivery
	if b.Started.IsZero() {
		b.Started = time.Now()
	}
	x.prepare(ctx, p, r)
	b.Last = d.Position
	if x.TooLarge.Err != nil && x.TooLarge.At == d.Position {
		d.Forced = x.TooLarge.Err
	}
	if (x.drops != nil || r.Value == nil) && x.passes(d) {
		b.Events++
		b.Discarded++
		return Accepted, nil
	}
	d.Unwrap(x.parts.Config.Envelope, x.parts.Bare, x.parts.Code)
	if !d.Observed() {
		return x.run(ctx, p, d)
	}
	what, err := x.run(x.begin(p, d), p, d)
	x.end(d, what, err)
	return what, err
}

// run runs the event of a record that is open through the handler sets.
func (x *Processor) run(
	ctx context.Context, p *Partition, d *delivery.Delivery,
) (Outcome, error) {
	b := x.Batch
	if p.Repeats.Looks(&d.Message) {
		repeat, err := p.Repeats.Repeated(
			ctx, x.parts.Reader, x.Gen.Folded, x.Gen.Window, &d.Message, d.Named,
		)
		if err != nil {
			return StoreUnavailable, err
		}
		if repeat {
			d.Repeat = true
			b.Events++
			b.Repeats++
			return Accepted, nil
		}
	}
	x.Tx.Begin(txn.Event{Ctx: ctx, Confined: x.Parallel})
	if d.DecodeErr == nil {
		d.Dispatch(x.Deliver)
	}
	what, err := x.classify(p, d)
	if what != Accepted {
		x.Tx.Revert()
		return what, err
	}
	x.accept(p, d)
	if p.Repeats.Looks(&d.Message) {
		p.Repeats.Accept(&d.Message, d.Handled || d.DecodeErr != nil)
	}
	b.Events++
	return Accepted, nil
}

// prepare clears the delivery for a record of p.
func (x *Processor) prepare(ctx context.Context, p *Partition, r *brook.Record) {
	x.partition = p
	x.delivery.Prepare(ctx, r, p)
	x.delivery.Unblocked = p.Blocked.Empty() && !p.holds()
}

// passes reports whether a record is passed over: a tombstone that nobody takes, or dropped for all
// sets.
func (x *Processor) passes(d *delivery.Delivery) bool {
	if x.drops != nil {
		if d.DroppedFor = x.drops.Dropped(d.Position); slices.Contains(d.DroppedFor, "") {
			return true
		}
	}
	return delivery.Passed(x.parts.Config.Envelope, x.parts.Code, d.Record)
}
