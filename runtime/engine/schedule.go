package engine

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
)

// Schedule sets and cancels timers with the changes of the set that runs. One whose event can't be
// published makes the set fail. The goroutine that delivers the event calls it. It is compiled for
// each event that users set timers of. Generated code uses it.
//
//go:noinline
func Schedule[E any](m *delivery.Delivery, def *brook.EventDef, timers ...brook.Timer[E]) {
	m.Tx.Returned()
	for i := range timers {
		if data, ok := timers[i].Data(); ok {
			due, set := timers[i].Due()
			its := data // data itself stays off the heap
			schedule(m, def, &its, due, set)
		}
	}
}

// schedule sets a timer of an event, or cancels it.
func schedule(m *delivery.Delivery, def *brook.EventDef, data any, due time.Time, set bool) {
	if set {
		m.SetTimer(def, data, due)
	} else {
		m.CancelTimer(def, data)
	}
}
