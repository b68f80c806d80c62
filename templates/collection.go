package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

//	var usersCollection = brook.Collection[string, User]{
//		Name:      "users",
//		Shape:     "string",
//		AppendKey: key.AppendString[string],
//		DecodeKey: key.DecodeString[string],
//		Key:       func(v *User) *string { return &v.ID },
//		Clone:     cloneUser,
//		Pack:      packUser,
//		Schema:    userSchema,
//		History:   true,
//		Indexes:   []brook.IndexDef[User]{…},
//	}
func (n *names) collectionDef(c *model.Collection) *jen.Statement {
	fields := []jen.Code{
		line("Name", jen.Lit(c.Name)),
		line("Shape", jen.Lit(shape(c.Key.Parts))),
		line("AppendKey", n.keyFunc(c.Key.Type)),
		line("DecodeKey", n.keyDecoder(c.Key.Type)),
	}
	if counts := fieldParts(c.Key); counts != nil {
		fields = append(fields, line("Fields", jen.Index().Int().Add(oneLine(counts...))))
	}
	if len(c.Key.Fields) > 0 {
		fields = append(fields, line("Key", n.keyField(c)))
	}
	if clone := n.cloner(c.Type); clone != nil {
		fields = append(fields, line("Clone", clone))
	}
	fields = append(fields,
		line("Pack", jen.Id(n.stored[c.Type].pack)),
		line("Schema", jen.Id(n.stored[c.Type].schema)))
	if c.History {
		fields = append(fields, line("History", jen.True()))
	}
	if len(c.Indexes) > 0 {
		var defs []jen.Code
		for _, x := range c.Indexes {
			defs = append(defs, n.indexDef(c, x))
		}
		fields = append(fields, line("Indexes",
			jen.Index().Qual(brookPath, "IndexDef").Index(goType(c.Type)).Add(literal(defs))))
	}
	return jen.Var().Id(n.collections[c].def).Op("=").Qual(brookPath, "Collection").
		Index(jen.List(goType(c.Key.Type), goType(c.Type))).Add(literal(fields))
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

//	func(v *User) *string { return &v.ID }
//
// A nil pointer on the way is filled, for there the key must go.
func (n *names) keyField(c *model.Collection) *jen.Statement {
	field := c.Key.Fields[0]
	var body []jen.Code
	for i, step := range field.Path {
		if step.Pointer {
			at := field.Path[:i+1]
			body = append(body, jen.If(n.selector("v", c.Type, at).Op("==").Nil()).Block(
				n.selector("v", c.Type, at).Op("=").New(goType(pointee(step.Type)))))
		}
	}
	found := n.selector("v", c.Type, field.Path)
	if k := len(field.Path); k > 0 && !field.Path[k-1].Pointer {
		found = jen.Op("&").Add(found)
	}
	body = append(body, jen.Return(found))
	fn := jen.Func().Params(jen.Id("v").Op("*").Add(goType(c.Type))).Op("*").Add(goType(c.Key.Type))
	if len(body) == 1 {
		return fn.Add(brief(body...))
	}
	return fn.Block(body...)
}
