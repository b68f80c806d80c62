package load

import (
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

// timed gives the event of payload type t, of which a handler sets timers.
func (a *analysis) timed(name string, t types.Type, use span) *event {
	e := a.eventOf(t, name, "sets timers of", use)
	if e == nil {
		return nil
	}
	if e.Event.Key == nil {
		a.report(use, "%s sets timers of %s, which has no key: there is one timer per key, so give the event one, by a field tagged brook:\"key\" or key= in its directive",
			name, e.Name)
		return nil
	}
	e.timers = append(e.timers, timerUse{name, use})
	e.Timed = true
	return e
}

// timerUse is a handler that sets timers of an event, and where it says so.
type timerUse struct {
	handler string
	at      span
}

// checkTimers checks that events of timers are handled where the timers are set: the fold decides
// whether a timer still counts.
func (a *analysis) checkTimers() {
	if a.lost {
		return
	}
	for _, e := range a.events {
		if len(e.handled) > 0 {
			continue
		}
		for _, u := range e.timers {
			a.report(u.at, "%s sets timers of %s, but no handler of this package takes it: the package that sets a timer handles its event; write a handler with a parameter brook.Event[%s]",
				u.handler, e.Name, e.payload())
		}
	}
}

// payload is how the event's type is called in this package.
func (e *event) payload() string {
	switch {
	case e.Alias != "":
		return e.Alias
	case e.Foreign():
		return e.Type.Named.PkgName + "." + e.Type.Named.Name
	}
	return e.Type.Named.Name
}

// timers gives the events that a handler sets timers of, each once.
func timers(h *model.Handler) []*model.Event {
	var all []*model.Event
	seen := map[*model.Event]bool{}
	for _, r := range h.Results {
		if r.Kind == model.Timer && !seen[r.Event] {
			seen[r.Event] = true
			all = append(all, r.Event)
		}
	}
	return all
}
