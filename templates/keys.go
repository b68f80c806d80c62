package templates

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// keys writes how the keys that are structs or arrays become bytes, and back.
func keys(n *names) *jen.File {
	if len(keyUses(n.pkg)) == 0 {
		return nil
	}
	f := n.file()
	stored := map[*model.Type]bool{}
	for _, c := range n.pkg.Collections {
		stored[c.Key.Type] = true
	}
	for _, e := range buried(n.pkg) {
		stored[tombstoneKey(n.pkg, e).Type] = true
	}
	for _, k := range keyUses(n.pkg) {
		f.Line().Add(n.appendKey(k))
		if stored[k.of] {
			f.Line().Add(n.decodeKey(k))
		}
	}
	return f
}

// A keyUse is a type of keys and its leaves.
type keyUse struct {
	of    *model.Type
	parts []model.KeyPart
}

// keyUses are the types of keys that take functions of their own, in the order of their first use.
func keyUses(p *model.Package) []keyUse {
	var uses []keyUse
	seen := map[*model.Type]bool{}
	add := func(t *model.Type, parts []model.KeyPart) {
		if !seen[t] {
			seen[t] = true
			uses = append(uses, keyUse{t, parts})
		}
	}
	for _, c := range p.Collections {
		if plural(c.Key.Type) {
			add(c.Key.Type, c.Key.Parts)
		}
		for _, i := range c.Indexes {
			if plural(i.Type) {
				add(i.Type, i.Parts)
			}
		}
	}
	if p.Contract() {
		return nil
	}
	for _, e := range p.Payloads() {
		if e.Key == nil {
			continue
		}
		for _, field := range e.Key.Fields {
			if field.Type.Kind == model.Struct {
				add(field.Type, field.Parts)
			}
		}
	}
	for _, e := range buried(p) {
		if k := tombstoneKey(p, e); plural(k.Type) {
			add(k.Type, k.Parts)
		}
	}
	return uses
}

// plural reports whether the key package has no function for keys of type t.
func plural(t *model.Type) bool { return t.Kind == model.Struct || t.Kind == model.Array }

// keyTypeName is what the functions of a type of keys are named after.
func keyTypeName(t *model.Type) string {
	if t.Named != nil {
		return upperFirst(t.Named.Name)
	}
	if t.Kind == model.Array {
		return fmt.Sprintf("Bytes%d", t.Len)
	}
	return "Struct"
}

//	func appendIssueKey(dst []byte, k IssueKey) []byte {
//		dst = key.AppendString(dst, k.Repo)
//		return key.AppendInt(dst, k.Number)
//	}
func (n *names) appendKey(k keyUse) *jen.Statement {
	var body []jen.Code
	for i, part := range k.parts {
		value := appendPart(part.Type, n.selector("k", k.of, part.Path))
		if i < len(k.parts)-1 {
			body = append(body, jen.Id("dst").Op("=").Add(value))
		} else {
			body = append(body, jen.Return(value))
		}
	}
	return jen.Func().Id(n.keys[k.of].append).Params(jen.Id("dst").Index().Byte(),
		jen.Id("k").Add(goType(k.of))).Index().Byte().Block(body...)
}

//	func decodeIssueKey(encoded []byte) (k IssueKey, err error) {
//		r := key.Read(encoded)
//		k.Repo = r.String()
//		k.Number = key.ReadInt[int64](&r)
//		return k, r.End()
//	}
func (n *names) decodeKey(k keyUse) *jen.Statement {
	body := []jen.Code{jen.Id("r").Op(":=").Qual(keyPath, "Read").Call(jen.Id("encoded"))}
	for _, part := range k.parts {
		body = append(body, readPart(part.Type, n.selector("k", k.of, part.Path)))
	}
	body = append(body, jen.Return(jen.Id("k"), jen.Id("r").Dot("End").Call()))
	return jen.Func().Id(n.keys[k.of].decode).Params(jen.Id("encoded").Index().Byte()).
		Params(jen.Id("k").Add(goType(k.of)), jen.Err().Error()).Block(body...)
}

// appendPart writes key.AppendString(dst, value) and the like.
func appendPart(t *model.Type, value *jen.Statement) *jen.Statement {
	if t.Kind == model.Array {
		return jen.Qual(keyPath, "AppendBytes").Call(jen.Id("dst"), value.Index(jen.Op(":")))
	}
	return jen.Qual(keyPath, "Append"+keyKind(t)).Call(jen.Id("dst"), value)
}

// readPart writes field = r.String() and the like.
func readPart(t *model.Type, field *jen.Statement) *jen.Statement {
	r := jen.Id("r")
	switch kind := keyKind(t); {
	case t.Kind == model.Array:
		return r.Dot("Bytes").Call(field.Index(jen.Op(":")))
	case kind == "Int":
		return field.Op("=").Qual(keyPath, "ReadInt").Index(goType(t)).Call(jen.Op("&").Id("r"))
	case t.Named.PkgPath == "":
		return field.Op("=").Add(r.Dot(kind).Call())
	default:
		return field.Op("=").Add(goType(t)).Call(r.Dot(kind).Call())
	}
}

// keyFunc writes the function that appends a key of type t: key.AppendString[string],
// appendIssueKey.
func (n *names) keyFunc(t *model.Type) *jen.Statement {
	if own, ok := n.keys[t]; ok {
		return jen.Id(own.append)
	}
	return jen.Qual(keyPath, "Append"+keyKind(t)).Index(goType(t))
}

// appendTo writes key.AppendString(dst, value) or appendIssueKey(dst, value).
func (n *names) appendTo(t *model.Type, dst, value *jen.Statement) *jen.Statement {
	if own, ok := n.keys[t]; ok {
		return jen.Id(own.append).Call(dst, value)
	}
	return jen.Qual(keyPath, "Append"+keyKind(t)).Call(dst, value)
}

// keyKind is how the key package calls the kind of t.
func keyKind(t *model.Type) string {
	switch t.Kind {
	case model.String:
		return "String"
	case model.Bool:
		return "Bool"
	}
	return "Int"
}

// shape writes a key's shape as the runtime has it: "string int64".
func shape(parts []model.KeyPart) string {
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = shapeWord(part.Type)
	}
	return strings.Join(words, " ")
}

func shapeWord(t *model.Type) string {
	switch t.Kind {
	case model.Array:
		return fmt.Sprintf("bytes%d", t.Len)
	case model.String:
		return "string"
	case model.Bool:
		return "bool"
	case model.Int8:
		return "int8"
	case model.Int16:
		return "int16"
	case model.Int32:
		return "int32"
	case model.Int, model.Int64:
		return "int64"
	case model.Uint8:
		return "uint8"
	case model.Uint16:
		return "uint16"
	case model.Uint32:
		return "uint32"
	}
	return "uint64" // uint, uintptr and uint64
}
