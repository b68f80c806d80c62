package templates

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// app writes App, and how one is made.
func app(n *names) *jen.File {
	if n.pkg.Contract() {
		return nil
	}
	f := n.file()
	f.Add(n.appDoc())
	f.Type().Id("App").Struct(
		jen.Op("*").Qual(enginePath, "App"),
		jen.Id("Views").Id("Views").Comment("to read at any time"),
		jen.Id("Publish").Id(n.publish).Comment("sends events through the driver"),
		jen.Id("Process").Id(n.process).Comment("applies events at once, without the driver"),
	)
	d := newDispatcher(n)
	f.Line()
	switch len(n.pkg.Sets) {
	case 0:
		f.Add(comment("NewApp makes an App. Close it when done."))
	case 1:
		f.Add(comment("NewApp makes an App of the package's handler set. Close it when done."))
	default:
		f.Add(comment("NewApp makes an App of the package's handler sets, which stand in the order of their types' declarations: by file name, " +
			"then by place. For one event they run in that order. Close the App when done."))
	}
	f.Add(d.newApp())
	f.Line().Add(comment("%s returns the event type whose payload data points to, for PublishAll.",
		n.eventOf))
	f.Add(n.eventOfFunc())
	n.publishers(f)
	n.processors(f)
	return f
}

// appDoc says what an App has, with the methods of Publish and Process, whose types are not
// documented.
func (n *names) appDoc() *jen.Statement {
	var doc []jen.Code
	paragraph := func(text string) {
		if len(doc) > 0 {
			doc = append(doc, jen.Line(), jen.Comment("//"), jen.Line())
		}
		doc = append(doc, comment("%s", text))
	}
	paragraph("App runs the package's handlers and holds its views. Run, WaitFor, DeadLetters, Redrive, Drop, Rebuild, PublishAll " +
		"and Close are those of engine.App.")
	if events := sent(n.pkg); len(events) > 0 {
		e := events[0]
		paragraph("Publish has a method for each event that the package sends or handles, in the form of")
		doc = append(doc, jen.Line(), jen.Comment("//"), jen.Line(),
			jen.Comment(fmt.Sprintf("//\tPublish.%s(ctx, %s{…}, options…) (brook.Position, error)",
				e.GoName, n.written(e))))
	}
	for _, e := range n.pkg.Events {
		if handled(n.pkg, e) {
			paragraph("Process has one for each event that is handled:")
			doc = append(doc, jen.Line(), jen.Comment("//"), jen.Line(),
				jen.Comment(fmt.Sprintf("//\tProcess.%s(ctx, %s{…}) error", e.GoName,
					n.written(e))))
			break
		}
	}
	return jen.Add(doc...)
}

// written is the type of an event's data as documentation writes it.
func (n *names) written(e *model.Event) string {
	switch {
	case e.Alias != "":
		return e.Alias
	case e.Foreign():
		return e.Type.Named.PkgName + "." + e.Type.Named.Name
	}
	return e.Type.Named.Name
}

//	func NewApp(config brook.Config, projection Projection) (*App, error) {
//		app, err := engine.NewApp(config, &engine.Definition{…})
//		if err != nil {
//			return nil, err
//		}
//		return &App{App: app, Views: newViews(app.Source()), Publish: publish{app}, Process: process{app}}, nil
//	}
func (d *dispatcher) newApp() *jen.Statement {
	scope := newScope(d.top, "app", "config", "ctx", "d", "err", "j", "tx", "w")
	params := []jen.Code{jen.Id("config").Qual(brookPath, "Config")}
	var body []jen.Code
	given := map[*model.Set]string{}
	for _, s := range d.pkg.Sets {
		name := scope.pick(lowerFirst(s.Name), lowerFirst(s.Name)+"Set")
		given[s] = name
		params = append(params, jen.Id(name).Add(setType(s)))
		if s.Pointer {
			body = append(body, jen.If(jen.Id(name).Op("==").Nil()).Block(jen.Return(
				jen.Nil(), jen.Qual("fmt", "Errorf").Call(jen.Lit("%w: NewApp got a nil *"+s.Name),
					jen.Qual(brookPath, "ErrConfig")))))
		}
	}
	made := oneLine(
		jen.Id("App").Op(":").Id("app"),
		jen.Id("Views").Op(":").Id(d.newViews).Call(jen.Id("app").Dot("Source").Call()),
		jen.Id("Publish").Op(":").Id(d.publish).Add(oneLine(jen.Id("app"))),
		jen.Id("Process").Op(":").Id(d.process).Add(oneLine(jen.Id("app"))),
	)
	body = append(body,
		jen.List(jen.Id("app"), jen.Err()).Op(":=").Qual(enginePath, "NewApp").Call(
			jen.Id("config"), jen.Op("&").Qual(enginePath, "Definition").
				Add(literal(d.definition(given)))),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
		jen.Return(jen.Op("&").Id("App").Add(made), jen.Nil()),
	)
	return jen.Func().Id("NewApp").Params(params...).Params(jen.Op("*").Id("App"), jen.Error()).
		Block(body...)
}

func (d *dispatcher) definition(given map[*model.Set]string) []jen.Code {
	var sets, events, discards []jen.Code
	for _, s := range d.pkg.HandlerSets() {
		sets = append(sets, jen.Lit(s.Name))
	}
	for _, e := range d.pkg.Events {
		events = append(events, jen.Op("&").Id(d.events[e].def))
		if e.Discard {
			discards = append(discards, typeConst(e))
		}
	}
	var fields []jen.Code
	for _, e := range d.buried {
		events = append(events, jen.Op("&").Id(d.events[e].tombstone))
	}
	add := func(name string, list jen.Code, values []jen.Code) {
		if len(values) > 0 {
			fields = append(fields, line(name, jen.Index().Add(list).Add(oneLine(values...))))
		}
	}
	add("Sets", jen.String(), sets)
	if len(d.pkg.Collections) > 0 {
		fields = append(fields, line("Collections", jen.Id(d.collectionDefs)))
	}
	add("Events", jen.Op("*").Qual(brookPath, "EventDef"), events)
	if handlers := d.handlers(); len(handlers) > 0 {
		fields = append(fields,
			line("Handlers", jen.Index().Qual(enginePath, "Handler").Add(literal(handlers))),
			line("Code", jen.Id(d.handlerCode)))
	}
	if workers := d.workers(given); len(workers) > 0 {
		fields = append(fields,
			line("Workers", jen.Index().Qual(enginePath, "Worker").Add(literal(workers))))
	}
	add("Discards", jen.String(), discards)
	return append(fields, line("Lane", d.lane(given)), line("EventOf", jen.Id(d.eventOf)))
}

// {Set: 0, Name: "OrderPlaced", Event: OrderPlacedType, Reads: []int{0}, Writes: []int{1, 0}},
func (d *dispatcher) handlers() []jen.Code {
	var all []jen.Code
	for i, s := range d.pkg.HandlerSets() {
		for _, h := range d.handlersOf(s) {
			fields := []jen.Code{
				jen.Id("Set").Op(":").Lit(i),
				jen.Id("Name").Op(":").Lit(h.Name),
				jen.Id("Event").Op(":").Add(handlerType(h)),
			}
			var reads, writes []int
			var indexes []jen.Code
			for _, r := range h.Reads {
				c := slices.Index(d.pkg.Collections, r.Collection)
				if r.Index == nil {
					reads = unique(reads, c)
					continue
				}
				indexes = append(indexes, oneLine(
					jen.Id("Collection").Op(":").Lit(c), jen.Id("Index").Op(":").
						Lit(slices.Index(r.Collection.Indexes, r.Index))))
			}
			for _, r := range h.Results {
				if r.Kind == model.Change {
					writes = unique(writes, slices.Index(d.pkg.Collections, r.Collection))
				}
			}
			var timers []jen.Code
			for _, e := range d.pkg.Events {
				if slices.ContainsFunc(h.Results, func(r model.Result) bool {
					return r.Kind == model.Timer && r.Event == e
				}) {
					timers = append(timers, typeConst(e))
				}
			}
			if len(reads) > 0 {
				fields = append(fields,
					jen.Id("Reads").Op(":").Index().Int().Add(oneLine(literals(reads)...)))
			}
			if len(indexes) > 0 {
				fields = append(fields, jen.Id("Indexes").Op(":").Index().
					Qual(enginePath, "IndexRef").Add(oneLine(indexes...)))
			}
			if len(writes) > 0 {
				fields = append(fields,
					jen.Id("Writes").Op(":").Index().Int().Add(oneLine(literals(writes)...)))
			}
			if len(timers) > 0 {
				fields = append(fields,
					jen.Id("Timers").Op(":").Index().String().Add(oneLine(timers...)))
			}
			if slices.ContainsFunc(h.Results,
				func(r model.Result) bool { return r.Kind != model.Change }) {
				fields = append(fields, jen.Id("Acts").Op(":").True())
			}
			if emits := emitted(h.Results); len(emits) > 0 {
				fields = append(fields,
					jen.Id("Emits").Op(":").Index().String().Add(oneLine(emits...)))
			}
			if jobs := requested(h.Results); len(jobs) > 0 {
				fields = append(fields,
					jen.Id("Jobs").Op(":").Index().String().Add(oneLine(jobs...)))
			}
			fields = append(fields, proof(h)...)
			all = append(all, oneLine(fields...))
		}
	}
	return all
}

// proof says whether the handler's body was proved to stay within its event's key, or else what is
// in the way.
func proof(h *model.Handler) []jen.Code {
	switch {
	case h.Obstacle != "": // which the runtime sees as well
		return nil
	case len(h.Doubts) == 0:
		return []jen.Code{jen.Id("Proved").Op(":").True()}
	case h.Partitioned:
		return []jen.Code{jen.Id("Partitioned").Op(":").True()}
	}
	return []jen.Code{jen.Id("Doubt").Op(":").Lit(h.Doubts[0].Text)}
}

func unique(list []int, n int) []int {
	if slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

func literals(list []int) []jen.Code {
	var codes []jen.Code
	for _, n := range list {
		codes = append(codes, jen.Lit(n))
	}
	return codes
}

//	func(tx *engine.Tx) func(*engine.Delivery) {
//		d := &dispatch{projection: projection, users: brook.RowsOf(tx, 0, &usersCollection)}
//		return d.deliver
//	}
func (d *dispatcher) lane(given map[*model.Set]string) *jen.Statement {
	var fields []jen.Code
	for _, s := range d.pkg.HandlerSets() {
		fields = append(fields, line(d.sets[s], jen.Id(given[s])))
	}
	for i, c := range d.pkg.Collections {
		if d.rows[c] != "" {
			fields = append(fields, line(d.rows[c], jen.Qual(brookPath, "RowsOf").Call(
				jen.Id("tx"), jen.Lit(i), jen.Op("&").Id(d.collections[c].def))))
		}
	}
	tx := "tx"
	if len(d.rows) == 0 {
		tx = "_"
	}
	return jen.Func().Params(jen.Id(tx).Op("*").Qual(enginePath, "Tx")).Func().
		Params(jen.Op("*").Qual(enginePath, "Delivery")).Block(
		jen.Id("d").Op(":=").Op("&").Id(d.dispatch).Add(literal(fields)),
		jen.Return(jen.Id("d").Dot("deliver")),
	)
}
