package processor

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
)

// begin begins the operation of an event, and returns the context that it goes on with. p is nil for
// an event of Process.
func (x *Processor) begin(p *Partition, d *delivery.Delivery) context.Context {
	attempt, replay := 1, x.actor == nil
	if p != nil {
		attempt = p.Attempts + 1
		replay = replay || !x.actor.Acts(x, p, d)
	}
	return d.Begin(attempt, replay, x.Called, x.parts.Code)
}

// endIf ends the operation of an event if one was begun.
func (x *Processor) endIf(d *delivery.Delivery, what Outcome, err error) {
	if d.Observed() {
		x.end(d, what, err)
	}
}

// end ends the operation of an event.
func (x *Processor) end(d *delivery.Delivery, what Outcome, err error) {
	switch what {
	case Accepted:
		d.End("", nil)
	case RetryLater:
		d.End(brook.OutcomeRetry, err)
	case StoreUnavailable:
		d.End(brook.OutcomeUnavailable, err)
	case CrossKey, Numbered:
		d.End(brook.OutcomeStray, err)
	case Cancelled:
		d.End(brook.OutcomeCanceled, err)
	case StopApp:
		d.End(brook.OutcomeFailed, err)
	}
}
