package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// dispatch writes the way of an event to its handlers, and of what they give to the collections.
func dispatch(n *names) *jen.File {
	if n.pkg.Contract() {
		return nil
	}
	d := newDispatcher(n)
	f := n.file()
	f.Add(comment("%s calls the handlers of one lane.", n.dispatch))
	f.Add(d.structType())
	f.Line().Add(d.deliver())
	for _, e := range d.handled {
		f.Line().Add(d.handle(e))
	}
	for _, e := range d.buried {
		f.Line().Add(d.bury(e))
	}
	return f
}

// A dispatcher is what the methods of the dispatch type agree on.
type dispatcher struct {
	*names
	handled []*model.Event
	buried  []*model.Event // whose tombstones are handled
	members *scope         // fields and methods
	sets    map[*model.Set]string
	rows    map[*model.Collection]string
	methods map[*model.Event]string
	graves  map[*model.Event]string // methods for tombstones
}

func newDispatcher(n *names) *dispatcher {
	d := &dispatcher{
		names:   n,
		members: newScope(nil, "deliver"),
		sets:    map[*model.Set]string{},
		rows:    map[*model.Collection]string{},
		methods: map[*model.Event]string{},
		graves:  map[*model.Event]string{},
	}
	for _, s := range n.pkg.HandlerSets() {
		d.sets[s] = d.members.pick(lowerFirst(s.Name), lowerFirst(s.Name)+"Set")
	}
	for _, c := range n.pkg.Collections {
		if used(n.pkg, c) {
			d.rows[c] = d.members.pick(lowerFirst(c.GoName), lowerFirst(c.GoName)+"Rows")
		}
	}
	for _, e := range n.pkg.Events {
		if handled(n.pkg, e) {
			d.handled = append(d.handled, e)
			d.methods[e] = d.members.pick(lowerFirst(e.GoName), "on"+e.GoName)
		}
	}
	for _, e := range buried(n.pkg) {
		d.buried = append(d.buried, e)
		d.graves[e] = d.members.pick(lowerFirst(e.GoName)+"Tombstone", "on"+e.GoName+"Tombstone")
	}
	return d
}

// handled reports whether a handler takes e.
func handled(p *model.Package, e *model.Event) bool {
	return slices.ContainsFunc(p.Sets, func(s *model.Set) bool { return handlerOf(s, e) != nil })
}

// handlerOf gives the handler of e in s, or nil.
func handlerOf(s *model.Set, e *model.Event) *model.Handler {
	for _, h := range s.Handlers {
		if h.Event == e && h.Tombstone == nil {
			return h
		}
	}
	return nil
}

// used reports whether a handler reads or writes c.
func used(p *model.Package, c *model.Collection) bool {
	for _, s := range p.Sets {
		for _, h := range s.Handlers {
			if slices.ContainsFunc(h.Reads, func(r model.Read) bool { return r.Collection == c }) ||
				slices.ContainsFunc(h.Results,
					func(r model.Result) bool { return r.Collection == c }) {
				return true
			}
		}
	}
	return false
}

//	type dispatch struct {
//		projection Projection
//		users      *brook.Rows
//	}
func (d *dispatcher) structType() *jen.Statement {
	var fields []jen.Code
	for _, s := range d.pkg.HandlerSets() {
		fields = append(fields, jen.Id(d.sets[s]).Add(setType(s)))
	}
	for _, c := range d.pkg.Collections {
		if d.rows[c] != "" {
			fields = append(fields, jen.Id(d.rows[c]).Op("*").Qual(brookPath, "Rows"))
		}
	}
	return jen.Type().Id(d.dispatch).Struct(fields...)
}

func setType(s *model.Set) *jen.Statement {
	if s.Pointer {
		return jen.Op("*").Id(s.Name)
	}
	return jen.Id(s.Name)
}

func (d *dispatcher) receiver() *jen.Statement { return jen.Id("d").Op("*").Id(d.dispatch) }

//	func (d *dispatch) deliver(m *engine.Delivery) {
//		switch m.Type() {
//		case OrderPlacedType:
//			d.orderPlaced(m)
//		case ShippedType:
//			m.Discard()
//		default:
//			m.Unknown()
//		}
//	}
func (d *dispatcher) deliver() *jen.Statement {
	m := func() *jen.Statement { return jen.Id("m") }
	var cases, ignored []jen.Code
	for _, e := range d.pkg.Events {
		if d.methods[e] == "" {
			ignored = append(ignored, typeConst(e))
			continue
		}
		cases = append(cases, jen.Case(typeConst(e)).Block(jen.Id("d").Dot(d.methods[e]).Call(m())))
	}
	for _, e := range d.buried {
		cases = append(cases, jen.Case(tombstoneType(e)).Block(jen.Id("d").Dot(d.graves[e]).Call(m())))
	}
	if len(ignored) > 0 {
		cases = append(cases, jen.Case(ignored...).Block(m().Dot("Discard").Call()))
	}
	cases = append(cases, jen.Default().Block(m().Dot("Unknown").Call()))
	return jen.Func().Params(d.receiver()).Id("deliver").
		Params(m().Op("*").Qual(enginePath, "Delivery")).Block(
		jen.Switch(m().Dot("Type").Call()).Block(cases...))
}

//	func (d *dispatch) orderPlaced(m *engine.Delivery) {
//		e := engine.Decode[OrderPlaced](m, &orderPlacedEvent)
//		if e == nil {
//			return
//		}
//		m.Handle(0, func(ctx context.Context) error { … })
//	}
func (d *dispatcher) handle(e *model.Event) *jen.Statement {
	body := []jen.Code{
		jen.Id("e").Op(":=").Qual(enginePath, "Decode").Index(d.payload(e)).
			Call(jen.Id("m"), jen.Op("&").Id(d.events[e].def)),
		jen.If(jen.Id("e").Op("==").Nil()).Block(jen.Return()),
	}
	for i, s := range d.pkg.HandlerSets() {
		if h := handlerOf(s, e); h != nil {
			body = append(body, d.handleIn(i, s, h))
		}
	}
	return jen.Func().Params(d.receiver()).Id(d.methods[e]).
		Params(jen.Id("m").Op("*").Qual(enginePath, "Delivery")).Block(body...)
}

// m.Handle(0, func(ctx context.Context) error { … })
func (d *dispatcher) handleIn(number int, s *model.Set, h *model.Handler) *jen.Statement {
	ctx := jen.Qual("context", "Context")
	if h.Context {
		ctx = ctxParam("ctx")
	}
	return jen.Id("m").Dot("Handle").Call(
		jen.Lit(number), jen.Func().Params(ctx).Error().Block(d.call(s, h)...))
}
