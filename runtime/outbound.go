package brook

import (
	"fmt"

	"github.com/brookgen/brookgen/runtime/internal/text"
)

// Outbound is an event that is being published. Package engine uses it.
type Outbound struct {
	Message Message
	Topic   string // "": Config.Topic
	Key     []byte // of the record: the event's key as text
	Keyed   bool   // events of this type have a key
	Err     error  // the first error, of an option or of encoding
	// Room is empty, and memory that the payload is appended to: it shares it if it fits in. nil:
	// the payload gets its own.
	Room []byte
}

// Encode fills out from the data of an event, a pointer to its payload, after the options were
// applied to it. An error goes into out.Err. Package engine uses it.
func Encode(out *Outbound, def *EventDef, data any) {
	out.Message.Type, out.Topic = def.Type, def.Topic
	if def.Version > 1 {
		out.Message.Version = def.Version
	}
	if out.Err != nil {
		return // an option failed
	}
	if out.Message.Data, out.Err = def.Append(out.Room, data); out.Err != nil {
		out.Err = fmt.Errorf("brook: encode %s: %w", def.Type, out.Err)
		return
	}
	if out.Keyed = def.AppendKey != nil; !out.Keyed {
		return
	}
	if encoded := def.AppendKey(nil, data); encoded != nil {
		out.Key, out.Err = def.Shape.Text([]byte{}, encoded)
	}
	if out.Err == nil && !text.Textual(def.Shape, out.Key) {
		out.Err = fmt.Errorf("brook: encode %s: its key %.100q is no UTF-8, and JSON can't hold it",
			def.Type, out.Key)
	}
}
