package processor

import (
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
)

// tally counts in the batch what handlers did with events. Events of one type come in runs, so it
// keeps the handlers of the last one's.
type tally struct {
	flow *batch.Flow
	of   map[string]*handlersOf // by event type
	last *handlersOf            // of the last event
	none *handlersOf            // of events that have no handler
	n    int                    // of handlers in all
}

// handlersOf are the handlers of an event type.
type handlersOf struct {
	typ string
	all []handlerOf
}

// handlerOf is the handler that a set has of an event type.
type handlerOf struct {
	set    string
	number int // among the package's
}

func newTally(def *delivery.Definition, flow *batch.Flow) tally {
	t := tally{flow: flow, of: map[string]*handlersOf{}, none: &handlersOf{}, n: len(def.Handlers)}
	t.last = t.none
	for i := range def.Handlers {
		h := &def.Handlers[i]
		if t.of[h.Event] == nil {
			t.of[h.Event] = &handlersOf{typ: h.Event}
		}
		of := t.of[h.Event]
		of.all = append(of.all, handlerOf{def.Sets[h.Set], i})
	}
	return t
}

// count counts the results of an event that was accepted, if anybody wants to know.
func (t *tally) count(b *batch.Batch, d *delivery.Delivery) {
	if !t.flow.Counts() {
		return
	}
	if d.Message.Type != t.last.typ {
		if t.last = t.of[d.Message.Type]; t.last == nil {
			t.last = t.none
		}
	}
	if len(b.Outcomes) == 0 {
		b.Outcomes = make([]batch.Outcome, t.n)
	}
	for i := range d.Results {
		r, at := &d.Results[i], i
		if at >= len(t.last.all) || t.last.all[at].set != r.Set { // mostly all sets run, in order
			at = slices.IndexFunc(t.last.all, func(h handlerOf) bool { return h.set == r.Set })
		}
		switch {
		case at < 0:
		case r.Err == nil:
			b.Outcomes[t.last.all[at].number].Taken++
		default:
			b.Outcomes[t.last.all[at].number].Failed++
		}
	}
}
