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
	f.Line().Add(comment("WithContext gives the same views with ctx bound to every read, for stores that are remote."))
	f.Add(n.withContext())
	for i, c := range n.pkg.Collections {
		f.Line().Add(n.collectionDef(c))
		n.view(f, i, c)
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
//		Users  UsersView
//		source brook.Source
//	}
func (n *names) viewsType() *jen.Statement {
	var fields []jen.Code
	for _, c := range n.pkg.Collections {
		fields = append(fields, jen.Id(c.GoName).Id(c.GoName+"View"))
	}
	fields = append(fields, jen.Line().Id("source").Qual(brookPath, "Source"))
	return jen.Type().Id("Views").Struct(fields...)
}

//	func newViews(s brook.Source) Views {
//		return Views{
//			Users:  UsersView{brook.ViewOf(s, 0, &usersCollection)},
//			source: s,
//		}
//	}
func (n *names) newViewsFunc() *jen.Statement {
	var fields []jen.Code
	for i, c := range n.pkg.Collections {
		fields = append(fields, line(c.GoName, jen.Id(c.GoName+"View").Add(oneLine(
			jen.Qual(brookPath, "ViewOf").
				Call(jen.Id("s"), jen.Lit(i), jen.Op("&").Id(n.collections[c].def))))))
	}
	fields = append(fields, line("source", jen.Id("s")))
	return jen.Func().Id(n.newViews).Params(jen.Id("s").Qual(brookPath, "Source")).Id("Views").
		Block(
			jen.Return(jen.Id("Views").Add(literal(fields))),
		)
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
func (n *names) view(f *jen.File, number int, c *model.Collection) {
	view := func() *jen.Statement { return jen.Id("v").Id(c.GoName + "View") }
	generic := func(name string) *jen.Statement {
		return jen.Qual(brookPath, name).Index(jen.List(goType(c.Key.Type), goType(c.Type)))
	}
	value := func() *jen.Statement { return jen.Id("v").Dot("View") }

	f.Line().Add(comment("%sView reads the collection %s.", c.GoName, c.Name))
	f.Type().Id(c.GoName + "View").Op("struct").Add(brief(generic("View")))
	for i, x := range c.Indexes {
		n.index(f, c, i, x)
	}
	n.prefixes(f, c)

	f.Line().Add(comment("Watch gives the value at key as it is, and again after every change, until ctx or the app ends."))
	f.Func().Params(view()).Id("Watch").
		Params(ctxParam("ctx"), jen.Id("key").Add(goType(c.Key.Type))).
		Add(sequence(generic("Update"), jen.Error())).Block(
		jen.Return(jen.Qual(brookPath, "Watch").Call(jen.Id("ctx"), value(), jen.Id("key"))))
	f.Line().Add(comment("Changes gives every change of the collection from the call on, until ctx or the app ends."))
	f.Func().Params(view()).Id("Changes").Params(ctxParam("ctx")).
		Add(sequence(generic("Update"), jen.Error())).Block(
		jen.Return(jen.Qual(brookPath, "Changes").Call(jen.Id("ctx"), value())))
}

func sequence(of ...jen.Code) *jen.Statement {
	return jen.Qual("iter", "Seq2").Index(jen.List(of...))
}
