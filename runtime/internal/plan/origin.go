package plan

import (
	"cmp"
	"slices"
	"strings"
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

// origins returns what the code makes each collection from, by name.
func (p *Code) origins() map[string]Origin {
	all := map[string]Origin{}
	order := func(g, h Handler) int { return cmp.Compare(g.Set, h.Set) }
	bySet := slices.SortedStableFunc(slices.Values(p.handlers), order)
	for ord, c := range p.Layout.Collections {
		o := Origin{Key: string(c.Shape)}
		at := map[string]int{}
		for _, h := range bySet {
			if !slices.Contains(h.Writes, ord) {
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
		all[c.Name] = o
	}
	return all
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
