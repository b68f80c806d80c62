package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// needsClone reports whether a copy of a value shares memory with it, or holds what no store keeps:
// whether a collection's values are copied by its clone function rather than by assignment.
func needsClone(t *model.Type) bool { return clones(t, map[*model.Type]bool{}) }

func clones(t *model.Type, seen map[*model.Type]bool) bool {
	switch t.Kind {
	case model.Time:
		return true
	case model.Array:
		return t.Len > 0 && clones(t.Elem, seen)
	case model.Struct:
		if seen[t] {
			return false
		}
		seen[t] = true
		if t.StoredBy() != "" {
			return true
		}
		for _, f := range t.Fields {
			if !f.Stored() && f.Name != "_" || f.Stored() && clones(f.Type, seen) {
				return true
			}
		}
	}
	return isNil(t)
}

// cloneFile writes brook_clone_gen.go: nil where no value needs it.
func (n *names) cloneFile() *jen.File {
	c := newCodecs(n)
	f := n.file()
	done := map[*model.Type]bool{}
	for _, col := range n.pkg.Collections {
		if t := col.Type; needsClone(t) && !done[t] {
			done[t] = true
			c.hint = t.Named.Name
			f.Add(c.cloneFunc(t)).Line()
			for _, decl := range c.write(func(w work) []jen.Code { return []jen.Code{c.copyFunc(w.typ)} }) {
				f.Add(decl).Line()
			}
		}
	}
	if len(done) == 0 {
		return nil
	}
	return f
}

// func cloneUser(dst, src any) error
func (c *codecs) cloneFunc(t *model.Type) jen.Code {
	name := c.cloneName(t)
	as := func(v string) *jen.Statement { return jen.Id(v).Assert(jen.Op("*").Add(goType(t))) }
	var body []jen.Code
	if shallow(t) {
		body = append(body, jen.List(jen.Id("d"), jen.Id("s")).Op(":=").List(as("dst"), as("src")))
		body = append(body, c.copyStruct(t, at("d"), at("s"))...)
		body = append(body, jen.Return(jen.Nil()))
	} else {
		body = append(body, jen.Var().Id("c").Qual(wirePath, "Cloner"))
		if t.Kind != model.Struct { // a function for a struct begins so itself
			body = append(body, jen.Op("*").Add(as("dst")).Op("=").Op("*").Add(as("src")))
		}
		body = append(body,
			jen.Id(c.fn(t, copying)).Call(jen.Op("&").Id("c"), as("dst"), as("src")),
			jen.Return(jen.Id("c").Dot("Finish").Call()))
	}
	return jen.Comment(name + " makes dst a deep copy of src, as storing and loading it would. Both are a *" +
		t.Named.Name + ".").
		Line().
		Func().Id(name).Params(jen.List(jen.Id("dst"), jen.Id("src")).Any()).Error().Block(body...)
}

// shallow reports whether a struct is copied without a Cloner, by statements that can't fail.
func shallow(t *model.Type) bool {
	if t.Kind != model.Struct || t.StoredBy() != "" {
		return false
	}
	return !slices.ContainsFunc(t.Fields, func(f model.Field) bool {
		return f.Stored() && needsClone(f.Type) && !simple(f.Type)
	})
}

// simple reports whether a value that needs more than an assignment is copied by an expression.
func simple(t *model.Type) bool {
	switch t.Kind {
	case model.Time, model.Raw, model.Bytes:
		return true
	case model.Slice, model.Map, model.Pointer:
		return !needsClone(t.Elem)
	}
	return false
}

// copyFunc is the function for a type: func copyTag(c *wire.Cloner, dst, src *Tag).
func (c *codecs) copyFunc(t *model.Type) jen.Code {
	name := c.fn(t, copying)
	body := []jen.Code{c.copyValue(t, at("dst"), at("src"))}
	if t.Kind == model.Struct {
		body = c.copyStruct(t, at("dst"), at("src"))
	}
	return jen.Func().Id(name).Params(
		jen.Id("c").Op("*").Qual(wirePath, "Cloner"),
		jen.List(jen.Id("dst"), jen.Id("src")).Op("*").Add(goType(t)),
	).Block(body...)
}

func (c *codecs) copyStruct(t *model.Type, dst, src operand) []jen.Code {
	if by := t.StoredBy(); by != "" {
		return []jen.Code{
			dst.value().Op("=").Add(goType(t)).Values(),
			jen.Qual(wirePath, "Clone"+by).Call(jen.Id("c"), dst.ref(), src.ref()),
		}
	}
	all := true
	var plain, deep []jen.Code
	for _, f := range t.Fields {
		switch {
		case f.Name == "_":
		case !f.Stored() || !f.Exported && t.Named != nil && t.Named.PkgPath != c.pkg.Path:
			all = false
		case needsClone(f.Type):
			c.hint = c.baseName(t) + f.Name
			deep = append(deep, c.copyValue(f.Type, dst.dot(f.Name), src.dot(f.Name)))
		default:
			plain = append(plain, jen.Id(f.Name).Op(":").Add(src.dot(f.Name).value()))
		}
	}
	first := dst.value().Op("=").Add(src.value())
	if !all {
		first = dst.value().Op("=").Add(goType(t)).Values(plain...)
	}
	return append([]jen.Code{first}, deep...)
}

// copyValue copies a value that needs more than an assignment.
func (c *codecs) copyValue(t *model.Type, dst, src operand) jen.Code {
	cloner := jen.Id("c")
	assign := func(value jen.Code) jen.Code { return dst.value().Op("=").Add(value) }
	switch {
	case t.Kind == model.Time:
		return assign(jen.Qual(wirePath, "StoredTime").Call(src.value()))
	case t.Kind == model.Any:
		return cloner.Dot("Any").Call(dst.refAs(t), src.refAs(t))
	case t.Kind == model.Raw || t.Kind == model.Bytes ||
		t.Kind == model.Slice && !needsClone(t.Elem):
		return assign(jen.Qual("slices", "Clone").Call(src.value()))
	case t.Kind == model.Map && !needsClone(t.Elem):
		return assign(jen.Qual("maps", "Clone").Call(src.value()))
	case t.Kind == model.Pointer && !needsClone(t.Elem):
		return assign(jen.Qual(wirePath, "CopyPointer").Call(src.value()))
	}
	switch t.Kind {
	case model.Slice:
		return jen.Qual(wirePath, "CloneSlice").
			Call(cloner, dst.refAs(t), src.value(), c.copyElem(t.Elem))
	case model.Map:
		return jen.Qual(wirePath, "CloneMap").
			Call(cloner, dst.refAs(t), src.value(), c.copyElem(t.Elem))
	case model.Pointer:
		return jen.Qual(wirePath, "ClonePointer").
			Call(cloner, dst.refAs(t), src.value(), c.copyElem(t.Elem))
	case model.Array:
		all := func(o operand) jen.Code { return o.selector().Index(jen.Op(":")) }
		return jen.Qual(wirePath, "CloneArray").Call(cloner, all(dst), all(src), c.copyElem(t.Elem))
	case model.Struct:
		return jen.Id(c.fn(t, copying)).Call(cloner, dst.ref(), src.ref())
	}
	return cloner.Dot("Interface").Call(src.value())
}

// copyElem is a func(c *wire.Cloner, dst, src *T) for elements of type t.
func (c *codecs) copyElem(t *model.Type) jen.Code {
	method := ""
	switch {
	case t.Kind == model.Time:
		method = "Time"
	case t.Kind == model.Any && t.Named == nil:
		method = "Any"
	default:
		return jen.Id(c.fn(t, copying))
	}
	return jen.Parens(jen.Op("*").Qual(wirePath, "Cloner")).Dot(method)
}

// cloneName is the name of a collection's clone function. It depends on the author's names alone,
// so that every emitter may ask for it.
func (n *names) cloneName(t *model.Type) string {
	name := "clone" + t.Named.Name
	for {
		if _, taken := n.pkg.Names[name]; !taken {
			return name
		}
		name = "brook" + upperFirst(name)
	}
}

// cloner is the function that copies values of a collection, or nil where an assignment does.
func (n *names) cloner(t *model.Type) *jen.Statement {
	if !needsClone(t) {
		return nil
	}
	return jen.Id(n.cloneName(t))
}
