package processor

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/parked"
)

// Live is the target of events of the live views, whose emissions and effects happen.
type Live struct{ *Parts }

// actor is a target whose events happen: that of the live views.
type actor interface {
	Acts(*Processor, *Partition, *delivery.Delivery) bool
}

// Stops reports whether Config.OnFailure is Stop.
func (l Live) Stops() bool { return l.Config.OnFailure == brook.Stop }

// Stage takes into the batch what is not done yet.
func (l Live) Stage(x *Processor, p *Partition, d *delivery.Delivery) {
	if !l.Acts(x, p, d) {
		return
	}
	if w := d.Woken; w != nil && !w.Free && l.due(p, d) {
		d.Woken = &parked.Due{By: d.Position}
	}
	x.Stage(d)
}

// Acts reports whether emissions and effects of an event are to happen. An earlier run may have
// done it, or another member of the group; but not what is redriven, however far the group came. A
// parked event goes by the one that woke it, and where checkpoints wait for it by its own place
// first: another run, or another member, may have come to these events in another order.
func (l Live) Acts(x *Processor, p *Partition, d *delivery.Delivery) bool {
	switch w := d.Woken; {
	case d.Silent && len(d.Owes) == 0:
		return false
	case w != nil:
		return !w.Silent && (w.Free || !l.Outbox.Group.Acted(w.By)) || !w.Free && l.due(p, d)
	}
	return d.Position.Offset >= p.Silent && (x.Numbers || !l.Outbox.Group.Acted(d.Position))
}

// due reports whether nobody has acted on a parked event, as far as the checkpoint of its own
// partition says. It says nothing if checkpoints do not wait for what is parked.
func (l Live) due(p *Partition, d *delivery.Delivery) bool {
	return l.AwaitsParked() && d.Position.Offset >= p.Silent && !l.Outbox.Group.Acted(d.Position)
}

// AwaitsParked reports whether the checkpoint of a partition waits for its parked events: another
// process, which folds the log anew or has views of its own, acts on what is not below it.
func (p *Parts) AwaitsParked() bool {
	return p.Publisher.Forgets() || p.Outbox.Group.Divided()
}

// Silence does nothing: the live views act on their events.
func (l Live) Silence(*deadletter.Letter) {}
