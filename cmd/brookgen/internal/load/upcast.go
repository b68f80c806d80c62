package load

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

// addVersions gives events and jobs their earlier versions, and reports what is missing between
// these.
func (a *analysis) addVersions() {
	c := chain{a, a.src.types, a.upcasters(), a.report}
	c.add(verbEvent, a.out.Events, a.events)
	c.add(verbJob, a.out.Jobs, a.jobs)
}

// add gives events, or jobs, their earlier versions.
func (c *chain) add(verb string, all []*model.Event, of map[types.Object]*event) {
	for _, e := range all {
		l := c.lineages[lineOf(verb, e.Name)]
		if l == nil {
			continue
		}
		if own := of[c.src.info.Defs[l.today.spec.Name]]; own == nil || own.Event != e {
			continue
		}
		c.checkLineage(l)
		e.Earlier = c.versions(l)
	}
}

// upcasters gives the package's upcasters by the name of their receiver's type, and reports those
// of types that are no earlier version.
func (a *analysis) upcasters() map[string][]*mark {
	byType := upcastersOf(a.marks)
	for _, m := range a.marks {
		if m.verb != verbUpcast || m.fn == nil {
			continue
		}
		base, _ := receiver(m.fn)
		if base == nil {
			continue
		}
		obj := a.src.types.Scope().Lookup(base.Name)
		of := a.marked[obj]
		switch {
		case a.earlier[obj] != nil, obj == nil:
		case of != nil && (of.verb == verbEvent || of.verb == verbJob) && of.name != "":
			a.report(at(m.fn.Name), "%s: %s is the type of today of %s, and there is none after it: an upcaster belongs to a type with version= below that of today",
				methodName(m.fn), base.Name, of.name)
		case of == nil || of.verb != verbEvent && of.verb != verbJob:
			a.report(at(m.fn.Name), "%s: %s is no earlier version of an event: put //brook:event NAME version=N above it",
				methodName(m.fn), base.Name)
		}
	}
	return byType
}

// upcastersOf groups upcasters by the name of their receiver's type.
func upcastersOf(marks []*mark) map[string][]*mark {
	byType := map[string][]*mark{}
	for _, m := range marks {
		if m.verb != verbUpcast || m.fn == nil {
			continue
		}
		if base, _ := receiver(m.fn); base != nil {
			byType[base.Name] = append(byType[base.Name], m)
		}
	}
	return byType
}

// A chain finds the way from the earlier versions of an event to the type of today.
type chain struct {
	*analysis
	pkg     *types.Package // that declares the types
	upcasts map[string][]*mark
	tell    func(at span, format string, args ...any)
}

// versions gives the earlier versions, oldest first.
func (c *chain) versions(l *lineage) []*model.Version {
	var list []*model.Version
	for i, m := range l.earlier {
		obj, ok := c.pkg.Scope().Lookup(m.spec.Name.Name).(*types.TypeName)
		if !ok || c.pkg == c.src.types && c.earlier[obj] == nil {
			continue // something about it is reported
		}
		next := l.today
		if i+1 < len(l.earlier) {
			next = l.earlier[i+1]
		}
		_, _ = c.taggedKey(obj.Type()) // its tag may stay: the key is that of today's type
		v := &model.Version{
			Pos: c.place(m.spec.Name.Pos()), Version: m.version(), Type: c.b.of(obj.Type()),
		}
		if o := m.option("when"); o != nil {
			v.When = o.value
		}
		c.upcaster(v, obj, m, next)
		list = append(list, v)
	}
	return list
}

// upcaster finds the one upcaster of a version.
func (c *chain) upcaster(v *model.Version, obj *types.TypeName, m, next *mark) {
	name := m.spec.Name.Name
	marks := c.upcasts[name]
	if len(marks) == 0 {
		c.tell(at(m.spec.Name), "%s is version %d of %s, but nothing makes version %d of it: write a method func (o %s) Upcast() %s with //brook:upcast above it",
			name, v.Version, m.name, next.version(), name, next.spec.Name.Name)
		return
	}
	for i, u := range marks {
		if i > 0 {
			c.tell(at(u.fn.Name), "%s has a second upcaster, besides %s: keep one",
				name, marks[0].fn.Name.Name)
			continue
		}
		c.signature(v, obj, u.fn, m, next)
	}
}

// signature checks an upcaster's, and takes it.
func (c *chain) signature(v *model.Version, obj *types.TypeName, fn *ast.FuncDecl, m, next *mark) {
	name := methodName(fn)
	method := methodOf(obj, fn.Name.Name)
	if method == nil {
		return // declared twice, or its receiver is generic: the compiler says so
	}
	if !fn.Name.IsExported() {
		c.tell(at(fn.Name), "upcaster %s has to be exported: %s", name, exported(fn.Name.Name))
	}
	sig := method.Signature()
	if isPointer(sig.Recv().Type()) {
		c.tell(at(fn.Recv.List[0].Type), "%s has a pointer receiver, but an upcaster is a pure method of the value: write func (o %s) %s() %s",
			name, obj.Name(), fn.Name.Name, next.spec.Name.Name)
	}
	target := next.spec.Name.Name
	form := fmt.Sprintf("an upcaster takes nothing and returns %s or (%s, error)", target, target)
	if sig.Params().Len() > 0 {
		c.tell(at(fn.Type.Params), "%s takes parameters: %s", name, form)
	}
	results := variables(fn.Type.Results, sig.Results())
	for _, r := range results {
		if c.invalid(r.typ) {
			c.unresolved(r.expr, name)
			return
		}
	}
	switch {
	case len(results) == 0:
		c.tell(at(fn.Name), "%s returns nothing: %s", name, form)
		return
	case len(results) > 2 || len(results) == 2 && !isError(results[1].typ):
		c.tell(at(fn.Type.Results), "%s returns something else: %s", name, form)
		return
	}
	to := c.pkg.Scope().Lookup(target)
	if to == nil || !types.Identical(results[0].typ, to.Type()) {
		c.tell(at(results[0].expr), "%s returns %s, but version %d of %s becomes version %d: %s",
			name, c.describe(results[0].typ), v.Version, m.name, next.version(), form)
		return
	}
	v.Upcast, v.Fails = fn.Name.Name, len(results) == 2
}

// methodOf gives a method that a type declares itself, or nil.
func methodOf(obj *types.TypeName, name string) *types.Func {
	named, ok := obj.Type().(*types.Named)
	if !ok {
		return nil
	}
	for m := range named.Methods() {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// foreignVersions gives the earlier versions of another package's event, or says why it can't be
// taken.
func (a *analysis) foreignVersions(obj *types.TypeName, m *mark) ([]*model.Version, string) {
	marks := a.foreignSource(obj).scan()
	l := lineages(marks)[m.line()]
	if l == nil {
		return nil, ""
	}
	path := obj.Pkg().Path()
	if l.today != m {
		return nil, fmt.Sprintf("%s is version %d of %s: take the type of today, %s.%s",
			a.describe(obj.Type()), m.version(), m.name, obj.Pkg().Name(), l.today.spec.Name.Name)
	}
	faulty := len(l.repeats) > 0 || m.version() != len(l.earlier)+1
	c := chain{a, obj.Pkg(), upcastersOf(marks), func(span, string, ...any) { faulty = true }}
	list := c.versions(l)
	for _, v := range list {
		faulty = faulty || v.Upcast == ""
	}
	if faulty {
		return nil, fmt.Sprintf("the versions of %s are not whole: run brookgen on package %s",
			m.name, path)
	}
	return list, ""
}
