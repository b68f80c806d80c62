package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/runtime/key"
)

// Origin is what the rows of a collection are made from. It is stored as JSON. What handlers are
// called in Go does not count, nor do the fields of rows. Which code folded is told apart from the
// structure: the contract has no part of it.
type Origin struct {
	Key    string // the shape of the collection's keys
	Events []Cause
}

// Cause is an event type whose handlers can write a collection.
type Cause struct {
	Event, Topic string
	Handlers     []string // as they are called, in the order in which they run
	// Code is the code of each of Handlers that folded into the rows; nil: it is not known.
	Code []Versions `json:",omitempty"`
}

// sets returns the names of the handlers' sets, in the order in which they run.
func (c *Cause) sets() (names []string) {
	for _, h := range c.Handlers {
		name, _, _ := strings.Cut(h, ".")
		names = append(names, name)
	}
	return names
}

// timersOf is what the timers of an event type are called among collections, whose names have no
// blank.
func timersOf(typ string) string { return "timers of " + typ }

// origins returns what the code makes each collection from, by name, and the timers of each event.
func (p *Code) origins() map[string]Origin {
	all := map[string]Origin{}
	for ord, c := range p.Layout.Collections {
		all[c.Name] = p.origin(c.Shape, func(h *Handler) bool { return slices.Contains(h.Writes, ord) })
	}
	for typ, e := range p.Events {
		sets := func(h *Handler) bool { return slices.Contains(h.Timers, typ) }
		if slices.ContainsFunc(p.handlers, func(h Handler) bool { return sets(&h) }) {
			all[timersOf(typ)] = p.origin(e.Shape, sets)
		}
	}
	return all
}

// origin returns what rows of a key are made from, by the handlers that make them.
func (p *Code) origin(shape key.Shape, makes func(*Handler) bool) Origin {
	order := func(g, h Handler) int { return cmp.Compare(g.Set, h.Set) }
	bySet := slices.SortedStableFunc(slices.Values(p.handlers), order)
	o := Origin{Key: string(shape)}
	at := map[string]int{}
	for _, h := range bySet {
		if !makes(&h) {
			continue
		}
		i, ok := at[h.Event]
		if !ok {
			i = len(o.Events)
			at[h.Event] = i
			topic := p.Topic(p.Events[h.Event].Topic)
			o.Events = append(o.Events, Cause{Event: h.Event, Topic: topic})
		}
		o.Events[i].Handlers = append(o.Events[i].Handlers, p.HandlerName(&h))
		o.Events[i].Code = append(o.Events[i].Code, versionsOf(&h))
	}
	for i := range o.Events {
		o.Events[i].forgetUnknown()
	}
	slices.SortFunc(o.Events, func(a, b Cause) int { return strings.Compare(a.Event, b.Event) })
	return o
}

// EventsOf returns the event types that rows are made from.
func EventsOf(made map[string]Origin) map[string]bool {
	types := map[string]bool{}
	for _, o := range made {
		for _, e := range o.Events {
			types[e.Event] = true
		}
	}
	return types
}
