package load

import (
	"go/ast"
	"go/types"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/brookgen/brookgen/templates/model"
)

const defaultHistory = 100

// addTypes adds the annotated events and collections, in source order.
func (a *analysis) addTypes() {
	for _, m := range a.marks {
		if m.spec == nil || m.verb == verbSet {
			continue
		}
		obj := a.src.info.Defs[m.spec.Name]
		if obj == nil {
			continue
		}
		if first := a.marked[obj]; first != nil {
			a.repeated(m, first)
			continue
		}
		a.marked[obj] = m
		if m.name == "" || !a.fits(m, obj) {
			a.unbuilt = true
			continue
		}
		switch {
		case m.verb == verbCollection:
			a.addCollection(m, obj)
		case a.isEarlier(m):
			a.addEarlier(m, obj)
		case m.verb == verbJob:
			a.addJob(m, obj)
		case m.spec.Assign.IsValid():
			a.addAlias(m, obj)
		case m.verb == verbEvent:
			a.addEvent(m, obj)
		}
	}
}

func (a *analysis) repeated(m, first *mark) {
	switch {
	case m.verb == "" || first.verb == "":
	case m.verb == first.verb:
		a.report(at(m.comment), "%s has a second //brook:%s: keep one", m.spec.Name.Name, m.verb)
	case m.verb == verbJob || first.verb == verbJob:
		other := m.verb
		if other == verbJob {
			other = first.verb
		}
		a.report(at(m.comment), "%s can't be both a job and %s: declare a type for each, as in type %sJob %s",
			m.spec.Name.Name, articled(other), m.spec.Name.Name, m.spec.Name.Name)
	default:
		a.report(at(m.comment), "%s can't be both an event and a collection: declare a type for each, as in type %sRow %s",
			m.spec.Name.Name, m.spec.Name.Name, m.spec.Name.Name)
	}
}

// fits reports whether a directive on a type can be heeded, and says why not.
func (a *analysis) fits(m *mark, obj types.Object) bool {
	name := m.spec.Name
	kind := articled(m.verb)
	alias := m.spec.Assign.IsValid()
	switch {
	case !name.IsExported():
		a.report(at(name), "%s %s has to be exported: %s", kind[strings.Index(kind, " ")+1:],
			name.Name, exported(name.Name))
	case m.spec.TypeParams != nil:
		a.report(at(name), "generic type %s can't be %s: annotate a type made of it, as in type Some%s %s[…]", name.Name, kind, name.Name, name.Name)
	case alias && m.verb != verbEvent:
		a.report(at(name), "%s is an alias, and %s needs a type of its own: remove the =",
			name.Name, kind)
	case alias:
		return true
	case a.invalid(obj.Type().Underlying()):
		a.unresolved(m.spec, name.Name)
	case types.IsInterface(obj.Type()):
		a.report(at(name), "%s is an interface and can't be %s: annotate the types that implement it", name.Name, kind)
	case isPointer(obj.Type()):
		a.report(at(name), "%s is a pointer and can't be %s: annotate what it points to", name.Name,
			kind)
	default:
		return true
	}
	return false
}

// articled is what a directive on a type makes of it, with its article.
func articled(verb string) string {
	switch verb {
	case verbCollection:
		return "a collection"
	case verbJob:
		return "a job"
	}
	return "an event"
}

// exported says what to do about a name that is not exported.
func exported(name string) string {
	r, size := utf8.DecodeRuneInString(strings.TrimLeft(name, "_"))
	if upper := unicode.ToUpper(r); unicode.IsUpper(upper) {
		return "rename it to " + string(upper) + strings.TrimLeft(name, "_")[size:]
	}
	return "give it a name that begins with an upper-case letter"
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// addEvent adds an event whose type this package declares.
func (a *analysis) addEvent(m *mark, obj types.Object) {
	e := a.newEvent(m, obj)
	e.Type = a.b.of(obj.Type())
	key, problem := a.eventKey(obj, m.option("key"))
	switch {
	case problem == nil:
	case problem.pos.File != "":
		a.reportAt(problem.pos, problem.field, "%s", problem.message)
	default:
		a.report(m.at("key", m.spec.Name), "%s", problem.message)
	}
	e.Key = key
	e.Version = m.version()
	if o := m.option("when"); o != nil {
		e.When = o.value
		if e.Version == 0 {
			a.report(m.at("when", m.spec.Name), "when=%s tells payloads of one version from those of others: write version=N beside it", o.value)
		}
	}
	a.addNamed(m, e)
}

// newEvent makes an event of what the directive alone says.
func (a *analysis) newEvent(m *mark, obj types.Object) *event {
	e := &event{
		Event: &model.Event{
			Pos:     a.place(m.spec.Name.Pos()),
			Name:    m.name,
			GoName:  m.spec.Name.Name,
			History: defaultHistory,
		},
		obj:  obj,
		mark: m,
		at:   at(m.spec.Name),
	}
	m.apply(e.Event)
	if e.Publish && e.Discard {
		a.report(m.at("discard", m.spec.Name), "%s is marked publish (only sent) and discard (received, ignored): keep one", m.spec.Name.Name)
	}
	if m.option("history") != nil && e.Publish != e.Discard {
		a.report(m.at("history", m.spec.Name),
			"history has no meaning beside %s: an event that is not handled here is in no history",
			map[bool]string{true: "publish", false: "discard"}[e.Publish])
	}
	return e
}

// apply sets what the options say.
func (m *mark) apply(e *model.Event) {
	if o := m.option("topic"); o != nil {
		e.Topic = o.value
	}
	if o := m.option("history"); o != nil {
		e.History, _ = historyOf(o.value)
	}
	if o := m.option("go"); o != nil {
		e.GoName = o.value
	}
	if o := m.option("was"); o != nil {
		e.Was = strings.Split(o.value, ",")
	}
	e.Publish = m.option("publish") != nil
	e.Discard = m.option("discard") != nil
}

// addNamed adds e unless another event has its name.
func (a *analysis) addNamed(m *mark, e *event) {
	for _, other := range a.out.Events {
		if other.Name == e.Name {
			a.report(m.nameSpan(), "event %s is declared twice, here and at %s: give one another name", e.Name, a.short(other.Pos))
			break
		}
	}
	a.events[e.obj] = e
	a.out.Events = append(a.out.Events, e.Event)
}

// option gives an option of the directive, or nil.
func (m *mark) option(name string) *option {
	if o, ok := m.opts[name]; ok {
		return &o
	}
	return nil
}

// at is where an option stands or, without it, a name.
func (m *mark) at(opt string, name *ast.Ident) span {
	o := m.option(opt)
	if o == nil {
		return at(name)
	}
	return m.part(o.off, o.end)
}

func (m *mark) nameSpan() span { return m.part(m.nameOff, m.nameOff+len(m.name)) }
