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

// Stage takes into the batch what is not done yet. An earlier run may have done it, or another
// member of the group; but not what is redriven, however far the group came.
func (l Live) Stage(x *Processor, p *Partition, d *delivery.Delivery) {
	acted := d.Silent && len(d.Owes) == 0 || d.Position.Offset < p.Silent ||
		!x.Numbers && l.Outbox.Group.Acted(d.Position)
	if !acted {
		x.Stage(d)
	}
}

// Silence does nothing: the live views act on their events.
func (l Live) Silence(*deadletter.Letter) {}
