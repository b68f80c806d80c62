package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/processor"
)

// ErrGoSerial is returned if Run is to go on with one task.
var ErrGoSerial = errors.New("more than a tenth of the events stray")

// runExclusive runs what is next of p while all other tasks rest, because its outcome was why. It
// waits for these until stop ends. If it was the one stray too many, the event is in the batch, and
// the error is ErrGoSerial.
func (t *Task) runExclusive(
	stop, ctx context.Context, p *Partition, why processor.Outcome,
) (processor.Outcome, error) {
	rest, err := t.set.Quiesce(stop)
	if err != nil {
		return processor.Cancelled, err
	}
	t.Rest, rest.sleep = rest, t.Sleep
	defer func() {
		t.Rest = nil
		rest.End()
	}()
	if !t.Target.Claimed() { // somebody else was faster
		return processor.Accepted, nil
	}
	if t.parked.ran != nil && !t.anyDue() {
		return processor.Accepted, nil // it was dropped meanwhile
	}
	parallel := t.Parallel
	t.Parallel, t.exclusive, t.Numbers = false, true, t.parked.ran != nil
	defer func() { t.exclusive, t.Numbers = false, false }()
	what, err := processor.StoreUnavailable, error(nil)
	if t.Numbers {
		err = t.set.Emissions.Open(ctx)
	}
	if err == nil {
		what, err = t.process(ctx, p)
	}
	t.Parallel = parallel
	accepted := what == processor.Accepted
	stray := why == processor.CrossKey
	if stray {
		t.Batch.Strays++
	}
	if cerr := t.commit(ctx); errors.Is(cerr, errRewound) {
		return processor.Accepted, nil
	} else if cerr != nil {
		return processor.StopApp, cerr
	}
	if !stray {
		return what, err
	}
	if accepted {
		t.due.Strays = append(t.due.Strays, t.Stray)
	}
	t.strays++
	many := t.strays > 100 && t.strays*10 > t.events
	if accepted && many && !t.set.Config.Group {
		return processor.StopApp, fmt.Errorf("%w: %s", ErrGoSerial, delivery.ReasonOf(&t.Stray))
	}
	return what, err
}
