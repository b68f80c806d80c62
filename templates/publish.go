package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// sent are the events that app.Publish has a method for: all that the package does not merely
// discard.
func sent(p *model.Package) []*model.Event {
	var events []*model.Event
	for _, e := range p.Events {
		if !e.Discard {
			events = append(events, e)
		}
	}
	return events
}

//	func eventOf(data any) *brook.EventDef {
//		switch data.(type) {
//		case *OrderPlaced:
//			return &orderPlacedEvent
//		}
//		return nil
//	}
func (n *names) eventOfFunc() *jen.Statement {
	var cases []jen.Code
	for _, e := range n.pkg.Events {
		cases = append(cases, jen.Case(jen.Op("*").Add(n.payload(e))).
			Block(jen.Return(jen.Op("&").Id(n.events[e].def))))
	}
	head := jen.Func().Id(n.eventOf).Params(jen.Id("data").Any()).Op("*").Qual(brookPath, "EventDef")
	if len(cases) == 0 {
		return head.Block(jen.Return(jen.Nil()))
	}
	return head.Block(jen.Switch(jen.Id("data").Assert(jen.Type())).Block(cases...),
		jen.Return(jen.Nil()))
}

// publishers adds the methods of app.Publish:
//
//	func (p *publish) OrderPlaced(ctx context.Context, data OrderPlaced, options ...brook.PublishOption) (brook.Position, error) {
//		return engine.Publish(ctx, p.app, &orderPlacedEvent, &data, options)
//	}
func (n *names) publishers(f *jen.File) {
	f.Line().Type().Id(n.publish).Add(holder())
	for _, e := range sent(n.pkg) {
		f.Line().Add(comment("%s publishes data as %s and returns its position in the log.", e.GoName,
			e.Name))
		f.Func().Params(jen.Id("p").Op("*").Id(n.publish)).Id(e.GoName).Params(
			ctxParam("ctx"), jen.Id("data").Add(n.payload(e)),
			jen.Id("options").Op("...").Qual(brookPath, "PublishOption"),
		).Params(jen.Qual(brookPath, "Position"), jen.Error()).Block(
			jen.Return(jen.Qual(enginePath, "Publish").Call(n.withApp(e, jen.Id("options"))...)))
	}
}

// processors adds the methods of app.Process:
//
//	func (p *process) OrderPlaced(ctx context.Context, data OrderPlaced) error {
//		return engine.Process(ctx, p.app, &orderPlacedEvent, &data)
//	}
func (n *names) processors(f *jen.File) {
	f.Line().Type().Id(n.process).Add(holder())
	for _, e := range n.pkg.Events {
		if !handled(n.pkg, e) {
			continue
		}
		f.Line().Add(comment("%s applies data as %s at once, for all handler sets or for none. It is not in the log: a Rebuild forgets it.",
			e.GoName, e.Name))
		f.Func().Params(jen.Id("p").Op("*").Id(n.process)).Id(e.GoName).
			Params(ctxParam("ctx"), jen.Id("data").Add(n.payload(e))).Error().Block(
			jen.Return(jen.Qual(enginePath, "Process").Call(n.withApp(e)...)))
	}
}

// withApp writes the arguments ctx, p.app, &orderPlacedEvent, &data and more.
func (n *names) withApp(e *model.Event, more ...jen.Code) []jen.Code {
	return append([]jen.Code{jen.Id("ctx"), jen.Id("p").Dot("app"), jen.Op("&").
		Id(n.events[e].def), jen.Op("&").Id("data")}, more...)
}

// struct{ app *engine.App }
func holder() *jen.Statement {
	return jen.Op("struct").Add(brief(jen.Id("app").Op("*").Qual(enginePath, "App")))
}
