package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

//	{Field: "Email", Shape: "string", Unique: true, Entries: func(v *User, e *brook.Entries) {
//		if v.Email != "" {
//			e.Add(key.AppendString(e.Bytes(), v.Email))
//		}
//	}}
func (n *names) indexDef(c *model.Collection, x *model.Index) *jen.Statement {
	tests := n.nilTests("v", c.Type, x.Path)
	field := func() *jen.Statement { return n.selector("v", c.Type, x.Path) }
	last := len(x.Path) - 1
	if x.Pointer && last >= 0 && !x.Path[last].Pointer {
		tests = append(tests, field().Op("!=").Nil())
	}
	var body jen.Code
	if x.Slice {
		body = jen.For(jen.List(jen.Id("_"), jen.Id("x")).Op(":=").Range().Add(field())).Block(
			jen.If(indexable(jen.Id("x"), x.Type)).Block(n.addEntry(x, jen.Id("x"))))
		if len(tests) > 0 {
			body = jen.If(all(tests)).Block(body)
		}
	} else {
		value := func() *jen.Statement {
			if x.Pointer {
				return jen.Op("*").Add(field())
			}
			return field()
		}
		body = jen.If(all(append(tests, indexable(value(), x.Type)))).Block(n.addEntry(x, value()))
	}
	entries := jen.Func().Params(jen.Id("v").Op("*").Add(goType(c.Type)),
		jen.Id("e").Op("*").Qual(brookPath, "Entries")).Block(body)
	fields := []jen.Code{jen.Id("Field").Op(":").Lit(x.GoName),
		jen.Id("Shape").Op(":").Lit(shape(x.Parts))}
	if x.Unique {
		fields = append(fields, jen.Id("Unique").Op(":").True())
	}
	return oneLine(append(fields, jen.Id("Entries").Op(":").Add(entries))...)
}

// e.Add(key.AppendString(e.Bytes(), v.Email))
func (n *names) addEntry(x *model.Index, value *jen.Statement) *jen.Statement {
	encode := jen.Qual(keyPath, "Append"+keyKind(x.Type))
	if own, ok := n.keys[x.Type]; ok {
		encode = jen.Id(own.append)
	}
	return jen.Id("e").Dot("Add").Call(encode.Call(jen.Id("e").Dot("Bytes").Call(), value))
}

// indexable writes the test for a value that is worth an entry.
func indexable(value *jen.Statement, t *model.Type) *jen.Statement {
	switch t.Kind {
	case model.String:
		return value.Op("!=").Lit("")
	case model.Bool:
		return value
	case model.Struct, model.Array:
		return value.Op("!=").Parens(goType(t).Values())
	}
	return value.Op("!=").Lit(0)
}

// index adds how a collection is read by one field.
func (n *names) index(f *jen.File, c *model.Collection, number int, x *model.Index) {
	view := func() *jen.Statement { return jen.Id("v").Id(c.GoName + "View") }
	ask := func() *jen.Statement { return jen.Id("value").Add(goType(x.Type)) }
	held := "is"
	if x.Slice {
		held = "holds"
	}
	if x.Unique {
		f.Line().Add(comment("By%s gives the value whose %s %s value, or brook.ErrNotFound.",
			x.GoName, x.GoName, held))
		f.Func().Params(view()).Id("By"+x.GoName).Params(ask()).Params(goType(c.Type), jen.Error()).
			Block(
				jen.Return(jen.Id("v").Dot(x.GoName + "Index").Call().Dot("First").
					Call(jen.Id("value"))))
	} else {
		f.Line().Add(comment("By%s gives the values whose %s %s value, in key order.", x.GoName,
			x.GoName, held))
		f.Func().Params(view()).Id("By" + x.GoName).Params(ask()).
			Add(sequence(goType(c.Type), jen.Error())).Block(
			jen.Return(jen.Id("v").Dot(x.GoName + "Index").Call().Dot("Values").
				Call(jen.Id("value"))))
	}
	f.Line().Add(comment("%sIndex reads the collection by %s.", x.GoName, x.GoName))
	f.Func().Params(view()).Id(x.GoName+"Index").Params().Qual(brookPath, "Index").
		Index(jen.List(goType(x.Type), goType(c.Key.Type), goType(c.Type))).Block(
		jen.Return(n.indexOf(jen.Id("v").Dot("View"), number, x)))
}

// indexOf writes brook.IndexOf(v.View, 0, key.AppendString[string]).
func (n *names) indexOf(view *jen.Statement, number int, x *model.Index) *jen.Statement {
	return jen.Qual(brookPath, "IndexOf").Call(view, jen.Lit(number), n.keyFunc(x.Type))
}

// prefixes adds a method for each number of a composite key's first fields:
//
//	func (v IssuesView) WithRepo(repo string) iter.Seq2[brook.Entry[IssueKey, Issue], error] {
//		return v.Prefix(IssueKey{Repo: repo}, 1)
//	}
func (n *names) prefixes(f *jen.File, c *model.Collection) {
	if !c.Key.Composite() {
		return
	}
	fields := c.Key.Type.Fields
	scope := newScope(n.top, "v")
	name := "With"
	var params, values []jen.Code
	for i := range fields[:max(len(fields)-1, 0)] {
		field := fields[i]
		param := scope.pick(lowerFirst(field.Name), lowerFirst(field.Name)+"Value")
		name += field.Name
		params = append(params, jen.Id(param).Add(goType(field.Type)))
		values = append(values, jen.Id(field.Name).Op(":").Id(param))
		f.Line().Add(comment("%s gives the values whose key has these first fields, in key order.",
			name))
		f.Func().Params(jen.Id("v").Id(c.GoName + "View")).Id(name).Params(params...).
			Add(sequence(jen.Qual(brookPath, "Entry").
				Index(jen.List(goType(c.Key.Type), goType(c.Type))), jen.Error())).Block(
			jen.Return(jen.Id("v").Dot("Prefix").
				Call(goType(c.Key.Type).Add(oneLine(values...)), jen.Lit(i+1))))
	}
}
