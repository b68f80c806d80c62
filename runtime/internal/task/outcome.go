package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// outcome is what became of a record.
type outcome uint8

const (
	accepted         outcome = iota // it is in the batch
	retryLater                      // it is tried again later
	storeUnavailable                // the store did not answer
	crossKey                        // it has to run exclusively
	cancelled                       // the context ended
	stopApp                         // Run ends because of it
	goSerial                        // it is in the batch, and Run goes on with one task
)

// ErrGoSerial is returned if Run is to go on with one task.
var ErrGoSerial = errors.New("more than a tenth of the events stray")

// classify returns the outcome of an event that was dispatched, and why it is not accepted.
func (t *Task) classify(p *Partition, d *delivery.Delivery) (outcome, error) {
	switch {
	case t.Tx.CrossKey():
		t.last = d.Strayed()
		return crossKey, nil
	case d.Ctx.Err() != nil:
		return cancelled, d.Ctx.Err()
	case t.Tx.StoreFault() != nil:
		return storeUnavailable, t.Tx.StoreFault()
	}
	for i := range d.Results {
		if r := &d.Results[i]; r.Again && p.Attempts+1 < t.set.Config.Retry.Attempts {
			return retryLater, fmt.Errorf("%s: %w", r.Set, r.Err)
		}
	}
	if !t.Target.Stops() {
		return accepted, nil
	}
	if d.DecodeErr != nil {
		return stopApp, &brook.RecordError{Position: d.Position, Type: d.Message.Type,
			Err: d.DecodeErr}
	}
	for i := range d.Results {
		if r := &d.Results[i]; r.Err != nil {
			return stopApp, &brook.RecordError{
				Position: d.Position, Type: d.Message.Type,
				Err: fmt.Errorf("set %s: %s: %w", r.Set, r.Stage, r.Err),
			}
		}
	}
	return accepted, nil
}

// after does what is to be done about an event that is not in the batch.
func (t *Task) after(stop context.Context, p *Partition, what outcome, err error) error {
	switch what {
	case storeUnavailable:
		if errors.Is(err, brook.ErrPermanent) {
			return err
		}
		p.broken++
		t.trouble = err
		t.set.Report.Failure(brook.Failure{
			What: "store", Position: p.ID.At(p.Next()), Attempts: p.broken, Err: err,
		})
		_ = retry.Sleep(stop, retry.Wait(t.set.Config.Retry, p.broken)) // Run looks at stop itself
		p.Attempts = 0
	case retryLater:
		p.Attempts++
		p.HoldUntil(time.Now().Add(retry.Wait(t.set.Config.Retry, p.Attempts)))
		t.set.Report.Failure(brook.Failure{
			What: "handle", Position: p.ID.At(p.Next()), Attempts: p.Attempts, Err: err,
		})
	case stopApp, goSerial:
		return err
	}
	return nil
}
