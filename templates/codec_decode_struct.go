package templates

import (
	"go/token"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// decodeStruct gives the list of a struct's names, and what its function does:
//
//	for i := d.Object(orderFields); i >= 0; i = d.Next(orderFields, i) {
//		switch i {
//		case 0:
//			d.String(&v.ID)
//		}
//	}
func (c *codecs) decodeStruct(t *model.Type) (list, body []jen.Code) {
	if len(t.JSON) == 0 {
		return nil, []jen.Code{jen.Id("d").Dot("Object").Call(jen.Nil())}
	}
	fields := c.top.pick(lowerFirst(c.baseName(t))+"Fields", lowerFirst(c.baseName(t))+"JSONFields")
	var names, cases, need []jen.Code
	object, next := "Object", "Next"
	for i, f := range t.JSON {
		c.hint = c.baseName(t) + f.Path[len(f.Path)-1].Name
		names = append(names, jen.Lit(f.Name))
		cases = append(cases, jen.Case(jen.Lit(i)).Block(c.decodeField(t, f)...))
		if f.Required {
			need = append(need, jen.Lit(i))
		}
		for _, r := range f.Name {
			if r >= 0x80 {
				object, next = "ObjectFold", "NextFold"
			}
		}
	}
	list = []jen.Code{jen.Var().Id(fields).Op("=").Index().String().Values(names...)}
	loop := []jen.Code{jen.Switch(jen.Id("i")).Block(cases...)}
	if need != nil {
		body = append(body, jen.Var().Id("seen").Index(jen.Lit(len(t.JSON))).Bool())
		loop = append([]jen.Code{jen.Id("seen").Index(jen.Id("i")).Op("=").Op("!").Id("d").
			Dot("IsNull").Call()}, loop...)
	}
	body = append(body, jen.For(
		jen.Id("i").Op(":=").Id("d").Dot(object).Call(jen.Id(fields)),
		jen.Id("i").Op(">=").Lit(0),
		jen.Id("i").Op("=").Id("d").Dot(next).Call(jen.Id(fields), jen.Id("i")),
	).Block(loop...))
	if need != nil {
		args := append([]jen.Code{jen.Id(fields), jen.Id("seen").Index(jen.Op(":"))}, need...)
		body = append(body, jen.Id("d").Dot("Require").Call(args...))
	}
	return list, body
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
