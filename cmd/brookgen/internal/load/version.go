package load

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A lineage is the types of one event, or one job, that has versions.
type lineage struct {
	today   *mark
	earlier []*mark // oldest first, each version once
	repeats []*mark // types whose version another one has
}

// lineages groups the types of events and jobs that have versions, by what line returns of them.
func lineages(marks []*mark) map[string]*lineage {
	byName := map[string][]*mark{}
	versioned := map[string]bool{}
	for _, m := range marks {
		if m.verb != verbEvent && m.verb != verbJob || m.spec == nil || m.spec.Assign.IsValid() ||
			m.name == "" {
			continue
		}
		byName[m.line()] = append(byName[m.line()], m)
		versioned[m.line()] = versioned[m.line()] || m.version() > 0
	}
	all := map[string]*lineage{}
	for name := range versioned {
		if versioned[name] {
			all[name] = lineageOf(byName[name])
		}
	}
	return all
}

// line is what the lineages have the type of a directive under.
func (m *mark) line() string { return lineOf(m.verb, m.name) }

func lineOf(verb, name string) string { return verb + " " + name }

// lineageOf orders the types of one event. One without a version is taken for that of today.
func lineageOf(marks []*mark) *lineage {
	slices.SortStableFunc(marks, func(x, y *mark) int {
		return cmp.Compare(uint(x.version()-1), uint(y.version()-1)) // none is the highest
	})
	l := &lineage{}
	for i, m := range marks {
		if i > 0 && m.version() == marks[i-1].version() {
			l.repeats = append(l.repeats, m)
			continue
		}
		l.earlier = append(l.earlier, m)
	}
	last := len(l.earlier) - 1
	l.today, l.earlier = l.earlier[last], l.earlier[:last]
	return l
}

// version is the number that the directive gives its type, 0 if it gives none.
func (m *mark) version() int {
	if o := m.option("version"); o != nil {
		n, _ := versionOf(o.value)
		return n
	}
	return 0
}

// VersionOf returns the version that a doc comment gives its type as the event or job of that name,
// 0 if it gives none, and which of the two the comment makes it; "": neither.
func VersionOf(doc *ast.CommentGroup, name string) (kind string, version int) {
	if doc == nil {
		return "", 0
	}
	for _, c := range doc.List {
		if !strings.HasPrefix(c.Text, directivePrefix) {
			continue
		}
		d, _ := parseDirective(c.Text)
		if (d.verb == verbEvent || d.verb == verbJob) && d.name == name {
			m := &mark{directive: d}
			return d.verb, m.version()
		}
	}
	return "", 0
}

// isEarlier reports whether a directive is that of an earlier version of an event or a job.
func (a *analysis) isEarlier(m *mark) bool {
	l := a.lineages[m.line()]
	return l != nil && m != l.today && m.version() > 0 && !m.spec.Assign.IsValid()
}

// addEarlier takes note of a type that is an earlier version.
func (a *analysis) addEarlier(m *mark, obj types.Object) {
	l := a.lineages[m.line()]
	a.earlier[obj] = m
	today := l.today.spec.Name.Name
	for _, name := range []string{"key", "topic", "history", "publish", "discard", "go", "was"} {
		if m.option(name) != nil {
			a.report(m.at(name, m.spec.Name), "%s belongs to the type of today, %s: %s is version %d of %s, which is only read",
				name, today, m.spec.Name.Name, m.version(), m.name)
		}
	}
	if slices.Contains(l.repeats, m) {
		a.report(m.at("version", m.spec.Name), "version %d of %s is declared twice, here and at %s: number the types 1, 2, 3",
			m.version(), m.name, a.short(a.place(l.of(m.version()).spec.Name.Pos())))
	}
}

// of gives the first type of a version.
func (l *lineage) of(version int) *mark {
	for _, m := range l.earlier {
		if m.version() == version {
			return m
		}
	}
	return l.today
}

// checkLineage reports versions that are missing, and a type of today without one.
func (a *analysis) checkLineage(l *lineage) {
	expected := 1
	for _, m := range append(slices.Clone(l.earlier), l.today) {
		n := m.version()
		switch {
		case n == 0:
			a.report(m.nameSpan(), "%s %s has a type of version %d, %s: write version=%d for %s, the type of today",
				m.verb, m.name, expected-1, l.of(expected-1).spec.Name.Name, expected, m.spec.Name.Name)
		case n == expected+1:
			a.report(m.at("version", m.spec.Name), "version=%d of %s, but there is no type of version %d: %s",
				n, m.name, expected, a.lacks(m, expected))
		case n > expected:
			a.report(m.at("version", m.spec.Name), "version=%d of %s, but there are no types of the versions %d to %d: number the types 1, 2, 3",
				n, m.name, expected, n-1)
		}
		expected = n + 1
	}
	a.checkWhen(l)
}

// lacks says how to come by the type of a version that is missing before m.
func (a *analysis) lacks(m *mark, version int) string {
	return "declare what " + m.spec.Name.Name + " was before, with //brook:" + m.line() +
		" version=" + strconv.Itoa(version) + " above it; brookgen upcast " + m.name + " writes it"
}

// checkWhen reports members by which no payload can be known.
func (a *analysis) checkWhen(l *lineage) {
	by := map[string]*mark{}
	for _, m := range append(slices.Clone(l.earlier), l.today) {
		o := m.option("when")
		if o == nil {
			continue
		}
		if first := by[o.value]; first != nil {
			a.report(m.at("when", m.spec.Name), "when=%s stands on version %d too, at %s, which is asked first: name a member that only payloads of version %d have",
				o.value, first.version(), a.short(a.place(first.spec.Name.Pos())), m.version())
			continue
		}
		by[o.value] = m
		a.checkMember(m, o)
	}
}

// checkMember reports a member that payloads of the type don't have.
func (a *analysis) checkMember(m *mark, o *option) {
	obj := a.src.info.Defs[m.spec.Name]
	if obj == nil || a.invalid(obj.Type().Underlying()) {
		return
	}
	t := a.b.of(obj.Type())
	if reader(t) != "" || t.Kind == model.Map || t.Kind == model.Any || t.Kind == model.Raw {
		return // nobody can tell
	}
	if t.Kind != model.Struct {
		a.report(m.at("when", m.spec.Name), "when=%s: the payload of %s is no JSON object, so it has no members",
			o.value, m.spec.Name.Name)
		return
	}
	var names []string
	for _, f := range t.JSON {
		names = append(names, f.Name)
	}
	if !slices.Contains(names, o.value) {
		hint := "it is read from no member"
		if len(names) > 0 {
			hint = strings.TrimPrefix(orOneOf(o.value, names, "", "the members are", names), "; ")
		}
		a.report(m.at("when", m.spec.Name), "when=%s: %s has no such member of its JSON; %s",
			o.value, m.spec.Name.Name, hint)
	}
}

// checkWas reports earlier names of events that are names of others, and the same of jobs.
func (a *analysis) checkWas() {
	a.checkWasOf("event", a.out.Events, a.events)
	a.checkWasOf("job", a.out.Jobs, a.jobs)
}

func (a *analysis) checkWasOf(kind string, all []*model.Event, of map[types.Object]*event) {
	type owner struct {
		e   *event
		now bool
	}
	byEvent := map[*model.Event]*event{}
	for _, e := range of {
		byEvent[e.Event] = e
	}
	names := map[string]owner{}
	for _, e := range all {
		if _, twice := names[e.Name]; !twice {
			names[e.Name] = owner{byEvent[e], true}
		}
	}
	for _, e := range all {
		for _, was := range e.Was {
			own := byEvent[e]
			if own == nil {
				continue // a second event of one name
			}
			at := own.wasSpan(was)
			switch other, taken := names[was]; {
			case taken && other.e == own && other.now:
				a.report(at, "%s is called so today: was= has the names that it had before", e.Name)
			case taken && other.now:
				a.report(at, "%s is the name of another %s, at %s, and can't be an earlier one of %s while that lives: give that one another name, or remove it",
					was, kind, a.short(other.e.Pos), e.Name)
			case taken:
				a.report(at, "%s is an earlier name of %s too, at %s: keep one",
					was, other.e.Name, a.short(other.e.Pos))
			default:
				names[was] = owner{own, false}
			}
		}
	}
}

// wasSpan is where an earlier name stands, or else the event.
func (e *event) wasSpan(name string) span {
	if e.mark == nil {
		return e.at
	}
	o := e.mark.option("was")
	if o == nil {
		return e.at
	}
	off := o.off + len("was=")
	for other := range strings.SplitSeq(o.value, ",") {
		if other == name {
			return e.mark.part(off, off+len(name))
		}
		off += len(other) + len(",")
	}
	return e.at
}
