package load

import (
	"fmt"
	"go/ast"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// A generated is an exported name that the output will declare, and because of what.
type generated struct {
	name string
	why  string // "for collection users"
	pos  model.Pos
}

// generated lists the exported names that the output will declare.
func (a *analysis) generated() []generated {
	var names []generated
	if !a.out.Contract() {
		for _, name := range []string{"App", "NewApp", "Views", "OldEvent"} {
			names = append(names, generated{name: name, why: "in every package"})
		}
	}
	codec := func(name, why string, pos model.Pos) {
		names = append(names, generated{"Append" + name + "JSON", why, pos}, generated{"Decode" + name + "JSON", why, pos})
	}
	for _, c := range a.out.Collections {
		why := "for collection " + c.Name
		names = append(names, generated{c.GoName + "View", why, c.Pos}, generated{c.GoName + "Event", why, c.Pos})
		codec(c.Type.Named.Name, why, c.Pos)
	}
	for _, e := range a.out.Events {
		why := "for event " + e.Name
		if !e.Foreign() {
			codec(e.GoName, why, e.Pos)
		}
		if !e.Foreign() || e.Alias != "" {
			names = append(names, generated{e.GoName + "Type", why, e.Pos})
		}
		if e.Foreign() && a.writes(e) {
			names = append(names, generated{e.GoName + "Data", why, e.Pos})
		}
	}
	return names
}

func (a *analysis) writes(e *model.Event) bool {
	return slices.ContainsFunc(a.out.Collections, func(c *model.Collection) bool { return slices.Contains(c.Writers, e) })
}

// willBe reports whether name is one that the output will declare.
func (a *analysis) willBe(name string) bool {
	return slices.ContainsFunc(a.generated(), func(g generated) bool { return g.name == name })
}

// checkNames reports generated names that clash with each other or with the package's own.
func (a *analysis) checkNames() {
	first := map[string]generated{}
	for _, g := range a.generated() {
		if other, taken := first[g.name]; taken {
			if g.pos.File != "" && g.pos != other.pos {
				a.diags = append(a.diags, Diagnostic{Pos: g.pos, Message: fmt.Sprintf(
					"%s would be generated twice, %s and %s: give one another name with go=Name", g.name, other.why, g.why)})
			}
			continue
		}
		first[g.name] = g
		if pos, taken := a.out.Names[g.name]; taken {
			message := fmt.Sprintf("%s is what brookgen generates %s: rename this one", g.name, g.why)
			if g.pos.File != "" {
				message += fmt.Sprintf(", or give the other a name with go=Name (%s)", a.short(g.pos))
			}
			a.diags = append(a.diags, Diagnostic{Pos: pos, Message: message})
		}
	}
	a.checkFields()
	a.checkMethods()
}

// checkFields reports collections and events whose members of Views and Publish clash.
func (a *analysis) checkFields() {
	views := map[string]*model.Collection{}
	for _, c := range a.out.Collections {
		if c.GoName == "Snapshot" || c.GoName == "WithContext" {
			a.diags = append(a.diags, Diagnostic{Pos: c.Pos, Message: fmt.Sprintf(
				"collection %s would be Views.%s, which is a method of Views: give it another name with go=Name", c.Name, c.GoName)})
		}
		if views[c.GoName] == nil {
			views[c.GoName] = c
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
		a.diags = append(a.diags, Diagnostic{Pos: e.Pos, Message: fmt.Sprintf(
			"events %s and %s are both called %s: adopt one under another name, with a directive above an alias", other.Name, e.Name, e.GoName)})
	}
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
	for _, f := range a.src.files {
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
				a.report(at(fn.Name), "%s.%s is what brookgen generates for collection %s: rename this one", base.Name, fn.Name.Name, coll)
			}
		}
	}
}

var viewMethods = []string{
	"Get", "MustGet", "Has", "Len", "All", "Range", "Prefix", "Map", "MustMap", "Values", "MustValues",
	"Events", "MustEvents", "Watch", "Changes",
}
