package tasktest

import (
	"context"
	"errors"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
)

var (
	did, told = Text("did"), Text("told")
	put       = &brook.EventDef{Type: "put", Shape: "string"}
)

// rows is the only collection: how often a set handled "put" of a key, by both.
var rows = &typed.Collection[string, int]{
	Name: "rows", Shape: "string",
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
}

// Text returns an event without a key whose data is a text.
func Text(typ string) *brook.EventDef {
	return typed.Event[string]{
		Type: typ,
		Append: func(dst []byte, s *string) ([]byte, error) {
			return append(dst, `"`+*s+`"`...), nil
		},
		Decode: func(b []byte) (string, error) { return text(b), nil },
	}.Def()
}

func text(data []byte) string { return strings.Trim(string(data), `"`) }

// definition returns the code. The first event, and the first handler of each set, is "did".
func (r *Rig) definition() *delivery.Definition {
	def := &delivery.Definition{
		Sets: []string{"S", "T"}, Events: []*brook.EventDef{did, told, put},
		Collections: []*brook.Collection{rows.Def()},
		Lane:        func(*txn.Tx) func(*delivery.Delivery) { return r.deliver },
	}
	for _, event := range []string{did.Type, put.Type} {
		for set := range def.Sets {
			def.Handlers = append(def.Handlers, plan.Handler{
				Set: set, Name: event, Event: event, Writes: []int{0}, Acts: true, Proved: true,
			})
		}
	}
	return def
}

// deliver is what generated code does with an event. It knows those that have a handler.
func (r *Rig) deliver(d *delivery.Delivery) {
	if !slices.ContainsFunc(r.Def.Handlers, func(h plan.Handler) bool {
		return h.Event == d.Type()
	}) {
		return
	}
	d.Known = true
	event, do := did, r.tell
	if d.Type() == put.Type {
		event, do = put, r.count
		d.Key = key.AppendString(d.Key, string(d.Record.Key))
	}
	if !d.Started(event.Info()) {
		return
	}
	for set, name := range r.Def.Sets {
		d.Handle(set, func(context.Context) error {
			return r.handle(d, name+" "+text(d.Message.Data), do)
		})
	}
}

// handle is what a handler does, as a test says, or else do.
func (r *Rig) handle(
	d *delivery.Delivery, what string, do func(*delivery.Delivery) error,
) error {
	if first := r.Handling[what]; first != nil {
		delete(r.Handling, what)
		first()
	}
	if err := r.Fails[what]; err != nil {
		return err
	}
	if r.Do[what] != nil {
		do = r.Do[what]
	}
	return do(d)
}

// tell emits what a set handled.
func (r *Rig) tell(d *delivery.Delivery) error {
	d.After(r.Effect)
	Emit(d, r.Def.Sets[d.Set]+" "+text(d.Message.Data))
	return nil
}

// count adds 1 to the row of a key and a set.
func (r *Rig) count(d *delivery.Delivery) error {
	Count(d, string(d.Record.Key)+r.Def.Sets[d.Set])
	return nil
}

// Count adds 1 to a row.
func Count(d *delivery.Delivery, row string) {
	typed.RowsOf(d.Tx, 0, rows).Apply(brook.Merge(row, func(n *int) { *n++ }))
}

// Emit emits "told" with a text. Config.Envelope refuses "refused".
func Emit(d *delivery.Delivery, text string) {
	e := delivery.Emission{Set: d.Set}
	brook.Encode(&e.Out, told, &text)
	d.Emissions = append(d.Emissions, e)
}

// envelope is CloudEvents, in which a record without headers is "put", of the record's key and with
// its value as data. It refuses to wrap what is refused.
type envelope struct{ brook.CloudEvents }

// Wrap makes a record of a message.
func (e envelope) Wrap(m *brook.Message, r *brook.Record) error {
	if text(m.Data) == "refused" {
		return errors.New("it is refused")
	}
	return e.CloudEvents.Wrap(m, r)
}

// Open makes a message of a record.
func (e envelope) Open(r *brook.Record, m *brook.Message) error {
	if len(r.Headers) == 0 {
		*m = brook.Message{Type: put.Type, Data: r.Value, Keyed: true}
		return nil
	}
	return e.CloudEvents.Open(r, m)
}
