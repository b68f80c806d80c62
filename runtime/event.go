package brook

import "time"

// Event is an event as a handler receives it, and as a history returns it.
type Event[E any] struct {
	ID     string // unique among the events of Author
	Type   string // as on the wire: order.placed
	Author string // the service that published it
	// Time is when the event was made, in UTC. It is the time of the record if the event has none,
	// and zero if neither has a time of the years 0 to 9999.
	Time time.Time
	Data E
	// Key is the key of the record in the log, the event's key as text; nil if it has none. It is
	// shared: it may be kept, and not changed.
	Key []byte
	// Headers are those that the envelope does not use itself. They are shared: they may be kept,
	// and not changed.
	Headers []Header
	// Cause is the ID of the event whose handler emitted this one, or "".
	Cause string
	// Position is where the event is in the log; zero if it did not come through the log.
	Position Position
}
