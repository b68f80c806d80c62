package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// views writes Views and, per collection, its definition and its typed view.
func views(n *names) *jen.File {
	if n.pkg.Contract() {
		return nil
	}
	f := n.file()
	f.Add(n.viewsDoc())
	f.Add(n.viewsType())
	f.Line().Add(n.newViewsFunc())
	f.Line().Add(comment("Snapshot calls f with views that all stand at one instant. It may call f more than once, with a store " +
		"that can't hold still; f's error ends it and is returned."))
	f.Add(n.snapshot())
	f.Line().Add(comment("WithContext returns the same views with ctx bound to every read, for stores that are remote."))
	f.Add(n.withContext())
	for _, c := range n.pkg.Collections {
		f.Line().Add(n.collectionDef(c))
		n.view(f, c)
	}
	return f
}

func (n *names) viewsDoc() *jen.Statement {
	if len(n.pkg.Collections) == 0 {
		return comment("Views is empty: the package has no collections.")
	}
	return comment("Views are the package's collections as they were committed last. They are safe for concurrent use, and " +
		"values that they give are the caller's own.")
}

//	type Views struct {
//		Users  *UsersView
//		source brook.Source
//	}
func (n *names) viewsType() *jen.Statement {
	var fields []jen.Code
	for _, c := range n.pkg.Collections {
		fields = append(fields, jen.Id(c.GoName).Op("*").Id(c.GoName+"View"))
	}
	fields = append(fields, jen.Line().Id("source").Qual(brookPath, "Source"))
	return jen.Type().Id("Views").Struct(fields...)
}

// var collections = []*brook.Collection{&usersCollection}
//
//	func newViews(s brook.Source) Views {
//		rows := brook.RowReaders(s, collections)
//		return Views{
//			Users:  (*UsersView)(&rows[0]),
//			source: s,
//		}
//	}
func (n *names) newViewsFunc() *jen.Statement {
	var fields, defs []jen.Code
	for i, c := range n.pkg.Collections {
		defs = append(defs, jen.Op("&").Id(n.collections[c].def))
		fields = append(fields, line(c.GoName,
			pointerTo(c.GoName+"View").Call(jen.Op("&").Id("rows").Index(jen.Lit(i)))))
	}
	fields = append(fields, line("source", jen.Id("s")))
	body := []jen.Code{jen.Return(jen.Id("Views").Add(literal(fields)))}
	all := &jen.Statement{}
	if len(defs) > 0 {
		body = append([]jen.Code{jen.Id("rows").Op(":=").Qual(brookPath, "RowReaders").
			Call(jen.Id("s"), jen.Id(n.collectionDefs))}, body...)
		all = jen.Var().Id(n.collectionDefs).Op("=").Index().Op("*").Qual(brookPath, "Collection").
			Add(oneLine(defs...)).Line().Line()
	}
	return all.Func().Id(n.newViews).Params(jen.Id("s").Qual(brookPath, "Source")).Id("Views").
		Block(body...)
}

//	func (v Views) Snapshot(ctx context.Context, f func(Views) error) error {
//		return v.source.WithContext(ctx).Snapshot(func(s brook.Source) error { return f(newViews(s)) })
//	}
func (n *names) snapshot() *jen.Statement {
	return jen.Func().Params(jen.Id("v").Id("Views")).Id("Snapshot").
		Params(ctxParam("ctx"), jen.Id("f").Func().Params(jen.Id("Views")).Error()).Error().Block(
		jen.Return(jen.Id("v").Dot("source").Dot("WithContext").Call(jen.Id("ctx")).Dot("Snapshot").
			Call(
				jen.Func().Params(jen.Id("s").Qual(brookPath, "Source")).Error().Add(brief(
					jen.Return(jen.Id("f").Call(jen.Id(n.newViews).Call(jen.Id("s")))))),
			)),
	)
}

// func (v Views) WithContext(ctx context.Context) Views { return
// newViews(v.source.WithContext(ctx)) }
func (n *names) withContext() *jen.Statement {
	return jen.Func().Params(jen.Id("v").Id("Views")).Id("WithContext").Params(ctxParam("ctx")).
		Id("Views").Block(
		jen.Return(jen.Id(n.newViews).
			Call(jen.Id("v").Dot("source").Dot("WithContext").Call(jen.Id("ctx")))),
	)
}

func ctxParam(name string) *jen.Statement { return jen.Id(name).Qual("context", "Context") }

// view adds what can be asked of one collection.
func (n *names) view(f *jen.File, c *model.Collection) {
	scope := newScope(n.top, "v", "row", "own", "end", "at", "ok", "err")
	k, ctx := scope.pick("k", "keyOf"), scope.pick("ctx", "context2")
	from, to, count := scope.pick("from", "from2"), scope.pick("to", "to2"), scope.pick("n", "n2")
	page := scope.pick("page", "page2")
	encoded := func(dst *jen.Statement, k string) *jen.Statement {
		return n.appendTo(c.Key.Type, dst, jen.Id(k))
	}
	param := func(name string) *jen.Statement { return jen.Id(name).Add(goType(c.Key.Type)) }
	method := func(name, doc string, params ...jen.Code) *jen.Statement {
		f.Line().Add(comment("%s %s", name, doc))
		return f.Func().Params(viewOf(c)).Id(name).Params(params...)
	}
	entries := func() *jen.Statement { return sequence(typed("Entry", c), jen.Error()) }
	updates := func() *jen.Statement { return sequence(typed("Update", c), jen.Error()) }
	updatesOf := func(w *jen.Statement) jen.Code {
		return jen.Return(typed("Updates", c).Call(w, n.keyDecoder(c.Key.Type)))
	}

	f.Line().Add(comment("%sView reads the collection %s. It is a brook.View.", c.GoName, c.Name))
	f.Type().Id(c.GoName+"View").Qual(brookPath, "RowReader")
	method("Get", "returns the value at "+k+", or brook.ErrNotFound.", param(k)).
		Params(n.valueResults(c)...).
		Block(n.ownValue(c, reader("v").Dot("Get").Call(encoded(keyBuffer(), k)))...)
	method("Lookup", "returns the value at "+k+" and true, or false if there is none.", param(k)).
		Params(jen.Id("own").Add(goType(c.Type)), jen.Id("ok").Bool(), jen.Err().Error()).
		Block(
			jen.List(jen.Id("row"), jen.Id("end")).Op(":=").
				Add(reader("v").Dot("Lookup").Call(encoded(keyBuffer(), k))),
			jen.List(jen.Id("at"), jen.Id("ok")).Op(":=").Add(valueOf(c, "row")),
			jen.If(jen.Id("ok")).Block(jen.Id("own").Op("=").Op("*").Id("at")),
			jen.Return(jen.Id("own"), jen.Id("ok"), jen.Id("end").Dot("End").Call()))
	method("Has", "reports whether there is a value at "+k+".", param(k)).
		Params(jen.Bool(), jen.Error()).
		Block(jen.Return(reader("v").Dot("Has").Call(encoded(keyBuffer(), k))))
	method("Len", "returns the number of values.").Params(jen.Int(), jen.Error()).
		Block(jen.Return(reader("v").Dot("Len").Call()))
	method("All", "yields every entry, in key order.").Add(entries()).
		Block(jen.Return(n.scanned(c, reader("v").Dot("All").Call())))
	method("Range", "yields the entries from "+from+" to before "+to+", in key order.",
		jen.List(jen.Id(from), param(to))).Add(entries()).
		Block(jen.Return(n.scanned(c, reader("v").Dot("Range").
			Call(encoded(jen.Nil(), from), encoded(jen.Nil(), to)))))
	method("Prefix", "yields the entries whose key has the same first "+count+" fields as "+k+
		", in key order.", param(k), jen.Id(count).Int()).Add(entries()).
		Block(jen.Return(n.scanned(c, reader("v").Dot("Prefix").
			Call(encoded(jen.Nil(), k), jen.Id(count)))))
	method("Page", "yields some of the entries, in key order or its reverse.",
		jen.Id(page).Qual(brookPath, "Page").Index(goType(c.Key.Type))).Add(entries()).
		Block(jen.Return(n.scanned(c, n.pageOf(c, reader("v").Dot("All").Call(), page))))
	n.prefixes(f, c)
	for i, x := range c.Indexes {
		n.index(f, c, i, x)
	}
	method("Watch", "yields the value at "+k+" as it is, and again after every change, until "+ctx+
		" or the app ends.", ctxParam(ctx), param(k)).Add(updates()).
		Block(updatesOf(reader("v").Dot("Watch").Call(jen.Id(ctx), encoded(jen.Nil(), k))))
	method("Changes", "yields every change of the collection from the call on, until "+ctx+
		" or the app ends.", ctxParam(ctx)).Add(updates()).
		Block(updatesOf(reader("v").Dot("Changes").Call(jen.Id(ctx))))
}

// viewOf writes v *UsersView.
func viewOf(c *model.Collection) *jen.Statement { return jen.Id("v").Op("*").Id(c.GoName + "View") }

// reader writes (*brook.RowReader)(v).
func reader(v string) *jen.Statement {
	return jen.Parens(jen.Op("*").Qual(brookPath, "RowReader")).Call(jen.Id(v))
}

// pointerTo writes (*UsersView).
func pointerTo(name string) *jen.Statement { return jen.Parens(jen.Op("*").Id(name)) }

// keyBuffer writes brook.KeyBuffer().
func keyBuffer() *jen.Statement { return jen.Qual(brookPath, "KeyBuffer").Call() }

// typed writes brook.Entry[string, User].
func typed(name string, c *model.Collection) *jen.Statement {
	return jen.Qual(brookPath, name).Index(jen.List(goType(c.Key.Type), goType(c.Type)))
}

// scanned writes brook.ScanEntries[string, User](scan, key.DecodeString[string]).
func (n *names) scanned(c *model.Collection, scan *jen.Statement) *jen.Statement {
	return typed("ScanEntries", c).Call(scan, n.keyDecoder(c.Key.Type))
}

// pageOf writes brook.PageOf(scan, page, key.AppendString[string]).
func (n *names) pageOf(c *model.Collection, scan *jen.Statement, page string) *jen.Statement {
	return jen.Qual(brookPath, "PageOf").Call(scan, jen.Id(page), n.keyFunc(c.Key.Type))
}

// valueResults writes value User, err error.
func (n *names) valueResults(c *model.Collection) []jen.Code {
	return []jen.Code{jen.Id("own").Add(goType(c.Type)), jen.Err().Error()}
}

// ownValue writes how a row becomes a value:
//
//	row, end := (*brook.RowReader)(v).Get(…)
//	if at, ok := row.(*User); ok {
//		own = *at
//	}
//	return own, end.End()
func (n *names) ownValue(c *model.Collection, reading *jen.Statement) []jen.Code {
	return []jen.Code{
		jen.List(jen.Id("row"), jen.Id("end")).Op(":=").Add(reading),
		jen.If(jen.List(jen.Id("at"), jen.Id("ok")).Op(":=").Add(valueOf(c, "row")), jen.Id("ok")).
			Block(jen.Id("own").Op("=").Op("*").Id("at")),
		jen.Return(jen.Id("own"), jen.Id("end").Dot("End").Call()),
	}
}

func sequence(of ...jen.Code) *jen.Statement {
	return jen.Qual("iter", "Seq2").Index(jen.List(of...))
}
