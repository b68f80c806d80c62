package processor

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Apply runs an event of Process, which is in no partition and waits behind nothing, through all
// handler sets. If one fails, nothing of it stays, and Apply returns the errors of all.
func (x *Processor) Apply(ctx context.Context, r *brook.Record, m brook.Message) error {
	d := x.delivery
	x.partition = nil
	d.Prepare(ctx, r, nobody{stream.Stem(x.parts.Config.Name)})
	d.Position, d.Once, d.Message = brook.Position{}, true, m
	if d.Observed() {
		ctx = x.begin(nil, d)
	}
	x.Tx.Begin(txn.Event{Ctx: ctx})
	d.Dispatch(x.Deliver)
	err := unapplied(d)
	if d.Observed() {
		d.End(outcomeOf(d, err), err)
	}
	if err != nil {
		x.Tx.Revert()
		return err
	}
	x.tally.count(x.Batch, d)
	x.wake(x.by(nil, d))
	x.Tx.Accept()
	x.Stage(d)
	return nil
}

// unapplied returns why an event of Process can't be stored, or nil.
func unapplied(d *delivery.Delivery) error {
	switch {
	case d.Ctx.Err() != nil:
		return d.Ctx.Err()
	case d.Tx.StoreFault() != nil:
		return d.Tx.StoreFault()
	case d.DecodeErr != nil:
		return d.DecodeErr
	}
	var errs []error
	for i := range d.Results {
		if r := &d.Results[i]; r.Err != nil {
			errs = append(errs, fmt.Errorf("set %s: %w", r.Set, r.Err))
		}
	}
	return errors.Join(errs...)
}

// outcomeOf returns the outcome of an event of Process.
func outcomeOf(d *delivery.Delivery, err error) brook.Outcome {
	switch {
	case err == nil:
		return "" // it is in the delivery
	case d.Ctx.Err() != nil:
		return brook.OutcomeCanceled
	case d.Tx.StoreFault() != nil:
		return brook.OutcomeUnavailable
	}
	return brook.OutcomeFailed
}

// nobody is the host of events that are in no partition.
type nobody struct{ stem string }

// Source returns the app's stem.
func (n nobody) Source() string { return n.stem }

// Owns returns true.
func (nobody) Owns(*brook.Record) bool { return true }

// Blocker returns false.
func (nobody) Blocker(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}

// ParkedAhead returns false.
func (nobody) ParkedAhead(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}

// Appears returns false.
func (nobody) Appears(*delivery.Delivery, string) bool { return false }
