package typed

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/key"
)

// Event is a [brook.EventDef] whose functions know their type.
type Event[E any] struct {
	Type      string
	Topic     string
	Shape     key.Shape
	AppendKey func(dst []byte, data *E) []byte
	ReadKey   func(r *key.Reader, data *E)
	Append    func(dst []byte, data *E) ([]byte, error)
	Decode    func(payload []byte) (E, error)
	History   int
}

// Def returns e as the runtime takes it.
func (e Event[E]) Def() *brook.EventDef {
	def := &brook.EventDef{Type: e.Type, Topic: e.Topic, Shape: e.Shape, History: e.History}
	if e.AppendKey != nil {
		def.AppendKey = func(dst []byte, data any) []byte { return e.AppendKey(dst, data.(*E)) }
	}
	if e.ReadKey != nil {
		def.ReadKey = func(r *key.Reader, data any) { e.ReadKey(r, data.(*E)) }
	}
	if e.Append != nil {
		def.Append = func(dst []byte, data any) ([]byte, error) { return e.Append(dst, data.(*E)) }
	}
	if e.Decode != nil {
		def.Decode = func(payload []byte, data any) (err error) {
			*data.(*E), err = e.Decode(payload)
			return err
		}
	}
	return def
}
