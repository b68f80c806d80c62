package load

import (
	"cmp"
	"fmt"
	"go/ast"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// A generated is an exported name that the output will declare, and because of what.
type generated struct {
	name   string
	why    string // "for collection users"
	pos    model.Pos
	source string // the name at pos

	adopted bool // for an event of another package, without an alias
}

// generated lists the exported names that the output will declare.
func (a *analysis) generated() []generated {
	var names []generated
	if !a.out.Contract() {
		for _, name := range []string{"App", "NewApp", "Views", "OldEvent"} {
			names = append(names, generated{name: name, why: "in every package"})
		}
	}
	add := func(name, why string, pos model.Pos, source string) {
		names = append(names, generated{name: name, why: why, pos: pos, source: source})
	}
	for _, c := range a.out.Collections {
		why, source := "for collection "+c.Name, c.Type.Named.Name
		for _, name := range []string{c.GoName + "View", c.GoName + "Event",
			"Append" + source + "JSON", "Decode" + source + "JSON"} {
			add(name, why, c.Pos, source)
		}
	}
	for _, e := range a.out.Events {
		why, source := "for event "+e.Name, cmp.Or(e.Alias, e.Type.Named.Name)
		if !e.Foreign() || e.Alias != "" {
			add(e.GoName+"Type", why, e.Pos, source)
		}
		if !e.Foreign() {
			add("Append"+e.GoName+"JSON", why, e.Pos, source)
			add("Decode"+e.GoName+"JSON", why, e.Pos, source)
			for _, v := range e.Earlier {
				name := v.Type.Named.Name
				add("Decode"+name+"JSON", fmt.Sprintf("for version %d of event %s", v.Version, e.Name),
					v.Pos, name)
			}
		}
		if e.Foreign() && a.writes(e) {
			add(e.GoName+"Data", why, e.Pos, source)
			names[len(names)-1].adopted = e.Alias == ""
		}
	}
	for _, j := range a.out.Jobs {
		why, source := "for job "+j.Name, j.Type.Named.Name
		for _, name := range []string{j.GoName + "Type", "Append" + j.GoName + "JSON",
			"Decode" + j.GoName + "JSON"} {
			add(name, why, j.Pos, source)
		}
		for _, v := range j.Earlier {
			name := v.Type.Named.Name
			add("Decode"+name+"JSON", fmt.Sprintf("for version %d of job %s", v.Version, j.Name),
				v.Pos, name)
		}
	}
	return names
}

func (a *analysis) writes(e *model.Event) bool {
	return slices.ContainsFunc(a.out.Collections,
		func(c *model.Collection) bool { return slices.Contains(c.Writers, e) })
}

// willBe reports whether name is one that the output will declare.
func (a *analysis) willBe(name string) bool {
	return slices.ContainsFunc(a.generated(), func(g generated) bool { return g.name == name })
}

// checkNames reports generated names that clash with each other or with the package's own.
func (a *analysis) checkNames() {
	first := map[string]generated{}
	twice := map[[2]model.Pos][]string{}
	var pairs [][2]generated
	for _, g := range a.generated() {
		if other, taken := first[g.name]; taken {
			if g.why == other.why {
				continue // two of one name, which is told already
			}
			pair := [2]model.Pos{other.pos, g.pos}
			if twice[pair] == nil {
				pairs = append(pairs, [2]generated{other, g})
			}
			twice[pair] = append(twice[pair], g.name)
			continue
		}
		first[g.name] = g
		if pos, taken := a.out.Names[g.name]; taken {
			what := "rename this one"
			switch {
			case g.adopted:
				what += ", or adopt the event under another name, with a directive above an alias"
			case g.pos.File != "":
				what += fmt.Sprintf(", or give the other a name with go=Name (%s)", a.short(g.pos))
			}
			a.reportAt(pos, g.name, "%s is what brookgen generates %s: %s", g.name, g.why, what)
		}
	}
	for _, p := range pairs {
		names := twice[[2]model.Pos{p[0].pos, p[1].pos}]
		a.reportAt(p[1].pos, p[1].source, "%s would be generated %s, and %s already: give one another name with go=Name", enumerate(names), p[1].why, p[0].why)
	}
	a.checkFields()
	a.checkMethods()
	a.checkMarkers()
	a.checkPredeclared()
	a.checkDotImports()
}

// checkMarkers reports fields of events that are called as the method which seals the sum that they
// are in.
func (a *analysis) checkMarkers() {
	for _, c := range a.out.Collections {
		if !c.History {
			continue
		}
		for _, e := range c.Writers {
			if e.Foreign() {
				continue // it has a wrapper
			}
			for _, f := range e.Type.Fields {
				if f.Name == c.Marker() && f.Pos.File != "" {
					a.reportAt(f.Pos, f.Name, "%s.%s is what brookgen generates for collection %s, a method: rename this field", e.Type.Named.Name, f.Name, c.Name)
				}
			}
		}
	}
}

// predeclared are the names of the universe that generated code uses.
var predeclared = []string{
	"any", "append", "bool", "byte", "error", "false", "float32", "float64", "int", "int16",
	"int32", "int64", "int8", "len", "new",
	"nil", "string", "true", "uint", "uint16", "uint32", "uint64", "uint8", "uintptr",
}

// checkPredeclared reports declarations that hide them.
func (a *analysis) checkPredeclared() {
	for _, name := range predeclared {
		if pos, taken := a.out.Names[name]; taken && !a.out.Imports[name] {
			a.reportAt(pos, name, "generated code needs the predeclared %s: rename this one", name)
		}
	}
}

// checkFields reports collections and events whose members of Views and Publish clash.
func (a *analysis) checkFields() {
	for _, c := range a.out.Collections {
		if c.GoName == "Snapshot" || c.GoName == "WithContext" {
			a.reportAt(c.Pos, c.Type.Named.Name, "collection %s would be Views.%s, which is a method of Views: give it another name with go=Name", c.Name, c.GoName)
		}
	}
	events := map[string]*model.Event{}
	for _, e := range a.out.Events {
		other := events[e.GoName]
		if other == nil {
			events[e.GoName] = e
			continue
		}
		if !e.Foreign() && !other.Foreign() || e.Name == other.Name {
			continue // told already
		}
		a.report(a.eventSpan(e), "events %s and %s are both called %s: adopt one under another name, with a directive above an alias", other.Name, e.Name, e.GoName)
	}
}

// eventSpan is where an event is declared or, without a declaration here, used first.
func (a *analysis) eventSpan(e *model.Event) span {
	for _, known := range a.events {
		if known.Event == e {
			return known.at
		}
	}
	return span{}
}

// checkMethods reports methods of generated types that the user has written already.
func (a *analysis) checkMethods() {
	methods := map[string]map[string]string{}
	for _, c := range a.out.Collections {
		view := map[string]string{}
		for _, x := range c.Indexes {
			view["By"+x.GoName], view[x.GoName+"Index"] = c.Name, c.Name
		}
		for _, e := range c.Writers {
			view["EventsOf"+e.GoName] = c.Name
		}
		for _, name := range viewMethods {
			view[name] = c.Name
		}
		methods[c.GoName+"View"] = view
	}
	add := func(typ, method, coll string) {
		if methods[typ] == nil {
			methods[typ] = map[string]string{}
		}
		methods[typ][method] = coll
	}
	for _, c := range a.out.Collections {
		if !c.History {
			continue
		}
		add("OldEvent", c.Marker(), c.Name)
		for _, e := range c.Writers {
			if !e.Foreign() {
				add(e.Type.Named.Name, c.Marker(), c.Name)
			}
		}
	}
	if !a.out.Contract() {
		add("Views", "Snapshot", "")
		add("Views", "WithContext", "")
	}
	for _, f := range slices.Concat(a.src.files, a.src.others()) {
		for _, d := range f.decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			base, _ := receiver(fn)
			if base == nil {
				continue
			}
			if coll, taken := methods[base.Name][fn.Name.Name]; taken {
				why := "in every package"
				if coll != "" {
					why = "for collection " + coll
				}
				a.report(at(fn.Name), "%s.%s is what brookgen generates %s: rename this one",
					base.Name, fn.Name.Name, why)
			}
		}
	}
}

var viewMethods = []string{
	"Get", "Lookup", "Has", "Len", "All", "Range", "Prefix", "Page", "Events", "Watch", "Changes",
}
