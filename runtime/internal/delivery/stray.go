package delivery

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Strayed returns which handler touched a key outside of the event's own; none if the record itself
// is in the wrong place.
func (d *Delivery) Strayed() brook.Stray {
	s := brook.Stray{Position: d.Position, Type: d.Message.Type}
	if d.foreign {
		return s
	}
	for i := range d.def.Handlers {
		if h := &d.def.Handlers[i]; h.Set == d.Set && h.Event == s.Type {
			s.Handler = d.def.Sets[h.Set] + "." + h.Name
		}
	}
	return s
}

// ReasonOf returns why an event strays.
func ReasonOf(s *brook.Stray) string {
	if s.Handler == "" {
		return "its record is not keyed with the event's key, " +
			"or lies in another partition than that key's"
	}
	return s.Handler + " touches a key that does not begin with the event's key"
}

// barred returns the failure of an event that strays in a task of a group member: the tasks of
// other members can't be made to rest.
func barred(s *brook.Stray) error {
	return fmt.Errorf("%w: %s, and among the members of a group it can't run alone: "+
		"Redrive applies it", txn.ErrCrossKey, ReasonOf(s))
}
