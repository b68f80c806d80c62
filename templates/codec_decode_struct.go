package templates

import (
	"go/token"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// decodeStruct gives the lists of a struct's names, and what its function does:
//
//	for i := d.Object(orderFields); i >= 0; i = d.Next(orderFields, i) {
//		switch i {
//		case 0:
//			d.String(&v.ID)
//		}
//	}
//
// With old names it is
//
//	var at [1]int
//	r := wire.Renamed{Names: orderFields, Olds: orderOlds, At: at[:]}
//	for i := d.ObjectRenamed(&r); i >= 0; i = d.NextRenamed(&r, i) {
func (c *codecs) decodeStruct(t *model.Type) (lists, body []jen.Code) {
	if len(t.JSON) == 0 {
		return nil, []jen.Code{jen.Id("d").Dot("Object").Call(jen.Nil())}
	}
	pass := c.passOf(t)
	var cases, need []jen.Code
	presets := c.presets(t)
	for i, f := range t.JSON {
		c.hint = c.baseName(t) + f.Path[len(f.Path)-1].Name
		decode := c.decodeField(t, f)
		if _, ok := presets[i]; ok {
			decode = append([]jen.Code{jen.Id("seen").Index(jen.Lit(i)).Op("=").True()}, decode...)
		}
		cases = append(cases, jen.Case(jen.Lit(i)).Block(decode...))
		if f.Required {
			need = append(need, jen.Lit(i))
		}
	}
	loop := []jen.Code{jen.Switch(jen.Id("i")).Block(cases...)}
	if need != nil || len(presets) > 0 {
		body = append(body, jen.Var().Id("seen").Index(jen.Lit(len(t.JSON))).Bool())
	}
	if need != nil {
		loop = append([]jen.Code{jen.Id("seen").Index(jen.Id("i")).Op("=").Op("!").Id("d").
			Dot("IsNull").Call()}, loop...)
	}
	body = append(body, pass.begin...)
	body = append(body, jen.For(
		jen.Id("i").Op(":=").Add(pass.first),
		jen.Id("i").Op(">=").Lit(0),
		jen.Id("i").Op("=").Add(pass.next),
	).Block(loop...))
	if need != nil {
		args := append([]jen.Code{jen.Id(pass.names), jen.Id("seen").Index(jen.Op(":"))}, need...)
		body = append(body, jen.Id("d").Dot("Require").Call(args...))
	}
	return pass.lists, append(body, c.presetAbsent(t, presets)...)
}

// A pass is how a decoder goes through a struct's object.
type pass struct {
	names       string // the variable that has the names
	lists       []jen.Code
	begin       []jen.Code
	first, next jen.Code
}

func (c *codecs) passOf(t *model.Type) *pass {
	base := lowerFirst(c.baseName(t))
	p := &pass{names: c.top.pick(base+"Fields", base+"JSONFields")}
	var names, old, olds []jen.Code
	object, next := "Object", "Next"
	for i, f := range t.JSON {
		names = append(names, jen.Lit(f.Name))
		for _, name := range f.Was {
			old = append(old, jen.Lit(name))
			olds = append(olds, jen.Lit(i))
		}
		for _, r := range f.Name {
			if r >= 0x80 {
				object, next = "ObjectFold", "NextFold"
			}
		}
	}
	list := jen.Var().Id(p.names).Op("=").Index().String().Values(append(names, old...)...)
	if old == nil {
		p.lists = []jen.Code{list}
		p.first = jen.Id("d").Dot(object).Call(jen.Id(p.names))
		p.next = jen.Id("d").Dot(next).Call(jen.Id(p.names), jen.Id("i"))
		return p
	}
	fields := c.top.pick(base+"Olds", base+"JSONOlds")
	p.lists = []jen.Code{list,
		comment("%s are the fields whose old names end %s.", fields, p.names).Line().
			Var().Id(fields).Op("=").Index().Int().Values(olds...)}
	p.begin = []jen.Code{
		jen.Var().Id("at").Index(jen.Lit(len(olds))).Int(),
		jen.Id("r").Op(":=").Qual(wirePath, "Renamed").Values(
			jen.Id("Names").Op(":").Id(p.names),
			jen.Id("Olds").Op(":").Id(fields),
			jen.Id("At").Op(":").Id("at").Index(jen.Op(":")),
		),
	}
	renamed := jen.Op("&").Id("r")
	p.first = jen.Id("d").Dot("ObjectRenamed").Call(renamed)
	p.next = jen.Id("d").Dot("NextRenamed").Call(renamed, jen.Id("i"))
	return p
}

// decodeField decodes a field's value, behind embedded pointers that are allocated where they are
// nil.
func (c *codecs) decodeField(owner *model.Type, f model.JSONField) []jen.Code {
	path := c.visible(owner, f.Path)
	o := at("v")
	for i, step := range path {
		if i == len(path)-1 {
			break
		}
		if step.Pointer && !token.IsExported(step.Name) {
			return []jen.Code{jen.Id("d").Dot("Unexported").Call()}
		}
		o = o.dot(step.Name)
		if step.Pointer {
			inner := o
			o = operand{func() *jen.Statement { return jen.Qual(wirePath, "At").Call(inner.ref()) },
				true}
		}
	}
	o = o.dot(path[len(path)-1].Name)
	if f.String {
		return c.decodeQuoted(f.Type, o)
	}
	return c.decode(f.Type, o)
}

// visible leaves out of a path what this package cannot name: unexported embedded structs of
// another one, whose fields are promoted.
func (c *codecs) visible(owner *model.Type, path []model.PathStep) []model.PathStep {
	if owner.Named == nil || owner.Named.PkgPath == c.pkg.Path {
		return path
	}
	var out []model.PathStep
	for _, step := range path {
		if token.IsExported(step.Name) {
			out = append(out, step)
		}
	}
	return out
}

// decodeQuoted is for fields with the string option.
func (c *codecs) decodeQuoted(t *model.Type, o operand) []jen.Code {
	if t.Kind == model.Pointer && t.Named == nil {
		inner := operand{func() *jen.Statement { return jen.Qual(wirePath, "At").Call(o.ref()) },
			true}
		return []jen.Code{jen.If(jen.Id("d").Dot("QuotedNull").Call()).
			Block(o.value().Op("=").Nil()).
			Else().Block(c.decodeQuoted(t.Elem, inner)...)}
	}
	switch json, text := unmarshals(t); {
	case json:
		return []jen.Code{unmarshalCall("QuotedJSON", "UnmarshalJSON", o)}
	case text:
		return []jen.Code{unmarshalCall("QuotedString", "UnmarshalText", o)}
	}
	p := o.refAs(t)
	if t.Kind == model.Number {
		p = o.ref()
	}
	return []jen.Code{jen.Id("d").Dot("Quoted").Call(p)}
}
