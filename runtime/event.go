package brook

import (
	"time"

	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

// GeneratedV2 is the version of generated code. Generated code uses it. Where it is not defined, the code was made by a brookgen of
// another version than this runtime:
//
//	go get github.com/brookgen/brookgen && go generate ./...
const GeneratedV2 = true

// Event is an event as a handler gets it, and as a history gives it back.
type Event[E any] struct {
	ID     string    // unique per Author
	Type   string    // as on the wire: order.placed
	Author string    // the service that published it
	Time   time.Time // when it was made, UTC; zero where neither the event nor its record has a time of the years 0 to 9999
	Data   E
	// Key is the key of the record in the log, the event's key as text, nil where it has none. It is shared: do not
	// change it.
	Key []byte
	// Headers are those that the envelope does not use itself. They are shared: do not change them.
	Headers []Header
	// Cause is the ID of the event whose handler emitted this one, or "".
	Cause string
	// Position is where it stands in the log; zero where it did not come through one.
	Position Position
}

// EventDef describes an event type to the runtime, and never changes. Generated code uses it.
type EventDef[E any] struct {
	Type  string
	Topic string // "": Config.Topic
	// Shape is that of the event's key, "" where it has none.
	Shape key.Shape
	// AppendKey appends the key's bytes; it gives nil where the key lies behind a nil pointer.
	AppendKey func(dst []byte, data *E) []byte
	// ReadKey sets the fields of the key, for an event without data.
	ReadKey func(r *key.Reader, data *E)
	Append  func(dst []byte, data *E) ([]byte, error)
	Decode  func(data []byte) (E, error)
	History int // the newest so many per key are kept; KeepAll; 0: none
}

// KeepAll is the value of EventDef.History that keeps every event. Generated code uses it.
const KeepAll = -1

// Info returns the plain data of the description.
func (d *EventDef[E]) Info() schema.Event {
	return schema.Event{Type: d.Type, Topic: d.Topic, Shape: d.Shape, History: d.History}
}

// AnyEvent is an [EventDef] of whatever payload. Generated code uses it.
type AnyEvent interface{ Info() schema.Event }

// Emission is an event that a handler asks to be published once its changes are committed. The
// zero Emission is nothing. It is an [Outgoing].
type Emission[E any] struct {
	data E
	set  bool
}

// Emit asks for data to be published.
func Emit[E any](data E) Emission[E] { return Emission[E]{data, true} }

// Data gives what is to be published, and whether e is more than the zero Emission.
func (e Emission[E]) Data() (E, bool) { return e.data, e.set }

func (Emission[E]) outgoing() {}

// Outgoing is an event on its way out: an [Emission] of any of the package's event types.
type Outgoing interface{ outgoing() }
