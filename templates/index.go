package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

//	{Field: "Email", Shape: "string", Unique: true, Entries: func(row any, e *brook.Entries) {
//		v := row.(*User)
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
	entries := jen.Func().Params(jen.Id("row").Any(),
		jen.Id("e").Op("*").Qual(brookPath, "Entries")).Block(
		jen.Id("v").Op(":=").Add(valueOf(c, "row")), body)
	fields := []jen.Code{jen.Id("Field").Op(":").Lit(x.GoName),
		jen.Id("Shape").Op(":").Lit(shape(x.Parts))}
	if x.Unique {
		fields = append(fields, jen.Id("Unique").Op(":").True())
	}
	if x.PII(c.Type) {
		fields = append(fields, jen.Id("PII").Op(":").True())
	}
	return oneLine(append(fields, jen.Id("Entries").Op(":").Add(entries))...)
}

// e.Add(key.AppendString(e.Bytes(), v.Email))
func (n *names) addEntry(x *model.Index, value *jen.Statement) *jen.Statement {
	return jen.Id("e").Dot("Add").
		Call(n.appendTo(x.Type, jen.Id("e").Dot("Bytes").Call(), value))
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
	name := n.collections[c].indexes[number]
	scope := newScope(n.top, "v", "x", "e", "row", "own", "at", "ok", "err")
	value, page := scope.pick("value", "value2"), scope.pick("page", "page2")
	from, to := scope.pick("from", "from2"), scope.pick("to", "to2")
	ask := func() *jen.Statement { return jen.Id(value).Add(goType(x.Type)) }
	encoded := func(dst *jen.Statement) *jen.Statement { return n.appendTo(x.Type, dst, jen.Id(value)) }
	first := func(v string) *jen.Statement {
		return reader(v).Dot("First").Call(jen.Lit(number), encoded(keyBuffer()))
	}
	found := func(v string) *jen.Statement {
		return reader(v).Dot("Find").Call(jen.Lit(number), encoded(jen.Nil()))
	}
	held := "is"
	if x.Slice {
		held = "holds"
	}
	by := jen.Func().Params(viewOf(c)).Id("By" + x.GoName).Params(ask())
	if x.Unique {
		f.Line().Add(comment("By%s returns the value whose %s %s %s, or brook.ErrNotFound.",
			x.GoName, x.GoName, held, value))
		f.Add(by.Params(n.valueResults(c)...).Block(
			jen.Id("row").Op(":=").Add(first("v")),
			jen.If(jen.List(jen.Id("at"), jen.Id("ok")).Op(":=").Add(valueOf(c, "row.Value")),
				jen.Id("ok")).Block(jen.Id("own").Op("=").Op("*").Id("at")),
			jen.Return(jen.Id("own"), jen.Id("row").Dot("End").Call())))
	} else {
		f.Line().Add(comment("By%s yields the values whose %s %s %s, in key order.", x.GoName,
			x.GoName, held, value))
		f.Add(by.Add(sequence(goType(c.Type), jen.Error())).Block(jen.Return(
			jen.Qual(brookPath, "ScanValues").Index(goType(c.Type)).Call(found("v")))))
	}
	f.Line().Add(comment("%sIndex reads the collection by %s.", x.GoName, x.GoName))
	f.Func().Params(viewOf(c)).Id(x.GoName+"Index").Params().Qual(brookPath, "Index").
		Index(jen.List(goType(x.Type), goType(c.Key.Type), goType(c.Type))).Block(
		jen.Return(pointerTo(name).Call(jen.Id("v"))))

	f.Line().Type().Id(name).Qual(brookPath, "RowReader")
	method := func(method string, more ...jen.Code) *jen.Statement {
		return jen.Func().Params(jen.Id("x").Op("*").Id(name)).Id(method).
			Params(append([]jen.Code{ask()}, more...)...)
	}
	f.Line().Add(method("Get").Params(jen.Id("e").Add(typed("Entry", c)), jen.Err().Error()).Block(
		jen.Err().Op("=").Qual(brookPath, "Fill").
			Call(jen.Op("&").Id("e"), first("x"), n.keyDecoder(c.Key.Type)),
		jen.Return(jen.Id("e"), jen.Err())))
	f.Line().Add(method("All").Add(sequence(typed("Entry", c), jen.Error())).Block(
		jen.Return(n.scanned(c, found("x")))))
	f.Line().Add(method("Page", jen.Id(page).Qual(brookPath, "Page").Index(goType(c.Key.Type))).
		Add(sequence(typed("Entry", c), jen.Error())).
		Block(jen.Return(n.scanned(c, n.pageOf(c, found("x"), page)))))
	bound := func(name string) *jen.Statement { return n.appendTo(x.Type, jen.Nil(), jen.Id(name)) }
	f.Line().Func().Params(jen.Id("x").Op("*").Id(name)).Id("Range").
		Params(jen.List(jen.Id(from), jen.Id(to).Add(goType(x.Type)))).
		Add(sequence(typed("Entry", c), jen.Error())).Block(jen.Return(n.scanned(c,
		reader("x").Dot("FindRange").Call(jen.Lit(number), bound(from), bound(to)))))
}

// prefixes adds a method for each number of a composite key's first fields:
//
//	func (v *IssuesView) WithRepo(repo string) iter.Seq2[brook.Entry[IssueKey, Issue], error] {
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
		f.Line().Add(comment("%s yields the entries whose key has these first fields, in key order.",
			name))
		f.Func().Params(viewOf(c)).Id(name).Params(params...).
			Add(sequence(typed("Entry", c), jen.Error())).Block(
			jen.Return(jen.Id("v").Dot("Prefix").
				Call(goType(c.Key.Type).Add(oneLine(values...)), jen.Lit(i+1))))
	}
}
