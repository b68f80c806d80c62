package processor

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
)

// Live is the target of events of the live views, whose emissions and effects happen.
type Live struct{ *Parts }

// Stops reports whether Config.OnFailure is Stop.
func (l Live) Stops() bool { return l.Config.OnFailure == brook.Stop }

// Stage takes into the batch what is not done yet.
func (l Live) Stage(x *Processor, p *Partition, d *delivery.Delivery) {
	if l.Acts(x, p, d) {
		x.Stage(d)
	}
}

// Acts reports whether emissions and effects of an event are to happen. An earlier run may have
// done it, or another member of the group; but not what is redriven, however far the group came. A
// parked event goes by the one that woke it, and by its own place: an earlier run may have come to
// the two in the other order.
func (l Live) Acts(x *Processor, p *Partition, d *delivery.Delivery) bool {
	switch w := d.Woken; {
	case d.Silent && len(d.Owes) == 0:
		return false
	case w != nil:
		silent := w.Silent && d.Position.Offset < p.Silent
		acted := l.Outbox.Group.Acted
		return !silent && (w.Free || !acted(w.By) || !acted(d.Position))
	}
	return d.Position.Offset >= p.Silent && (x.Numbers || !l.Outbox.Group.Acted(d.Position))
}

// Silence does nothing: the live views act on their events.
func (l Live) Silence(*deadletter.Letter) {}
