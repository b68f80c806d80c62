package load

import (
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// checkClosed checks that each set marked closed handles or ignores every event of the package.
func (a *analysis) checkClosed() {
	first := map[string]bool{}
	for _, m := range a.marks {
		if m.verb != verbSet || m.spec == nil {
			continue
		}
		name := m.spec.Name.Name
		if first[name] {
			a.report(at(m.comment), "%s has a second //brook:set: keep one", name)
			continue
		}
		first[name] = true
		closed := m.option("closed") != nil
		switch ignore := m.option("ignore"); {
		case m.faulty:
		case !closed && ignore != nil:
			a.report(m.at("ignore", m.spec.Name), "ignore= names what a closed set leaves out: write //brook:set closed ignore=%s", ignore.value)
		case !closed:
			a.report(at(m.comment), "//brook:set says nothing alone: write //brook:set closed, and every event that %s does not handle is an error", name)
		}
		if s := a.closable(m); s != nil && closed {
			a.checkIgnored(m, s)
			a.checkExhaustive(m, s)
		}
	}
}

// closable returns the handler set that a directive stands on, nil if there is none.
func (a *analysis) closable(m *mark) *set {
	name := m.spec.Name
	if m.spec.Assign.IsValid() {
		a.report(at(name), "%s is an alias, and a set is the type that has the methods: put //brook:set above that", name.Name)
		return nil
	}
	s := a.sets[a.src.info.Defs[name]]
	if s == nil && !a.lost {
		a.report(at(name), "%s is no handler set: write a method with //brook:handle above it, or remove //brook:set", name.Name)
	}
	return s
}

// checkIgnored checks the names behind ignore=.
func (a *analysis) checkIgnored(m *mark, s *set) {
	o := m.option("ignore")
	if o == nil {
		return
	}
	off := o.off + len("ignore=")
	for name := range strings.SplitSeq(o.value, ",") {
		at := m.part(off, off+len(name))
		off += len(name) + len(",")
		switch e := a.eventCalled(name); {
		case e == nil:
			a.reportUnknown(at, name)
		case s.handles[e] != nil:
			a.report(at, "%s ignores %s, yet %s handles it: remove one", s.Name, name,
				methodName(s.handles[e]))
		}
	}
}

// reportUnknown reports a name that ignore= has and no event.
func (a *analysis) reportUnknown(at span, name string) {
	var names []string
	for _, e := range a.out.Events {
		names = append(names, e.Name)
		for _, was := range e.Was {
			if was == name {
				a.report(at, "event %s is called %s now: write that", name, e.Name)
				return
			}
		}
	}
	if a.unbuilt || a.lost {
		return // perhaps it is an event that something else is wrong with
	}
	a.report(at, "no event of this package is called %s%s", name, didYouMean(name, names, ""))
}

func (a *analysis) eventCalled(name string) *model.Event {
	for _, e := range a.out.Events {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// checkExhaustive reports the events that a closed set neither handles nor names. Those marked
// publish or discard are decided for all sets.
func (a *analysis) checkExhaustive(m *mark, s *set) {
	if a.lost || m.faulty {
		return
	}
	ignored := map[string]bool{}
	if o := m.option("ignore"); o != nil {
		for name := range strings.SplitSeq(o.value, ",") {
			ignored[name] = true
		}
	}
	for _, e := range a.out.Events {
		if s.handles[e] != nil || ignored[e.Name] || e.Publish || e.Discard {
			continue
		}
		a.report(m.at("closed", m.spec.Name), "closed set %s does not handle event %s: write a method with a parameter brook.Event[%s], or name it in ignore=",
			s.Name, e.Name, a.describe(a.b.goType[e.Type]))
	}
}
