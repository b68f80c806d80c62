package load

import (
	"fmt"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/brookgen/brookgen/templates/model"
)

// addAlias adopts another package's event under the name of an alias.
func (a *analysis) addAlias(m *mark, obj types.Object) {
	name := m.spec.Name.Name
	if a.invalid(obj.Type()) {
		a.unresolved(m.spec.Type, name)
		return
	}
	named, ok := types.Unalias(obj.Type()).(*types.Named)
	switch {
	case !ok || named.Obj().Pkg() == nil:
		a.report(at(m.spec.Name), "%s is an alias of %s, which is no event of another package: remove the = to declare a type", name, a.describe(obj.Type()))
		return
	case named.Obj().Pkg().Path() == a.src.path:
		a.report(at(m.spec.Name),
			"%s is an alias of %s of this package: put the directive above %s", name, named.Obj().
				Name(), named.Obj().Name())
		return
	}
	if other := a.events[named.Obj()]; other != nil {
		a.report(at(m.spec.Name), "%s is adopted twice, here and at %s: keep one",
			a.describe(named), a.short(other.Pos))
		return
	}
	theirs, problem := a.foreignEvent(named)
	if problem != "" {
		a.report(at(m.spec.Type), "%s", problem)
		return
	}
	for _, name := range []string{"version", "when"} {
		if m.option(name) != nil {
			a.report(m.at(name, m.spec.Name), "%s stands where the type is declared, in package %s: an alias takes was= alone",
				name, named.Obj().Pkg().Path())
		}
	}
	e := a.newEvent(m, named.Obj())
	own := e.Event
	if e.Event = theirs; own.Name != theirs.Name {
		theirs.Was = nil // those are names of the other event
	}
	e.Pos, e.Name, e.Alias, e.GoName = own.Pos, own.Name, name, name
	m.apply(e.Event)
	if o := m.option("key"); o != nil {
		if e.Key, problem = a.namedKey(named.Obj(), o); problem != "" {
			a.report(m.at("key", m.spec.Name), "%s", problem)
		}
	}
	a.addNamed(m, e)
}

// adopt adds another package's event at its first use.
func (a *analysis) adopt(named *types.Named, use span) *event {
	e, problem := a.foreignEvent(named)
	if problem != "" {
		a.report(use, "%s", problem)
		return nil
	}
	e.Pos = a.place(use.from)
	ev := &event{Event: e, obj: named.Obj(), at: use, adopted: true}
	a.events[named.Obj()] = ev
	a.adopted = append(a.adopted, ev)
	return ev
}

// addAdopted puts the adopted events after the package's own.
func (a *analysis) addAdopted() {
	for _, e := range a.adopted {
		for _, other := range a.out.Events {
			if other.Name == e.Name {
				a.report(e.at, "event %s of package %s has the name of another event, at %s: adopt it under another, with a directive above an alias, as in type %s = %s",
					e.Name, e.CodecPkg, a.short(other.Pos), e.GoName, a.describe(e.obj.Type()))
				break
			}
		}
		e.Publish = len(e.handled) == 0 // it is only emitted
		a.out.Events = append(a.out.Events, e.Event)
	}
}

// foreignEvent reads the directive of another package's event from that package's source.
func (a *analysis) foreignEvent(named *types.Named) (*model.Event, string) {
	obj := named.Obj()
	what := a.describe(named)
	m := a.foreignMark(obj)
	other := a.otherKind(named)
	switch {
	case other != nil:
		return nil, fmt.Sprintf("%s is %s of package %s and no event: declare a type of your own here, with //brook:event NAME above",
			what, articled(other.verb), obj.Pkg().Path())
	case m == nil:
		return nil, fmt.Sprintf("%s is no event: package %s has no //brook:event above it; annotate it there, or declare a type of your own here", what, obj.Pkg().Path())
	case m.faulty || m.name == "":
		return nil, fmt.Sprintf("%s: the directive above it is faulty, run brookgen on package %s",
			what, obj.Pkg().Path())
	}
	if t := a.b.unnamed(named); t != nil {
		return nil, fmt.Sprintf("%s: %s; declare a type of your own here", what,
			a.whyUnnamed(a.b.mention(t)))
	}
	key, problem := a.eventKey(obj, m.option("key"))
	if problem != nil {
		return nil, fmt.Sprintf("%s: %s; correct it in package %s", what, problem.message,
			obj.Pkg().Path())
	}
	e := &model.Event{
		Name:     m.name,
		GoName:   obj.Name(),
		Type:     a.b.of(named),
		CodecPkg: obj.Pkg().Path(),
		Key:      key,
		History:  defaultHistory,
	}
	m.apply(e)
	e.Version = m.version()
	if o := m.option("when"); o != nil {
		e.When = o.value
	}
	var wrong string
	if e.Earlier, wrong = a.foreignVersions(obj, m); wrong != "" {
		return nil, wrong
	}
	e.Publish, e.Discard = false, false // those are about the other package
	e.CodecName = e.GoName
	return e, ""
}

// foreignMark finds the event directive on a type of another package.
func (a *analysis) foreignMark(obj types.Object) *mark {
	if s := a.foreignSource(obj); s != nil {
		return s.typeMark(obj.Name(), verbEvent)
	}
	return nil
}

// foreignSource is the source of the other package that declares obj, or nil.
func (a *analysis) foreignSource(obj types.Object) *source {
	p := a.all[obj.Pkg().Path()]
	if p == nil {
		return nil
	}
	return a.parse([]*packages.Package{p})[0]
}

// typeMark returns the first directive of these verbs on the type of that name, or nil.
func (s *source) typeMark(name string, verbs ...string) *mark {
	for _, m := range s.scan() {
		if slices.Contains(verbs, m.verb) && m.spec != nil && !m.spec.Assign.IsValid() &&
			m.spec.Name.Name == name {
			return m
		}
	}
	return nil
}

// scan gives the directives of a package that is not generated for.
func (s *source) scan() []*mark {
	if s.marks == nil {
		s.marks = []*mark{}
		for _, f := range s.files {
			marks, _ := f.scan()
			s.marks = append(s.marks, marks...)
		}
	}
	return s.marks
}
