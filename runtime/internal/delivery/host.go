package delivery

import (
	brook "github.com/brookgen/brookgen/runtime"
)

// Host is the partition that an event is in.
type Host interface {
	// Owns reports whether a record is in the partition that its key belongs to.
	Owns(r *brook.Record) bool
	// Blocker returns which dead letter the event has to wait behind for a set, if any.
	Blocker(d *Delivery, set string) (brook.Position, bool)
	// Source returns what the IDs begin with of what is caused there, see emission.Maker.Source.
	Source() string
	// ParkedAhead returns the last parked event that the event has to wait behind for a set, if any.
	ParkedAhead(d *Delivery, set string) (brook.Position, bool)
	// Appears reports whether the set that ran made a row appear that such an event waits for.
	Appears(d *Delivery, set string) bool
}
