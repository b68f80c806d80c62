package delivery

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/wire"
)

// Passed reports whether a record is passed over: it is a tombstone that no handler takes, or that
// has no key.
func Passed(e brook.Envelope, code *plan.Code, r *brook.Record) bool {
	return r.Value == nil && (r.Key == nil || code.Tombstone(r.Topic) == "") && Tombstone(e, r)
}

// bury makes the record, which is a tombstone, an event of a type that stands for tombstones.
func (d *Delivery) bury(typ string) {
	d.Message = brook.Message{Type: typ, ID: d.place(), Keyed: true, Headers: d.Record.Headers}
	if wire.Writable(d.Record.Time) {
		d.Message.Time = d.Record.Time.UTC()
	}
}
