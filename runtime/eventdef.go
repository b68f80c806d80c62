package brook

import (
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

// EventDef describes an event type to the runtime, whatever the type E of its payload: data is a
// *E everywhere. It never changes, and is safe for concurrent use. Generated code uses it.
type EventDef struct {
	Type  string
	Was   []string // names that the type had before, which are read as well
	Topic string   // "": Config.Topic
	// Shape is the shape of the event's key, see package key; "" if it has none.
	Shape key.Shape
	// AppendKey appends the encoded key to dst. It returns nil if the key lies behind a nil
	// pointer.
	AppendKey func(dst []byte, data any) []byte
	// ReadKey sets the fields of the key, for an event without data.
	ReadKey func(r *key.Reader, data any)
	// New returns a new *E. It is nil for an event that no history has; a job has it.
	New func() any
	// Append appends the payload as JSON to dst.
	Append func(dst []byte, data any) ([]byte, error)
	// Decode decodes a payload into data. With an error, what it makes of data is of no use.
	Decode  func(payload []byte, data any) error
	History int // how many of the newest events each key keeps; KeepAll: all; 0: none
	// Timed is set if handlers of the package set timers of the event.
	Timed bool

	// Version is the version of the payloads that Append writes and Decode reads; 0: the event has
	// no versions, which is as good as 1.
	Version int
	// When is a member that only payloads of Version have, by which those without a version are
	// recognized; "": none is known.
	When string
	// Earlier are the versions before, from 1 on.
	Earlier []EventVersion
	// Tombstone is set for the null values of Topic. Type has the suffix [TombstoneSuffix] then, and
	// there is no payload: of the functions, none is set.
	Tombstone bool
	// PII are the paths of what is pii in payloads of any version, see [wire.NewMask]; nil: nothing
	// is.
	PII []string
	// Set sets data to a payload that the last of Earlier was upcast to.
	Set func(data, payload any)
}

// KeepAll is the value of EventDef.History that keeps every event. Generated code uses it.
const KeepAll = -1

// Info returns the plain data of d.
func (d *EventDef) Info() schema.Event {
	return schema.Event{
		Type: d.Type, Was: d.Was, Topic: d.Topic, Shape: d.Shape, History: d.History,
		Timed: d.Timed, Tombstone: d.Tombstone,
	}
}
