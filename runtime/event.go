package brook

import "time"

// Event is an event as a handler receives it, and as a history returns it.
//
// In JSON it is an object with the members id, type, author, time, cause, key, headers, position
// and data. What is empty is left out, but for id, type and data. The data is as encoding/json has
// E, the time as RFC 3339, position and key as text, and headers are a list of {"key": …,
// "value": …}. A key or a header's value that is no UTF-8 has a member key_base64 or value_base64
// instead.
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
