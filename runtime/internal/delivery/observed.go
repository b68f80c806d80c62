package delivery

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/operation"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// observed is what the hooks of operations see of a delivery: the event, and one set at a time.
type observed struct {
	*operation.Observer
	handlers map[handled]string // their names, as Type.Method
	attempts int                // how often an event is tried at most

	event, set brook.Operation
	ctx        context.Context   // of the event, as Begin returned it; nil: none is under way
	sets       []context.Context // of each set that ran for the event, by its number
	running    bool              // a set is under way
	results    int               // how many results there were before it
}

// handled is what a handler handles.
type handled struct {
	set   int
	event string
}

// Observe makes the observer see the events of the delivery, which are tried attempts times at most.
// A nil observer changes nothing.
func (d *Delivery) Observe(o *operation.Observer, attempts int) {
	if o == nil {
		return
	}
	d.observed = &observed{
		Observer: o, handlers: map[handled]string{}, attempts: attempts,
		sets: make([]context.Context, len(d.def.Sets)),
	}
	for _, h := range d.def.Handlers {
		d.observed.handlers[handled{h.Set, h.Event}] = d.def.Sets[h.Set] + "." + h.Name
	}
}

// Observed reports whether somebody sees the events: then Begin and End are to be called.
func (d *Delivery) Observed() bool { return d.observed != nil }

// Begin begins the operation of an event whose envelope is open, for its attempt-th try, and returns
// the context that the event goes on with. replay and called are as in brook.Operation.
func (d *Delivery) Begin(attempt int, replay, called bool, code *plan.Code) context.Context {
	o, m := d.observed, &d.Message
	_, known := code.Events[m.Type]
	o.event = brook.Operation{
		Kind: brook.OperationEvent, Position: d.Position, ID: m.ID, Type: m.Type, Author: m.Author,
		Known: known, Headers: m.Headers, Attempt: attempt, Replay: replay, Called: called,
	}
	clear(o.sets)
	o.running = false
	o.ctx = o.Observer.Begin(d.Ctx, &o.event)
	return o.ctx
}

// End ends the operation of the event. outcome and err say what became of it; if outcome is "", the
// event is taken into a batch, and what became of it is in the delivery.
func (d *Delivery) End(outcome brook.Outcome, err error) {
	o := d.observed
	if outcome == "" {
		outcome, err = d.outcome()
	}
	o.Observer.End(o.ctx, &o.event, outcome, err)
	o.event, o.ctx = brook.Operation{}, nil
}

// outcome returns what became of an event that is taken into a batch.
func (d *Delivery) outcome() (outcome brook.Outcome, err error) {
	switch {
	case d.DecodeErr != nil:
		return brook.OutcomeFailed, d.DecodeErr
	case d.Repeat:
		return brook.OutcomeRepeat, nil
	case !d.Known:
		return brook.OutcomeUnknown, nil
	case d.Lapsed:
		return brook.OutcomeLapsed, nil
	case !d.Handled:
		return brook.OutcomeDiscarded, nil
	}
	outcome = brook.OutcomeDone
	for i := range d.Results {
		switch r := &d.Results[i]; {
		case r.Err == nil:
		case r.Parks:
			if outcome == brook.OutcomeDone {
				outcome, err = brook.OutcomeParked, r.Err
			}
		case r.Waits:
			if outcome != brook.OutcomeFailed {
				outcome, err = brook.OutcomeWaiting, r.Err
			}
		case outcome != brook.OutcomeFailed:
			outcome, err = brook.OutcomeFailed, r.Err
		}
	}
	return outcome, err
}

// beginSet begins the operation of the set that runs, and returns the context of its handler.
func (d *Delivery) beginSet() context.Context {
	o := d.observed
	if o.ctx == nil { // nobody began the event
		return d.Ctx
	}
	o.set = o.event
	o.set.Headers = nil // it is within the operation of the event
	o.set.Kind, o.set.Set = brook.OperationSet, d.def.Sets[d.Set]
	o.set.Handler = o.handlers[handled{d.Set, d.Message.Type}]
	o.running, o.results = true, len(d.Results)
	o.sets[d.Set] = o.Observer.Begin(o.ctx, &o.set)
	return o.sets[d.Set]
}

// endSet ends the operation of the set that ran, if one was begun.
func (d *Delivery) endSet() {
	o := d.observed
	if o == nil || !o.running {
		return
	}
	o.running = false
	outcome, err := d.setOutcome()
	o.Observer.End(o.sets[d.Set], &o.set, outcome, err)
}

// setOutcome returns what became of the event in the set that ran last.
func (d *Delivery) setOutcome() (brook.Outcome, error) {
	switch o := d.observed; {
	case len(d.Results) > o.results:
		r := &d.Results[o.results]
		switch {
		case r.Err == nil:
			return brook.OutcomeDone, nil
		case r.Parks:
			return brook.OutcomeParked, r.Err
		case r.Again && o.event.Attempt < o.attempts:
			return brook.OutcomeRetry, r.Err
		}
		return brook.OutcomeFailed, r.Err
	case d.Ctx.Err() != nil:
		return brook.OutcomeCanceled, d.Ctx.Err()
	case d.Tx.StoreFault() != nil:
		return brook.OutcomeUnavailable, d.Tx.StoreFault()
	}
	return brook.OutcomeStray, nil
}

// Within returns the context of a set that ran for the event: what it causes goes on with it. If
// nobody sees the event, it is nil.
func (d *Delivery) Within(set int) context.Context {
	if d.observed == nil {
		return nil
	}
	return d.observed.sets[set]
}

// Trace returns headers with the trace of what a set causes: that of the set if hooks know one, else
// that of the event.
func (d *Delivery) Trace(headers []brook.Header, set int) []brook.Header {
	headers = stream.Trace(headers, d.Message.Headers)
	if d.observed == nil {
		return headers
	}
	return stream.With(headers, d.observed.Observer.Trace(d.observed.sets[set]))
}
