package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// storeFile writes brook_store_gen.go: for each collection's type how stores write it and read it,
// and its schema. It is nil where there is no collection.
func (n *names) storeFile() *jen.File {
	if len(n.pkg.Collections) == 0 {
		return nil
	}
	c := newCodecs(n)
	f := n.file()
	done := map[*model.Type]bool{}
	for _, col := range n.pkg.Collections {
		t := col.Type
		if done[t] {
			continue
		}
		done[t] = true
		c.hint = t.Named.Name
		f.Add(comment("%s is the shape of what %s writes.", n.stored[t].schema, n.stored[t].pack))
		f.Const().Id(n.stored[t].schema).Op("=").Lit(n.schema(t)).Line()
		c.fn(t, packing)
		for _, decl := range c.write(func(w work) []jen.Code { return []jen.Code{c.packFunc(w.typ)} }) {
			f.Add(decl).Line()
		}
	}
	return f
}

// packFunc is the function for a type, which serves both ways: func packTag(c *pack.Coder, v *Tag).
func (c *codecs) packFunc(t *model.Type) jen.Code {
	name := c.fn(t, packing)
	body := []jen.Code{c.packValue(t, at("v"))}
	if t.Kind == model.Struct {
		body = c.packStruct(t)
	}
	fn := jen.Func().Id(name).Params(
		jen.Id("c").Op("*").Qual(packPath, "Coder"),
		jen.Id("v").Op("*").Add(goType(t)),
	).Block(body...)
	if stored, ok := c.stored[t]; ok && stored.pack == name {
		return comment("%s writes one %s as stores keep it, or reads it.", name,
			t.Named.Name).Line().Add(fn)
	}
	return fn
}

// c.Struct(2)
// c.String(&v.ID)
// pack.Slice(c, &v.Tags, (*pack.Coder).String)
func (c *codecs) packStruct(t *model.Type) []jen.Code {
	if by := t.StoredBy(); by != "" {
		return []jen.Code{jen.Qual(packPath, by).Call(jen.Id("c"), jen.Id("v"))}
	}
	fields := t.StoredFields(c.pkg.Path)
	body := []jen.Code{jen.Id("c").Dot("Struct").Call(jen.Lit(len(fields)))}
	for _, f := range fields {
		c.hint = c.baseName(t) + f.Name
		body = append(body, c.packValue(f.Type, at("v").dot(f.Name)))
	}
	return body
}

// coderMethod is the method of pack.Coder for a kind.
var coderMethod = map[model.Kind]string{
	model.Bool: "Bool", model.String: "String", model.Number: "String", model.Int: "Int",
	model.Int8: "Int8", model.Int16: "Int16",
	model.Int32: "Int32", model.Int64: "Int64", model.Uint: "Uint", model.Uint8: "Uint8",
	model.Uint16: "Uint16", model.Uint32: "Uint32",
	model.Uint64: "Uint64", model.Uintptr: "Uintptr", model.Float32: "Float32",
	model.Float64: "Float64",
	model.Any:     "Any", model.Time: "Time", model.Raw: "Bytes",
}

// packMethod is the coder's method for values of t, or "".
func packMethod(t *model.Type) string {
	if octets(t) && t.Kind != model.Array && predeclaredType(t.Elem) {
		return "Bytes"
	}
	return coderMethod[t.Kind]
}

// octets reports whether t is a slice or an array of bytes, whatever methods these have.
func octets(t *model.Type) bool {
	return (t.Kind == model.Bytes || t.Kind == model.Slice || t.Kind == model.Array) &&
		t.Elem.Kind == model.Uint8
}

// packValue codes one value.
func (c *codecs) packValue(t *model.Type, o operand) jen.Code {
	coder := jen.Id("c")
	if t.Kind == model.Time {
		return coder.Dot("Time").Call(o.ref())
	}
	if name := packMethod(t); name != "" {
		return coder.Dot(name).Call(o.refAs(t))
	}
	call := func(name string, args ...jen.Code) jen.Code {
		return jen.Qual(packPath, name).Call(append([]jen.Code{coder}, args...)...)
	}
	switch t.Kind {
	case model.Bytes, model.Slice:
		if octets(t) {
			return call("Octets", o.refAs(t))
		}
		return call("Slice", o.refAs(t), c.packElem(t.Elem))
	case model.Array:
		all := o.selector().Index(jen.Op(":"))
		if octets(t) {
			return call("OctetArray", all)
		}
		return call("Array", all, c.packElem(t.Elem))
	case model.Pointer:
		return call("Pointer", o.refAs(t), c.packElem(t.Elem))
	case model.Map:
		return call("Map", o.refAs(t), c.packElem(t.Key), c.packElem(t.Elem))
	case model.Struct:
		return jen.Id(c.fn(t, packing)).Call(coder, o.ref())
	}
	return call("Interface", o.ref())
}

// packElem is a func(*pack.Coder, *T) for elements of type t.
func (c *codecs) packElem(t *model.Type) jen.Code {
	name := packMethod(t)
	if name == "" || t.Named != nil && !predeclaredType(t) && t.Kind != model.Time {
		return jen.Id(c.fn(t, packing))
	}
	return jen.Parens(jen.Op("*").Qual(packPath, "Coder")).Dot(name)
}
