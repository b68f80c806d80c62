package inspection

import (
	"bytes"
	"strings"

	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/wire"
)

// masked stands in the place of a text that is masked.
var masked = strings.Trim(wire.Masked, `"`)

// payloadOf returns the payload of an event or job of a type, masked, of which at most max bytes
// are shown.
func (x *Inspection) payloadOf(typ string, data []byte, max int) inspect.Payload {
	shown := x.masks.Payload(typ, data)
	p := payload(shown, max)
	p.Masked, p.Size = !bytes.Equal(shown, data), len(data)
	return p
}

// recordPayload returns the value of a letter's record, masked: of an app with pii, the payload of
// the event alone.
func (x *Inspection) recordPayload(l *deadletter.Letter, max int) inspect.Payload {
	shown := x.masks.Letter(l.DeadLetter, x.set.Config.Envelope).Record.Value
	p := payload(shown, max)
	p.Masked, p.Size = !bytes.Equal(shown, l.Record.Value), len(l.Record.Value)
	return p
}
