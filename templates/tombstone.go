package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// buried are the events whose tombstones are handled.
func buried(p *model.Package) []*model.Event {
	var events []*model.Event
	for _, e := range p.Events {
		if tombstoneKey(p, e) != nil {
			events = append(events, e)
		}
	}
	return events
}

// tombstoneKey is the key that tombstones of e are handled with, or nil.
func tombstoneKey(p *model.Package, e *model.Event) *model.Key {
	for _, s := range p.Sets {
		if h := burierOf(s, e); h != nil {
			return h.Tombstone
		}
	}
	return nil
}

// burierOf gives the handler of e's tombstones in s, or nil.
func burierOf(s *model.Set, e *model.Event) *model.Handler {
	for _, h := range s.Handlers {
		if h.Event == e && h.Tombstone != nil {
			return h
		}
	}
	return nil
}

// tombstoneType writes UserChangedType + brook.TombstoneSuffix.
func tombstoneType(e *model.Event) *jen.Statement {
	return typeConst(e).Op("+").Qual(brookPath, "TombstoneSuffix")
}

// handlerType writes the type by which the runtime knows what a handler takes.
func handlerType(h *model.Handler) *jen.Statement {
	if h.Tombstone != nil {
		return tombstoneType(h.Event)
	}
	return typeConst(h.Event)
}

//	var userChangedTombstone = brook.EventDef{
//		Type:      UserChangedType + brook.TombstoneSuffix,
//		Topic:     "users",
//		Shape:     "string",
//		Tombstone: true,
//	}
func (n *names) tombstoneDef(e *model.Event) *jen.Statement {
	fields := []jen.Code{line("Type", tombstoneType(e))}
	if len(e.Was) > 0 {
		var was []jen.Code
		for _, name := range e.Was {
			was = append(was, jen.Lit(name).Op("+").Qual(brookPath, "TombstoneSuffix"))
		}
		fields = append(fields, line("Was", jen.Index().String().Add(oneLine(was...))))
	}
	if e.Topic != "" {
		fields = append(fields, line("Topic", jen.Lit(e.Topic)))
	}
	fields = append(fields, line("Shape", jen.Lit(shape(tombstoneKey(n.pkg, e).Parts))),
		line("Tombstone", jen.True()))
	return jen.Var().Id(n.events[e].tombstone).Op("=").Qual(brookPath, "EventDef").
		Add(literal(fields))
}

//	func (d *dispatch) userChangedTombstone(m *engine.Delivery) {
//		e := engine.Bury[string, UserChanged](m, &userChangedTombstone, key.DecodeString[string])
//		if e == nil {
//			return
//		}
//		m.Handle(0, func(ctx context.Context) error { … })
//	}
func (d *dispatcher) bury(e *model.Event) *jen.Statement {
	k := tombstoneKey(d.pkg, e).Type
	body := []jen.Code{
		jen.Id("e").Op(":=").Qual(enginePath, "Bury").Types(goType(k), d.payload(e)).
			Call(jen.Id("m"), jen.Op("&").Id(d.events[e].tombstone), d.keyDecoder(k)),
		jen.If(jen.Id("e").Op("==").Nil()).Block(jen.Return()),
	}
	for i, s := range d.pkg.HandlerSets() {
		if h := burierOf(s, e); h != nil {
			body = append(body, d.handleIn(i, s, h))
		}
	}
	return jen.Func().Params(d.receiver()).Id(d.graves[e]).
		Params(jen.Id("m").Op("*").Qual(enginePath, "Delivery")).Block(body...)
}

// handlersOf are the handlers of a set as the runtime counts them: those of events, in their order,
// and then those of tombstones.
func (d *dispatcher) handlersOf(s *model.Set) []*model.Handler {
	var all []*model.Handler
	for _, e := range d.handled {
		if h := handlerOf(s, e); h != nil {
			all = append(all, h)
		}
	}
	for _, e := range d.buried {
		if h := burierOf(s, e); h != nil {
			all = append(all, h)
		}
	}
	return all
}
