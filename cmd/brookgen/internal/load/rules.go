package load

import (
	"fmt"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// checkMarks checks that every event is handled, or that its directive says why not.
func (a *analysis) checkMarks() {
	contract := a.out.Contract()
	for _, m := range a.marks {
		if m.spec == nil || m.verb != verbEvent || m != a.marked[a.src.info.Defs[m.spec.Name]] {
			continue
		}
		e := a.eventMarked(m)
		if e == nil {
			continue
		}
		name := m.spec.Name.Name
		switch {
		case len(e.handled) > 0 && e.Publish:
			a.report(m.at("publish", m.spec.Name), "%s is marked publish, so not handled here, yet %s handles it: remove one", name, e.handled[0])
		case len(e.handled) > 0 && e.Discard:
			a.report(m.at("discard", m.spec.Name), "%s is marked discard, so ignored, yet %s handles it: remove one", name, e.handled[0])
		case len(e.handled) > 0 || e.Publish || e.Discard || a.lost || m.faulty:
		case len(e.timers) > 0: // checkTimers tells
		case len(e.emitted) > 0:
			a.report(e.at, "event %s is emitted by %s, but no handler takes it: mark it publish if it is only sent, or write a handler of %s", e.Name, e.emitted[0], name)
		case !contract || e.Alias != "":
			a.report(e.at, "no handler takes event %s: write one with a parameter brook.Event[%s], or mark the event publish (only sent) or discard (ignored on purpose)%s", e.Name, name, nameFirst(e.Name))
		}
	}
}

// nameFirst says that what was probably meant as an option is taken for the name.
func nameFirst(name string) string {
	if !slices.Contains(options[verbEvent], name) {
		return ""
	}
	return fmt.Sprintf("; %s is its name here, which stands before the options", name)
}

// eventMarked gives the event that a directive made.
func (a *analysis) eventMarked(m *mark) *event {
	obj := a.src.info.Defs[m.spec.Name]
	if e := a.events[obj]; e != nil {
		return e
	}
	for _, e := range a.events {
		if e.Alias == m.spec.Name.Name {
			return e
		}
	}
	return nil
}

// checkWriters reports collections that no handler writes.
func (a *analysis) checkWriters() {
	if len(a.out.HandlerSets()) == 0 || a.lost || a.unbuilt || a.unwritten { // without any handler, they are still to come
		return
	}
	for _, c := range a.out.Collections {
		if len(c.Writers) == 0 && !a.inters(c) && c.Key.Type.Kind != model.Invalid {
			a.reportAt(c.Pos, c.Type.Named.Name,
				"no handler writes collection %s: return brook.Change[%s, %s] from one", c.Name,
				a.describe(a.b.goType[c.Key.Type]), c.Type.Named.Name)
		}
	}
}
