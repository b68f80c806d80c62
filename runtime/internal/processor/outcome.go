package processor

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
)

// Outcome is what became of a record.
type Outcome uint8

// The outcomes of a record.
const (
	Accepted         Outcome = iota // it is in the batch
	RetryLater                      // it is tried again later
	StoreUnavailable                // the store did not answer
	CrossKey                        // it has to run exclusively
	Numbered                        // it emits what is to be numbered: it has to run exclusively
	Cancelled                       // the context ended
	StopApp                         // Run ends because of it
)

// classify returns the outcome of an event that was dispatched, and why it is not accepted.
func (x *Processor) classify(p *Partition, d *delivery.Delivery) (Outcome, error) {
	switch {
	case x.Tx.CrossKey():
		x.Stray = d.Strayed()
		return CrossKey, nil
	case d.Ctx.Err() != nil:
		return Cancelled, d.Ctx.Err()
	case x.Tx.StoreFault() != nil:
		return StoreUnavailable, x.Tx.StoreFault()
	}
	if x.Parallel && x.abroad() {
		x.Stray = d.Strayed()
		return CrossKey, nil
	}
	x.crowded(p, d)
	failed := d.DecodeErr != nil
	for i := range d.Results {
		r := &d.Results[i]
		if r.Again && p.Attempts+1 < x.parts.Config.Retry.Attempts {
			return RetryLater, fmt.Errorf("%s: %w", r.Set, r.Err)
		}
		failed = failed || r.Err != nil && !r.Parks
	}
	if failed && x.target.Stops() {
		return StopApp, failure(d)
	}
	return Accepted, nil
}

// failure returns the error of an event that failed, in the first set that did.
func failure(d *delivery.Delivery) error {
	err := d.DecodeErr
	for i := 0; err == nil; i++ {
		if r := &d.Results[i]; r.Err != nil && !r.Parks {
			err = fmt.Errorf("set %s: %s: %w", r.Set, r.Stage, r.Err)
		}
	}
	return &brook.RecordError{Position: d.Position, Type: d.Message.Type, Err: err}
}
