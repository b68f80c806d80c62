package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

//	var usersCollection = brook.Collection{
//		Name:  "users",
//		Shape: "string",
//		Cast: func(v any) any {
//			if at, ok := v.(*User); ok {
//				return at
//			}
//			return new(User)
//		},
//		Copy:    cloneUser,
//		Key:     func(v any) any { return &v.(*User).ID },
//		Pack:    func(c *pack.Coder, v any) { packUser(c, v.(*User)) },
//		Schema:  userSchema,
//		History: true,
//		PII:     []string{"email"},
//		Indexes: []brook.IndexDef{…},
//	}
func (n *names) collectionDef(c *model.Collection) *jen.Statement {
	fields := []jen.Code{
		line("Name", jen.Lit(c.Name)),
		line("Shape", jen.Lit(shape(c.Key.Parts))),
	}
	if counts := fieldParts(c.Key); counts != nil {
		fields = append(fields, line("Fields", jen.Index().Int().Add(oneLine(counts...))))
	}
	fields = append(fields, line("Cast", jen.Func().Params(jen.Id("v").Any()).Any().Block(
		jen.If(jen.List(jen.Id("at"), jen.Id("ok")).Op(":=").Add(valueOf(c, "v")), jen.Id("ok")).
			Block(jen.Return(jen.Id("at"))),
		jen.Return(jen.New(goType(c.Type))))))
	if clone := n.cloner(c.Type); clone != nil {
		fields = append(fields, line("Copy", clone))
	} else {
		fields = append(fields, line("Copy",
			jen.Func().Params(jen.List(jen.Id("dst"), jen.Id("src")).Any()).Error().Block(
				jen.Op("*").Add(valueOf(c, "dst")).Op("=").Op("*").Add(valueOf(c, "src")),
				jen.Return(jen.Nil()))), line("Plain", jen.True()))
	}
	if len(c.Key.Fields) > 0 {
		fields = append(fields, line("Key", n.keyField(c)))
	}
	fields = append(fields,
		line("Pack", jen.Func().
			Params(jen.Id("c").Op("*").Qual(packPath, "Coder"), jen.Id("v").Any()).
			Add(brief(jen.Id(n.stored[c.Type].pack).Call(jen.Id("c"), valueOf(c, "v"))))),
		line("Schema", jen.Id(n.stored[c.Type].schema)))
	if c.History {
		fields = append(fields, line("History", jen.True()))
	}
	fields = append(fields, pii(model.PII(c.Type))...)
	if len(c.Indexes) > 0 {
		var defs []jen.Code
		for _, x := range c.Indexes {
			defs = append(defs, n.indexDef(c, x))
		}
		fields = append(fields, line("Indexes",
			jen.Index().Qual(brookPath, "IndexDef").Add(literal(defs))))
	}
	return jen.Var().Id(n.collections[c].def).Op("=").Qual(brookPath, "Collection").
		Add(literal(fields))
}

// valueOf writes v.(*User).
func valueOf(c *model.Collection, v string) *jen.Statement {
	return jen.Id(v).Assert(jen.Op("*").Add(goType(c.Type)))
}

// fieldParts counts the parts of each field of a composite key; nil where each has one.
func fieldParts(k *model.Key) []jen.Code {
	if !k.Composite() || len(k.Parts) == len(k.Type.Fields) {
		return nil
	}
	var counts []jen.Code
	for _, field := range k.Type.Fields {
		n := 0
		for _, part := range k.Parts {
			if part.Path[0].Name == field.Name {
				n++
			}
		}
		counts = append(counts, jen.Lit(n))
	}
	return counts
}

// keyDecoder writes key.DecodeString[string] or decodeIssueKey.
func (n *names) keyDecoder(t *model.Type) *jen.Statement {
	if own, ok := n.keys[t]; ok {
		return jen.Id(own.decode)
	}
	return jen.Qual(keyPath, "Decode"+keyKind(t)).Index(goType(t))
}

//	func(v any) any { return &v.(*User).ID }
//
// A nil pointer on the way is filled, for there the key must go.
func (n *names) keyField(c *model.Collection) *jen.Statement {
	field := c.Key.Fields[0]
	var body []jen.Code
	for i, step := range field.Path {
		if step.Pointer {
			at := field.Path[:i+1]
			body = append(body, jen.If(n.selector("at", c.Type, at).Op("==").Nil()).Block(
				n.selector("at", c.Type, at).Op("=").New(goType(pointee(step.Type)))))
		}
	}
	found := n.selector("at", c.Type, field.Path)
	if k := len(field.Path); k > 0 && !field.Path[k-1].Pointer {
		found = jen.Op("&").Add(found)
	}
	body = slices.Concat([]jen.Code{jen.Id("at").Op(":=").Add(valueOf(c, "v"))}, body,
		[]jen.Code{jen.Return(found)})
	return jen.Func().Params(jen.Id("v").Any()).Any().Block(body...)
}
