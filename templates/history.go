package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// remembers reports whether any collection keeps history.
func remembers(p *model.Package) bool {
	for _, c := range p.Collections {
		if c.History {
			return true
		}
	}
	return false
}

// history writes what a collection's history holds: a closed sum of event types, and how to ask for
// it.
func history(n *names) *jen.File {
	if !remembers(n.pkg) {
		return nil
	}
	f := n.file()
	f.Add(comment("OldEvent is an event in a history whose type no longer writes the collection, or whose data no longer " +
		"decodes: as it was kept."))
	f.Type().Id("OldEvent").Struct(
		jen.Id("Type").String(),
		jen.Id("Data").Index().Byte().Comment("as JSON"),
	)
	for _, e := range wrapped(n.pkg) {
		f.Line().Add(comment("%s is the event %s, of another package, as it stands in a history.",
			wrapperName(e), e.Name))
		f.Type().Id(wrapperName(e)).Op("struct").Add(brief(n.payload(e)))
	}
	f.Line().Add(comment("%s returns what stands in a history for a payload that data points to: a "+
		"value, or for none an OldEvent.", n.inHistory))
	f.Add(n.member())
	for _, c := range n.pkg.Collections {
		if c.History {
			n.collectionHistory(f, c)
		}
	}
	return f
}

//	func inHistory(typ string, payload []byte, data any) any {
//		switch data := data.(type) {
//		case *OrderPlaced:
//			return *data
//		case *contract.Shipped:
//			return ShippedData{*data}
//		}
//		return OldEvent{typ, bytes.Clone(payload)}
//	}
func (n *names) member() *jen.Statement {
	var cases []jen.Code
	for _, e := range historic(n.pkg) {
		value := jen.Op("*").Id("data")
		if e.Foreign() {
			value = jen.Id(wrapperName(e)).Add(oneLine(value))
		}
		cases = append(cases, jen.Case(jen.Op("*").Add(n.payload(e))).Block(jen.Return(value)))
	}
	var body []jen.Code
	if len(cases) > 0 {
		body = append(body, jen.Switch(jen.Id("data").Op(":=").Id("data").Assert(jen.Type())).
			Block(cases...))
	}
	body = append(body, jen.Return(jen.Id("OldEvent").Add(oneLine(jen.Id("typ"),
		jen.Qual("bytes", "Clone").Call(jen.Id("payload"))))))
	return jen.Func().Id(n.inHistory).Params(jen.Id("typ").String(),
		jen.Id("payload").Index().Byte(), jen.Id("data").Any()).Any().Block(body...)
}

// historic are the events that stand in a history.
func historic(p *model.Package) []*model.Event {
	in := map[*model.Event]bool{}
	for _, c := range p.Collections {
		for _, e := range c.Writers {
			in[e] = c.History || in[e]
		}
	}
	var events []*model.Event
	for _, e := range p.Events {
		if in[e] {
			events = append(events, e)
		}
	}
	return events
}

// wrapped are the foreign events that stand in a history, and so need a type of this package.
func wrapped(p *model.Package) []*model.Event {
	return slices.DeleteFunc(historic(p), func(e *model.Event) bool { return !e.Foreign() })
}

func wrapperName(e *model.Event) string { return e.GoName + "Data" }

// memberType is the type that stands for an event in a sum.
func (n *names) memberType(e *model.Event) *jen.Statement {
	if e.Foreign() {
		return jen.Id(wrapperName(e))
	}
	return n.payload(e)
}

func (n *names) collectionHistory(f *jen.File, c *model.Collection) {
	own := n.collections[c]
	sum := c.GoName + "Event"
	f.Line().Add(comment("%s is one of the events that can write %s, or an OldEvent.", sum, c.Name))
	f.Type().Id(sum).Op("interface").Add(brief(jen.Id(own.marker).Params()))
	f.Line()
	for _, e := range c.Writers {
		f.Func().Params(n.memberType(e)).Id(own.marker).Params().Block()
	}
	f.Func().Params(jen.Id("OldEvent")).Id(own.marker).Params().Block()
	n.eventsOf(f, c)
}

// eventsOf adds the methods of a view that read a value's history.
func (n *names) eventsOf(f *jen.File, c *model.Collection) {
	scope := newScope(n.top, "v")
	k := scope.pick("k", "keyOf")
	method := func(name string) *jen.Statement {
		return jen.Func().Params(viewOf(c)).Id(name).Params(jen.Id(k).Add(goType(c.Key.Type)))
	}
	list := func(of jen.Code) *jen.Statement {
		return jen.Index().Qual(brookPath, "Event").Index(of)
	}
	past := func() *jen.Statement {
		return reader("v").Dot("History").Call(n.appendTo(c.Key.Type, jen.Nil(), jen.Id(k)))
	}
	f.Line().Add(comment("Events returns the events that made the value at %s, oldest first, none if there is no value.", k))
	args := []jen.Code{past(), jen.Id(n.inHistory)}
	for _, e := range c.Writers {
		args = append(args, jen.Op("&").Id(n.events[e].def))
	}
	f.Add(method("Events").Params(list(jen.Id(c.GoName+"Event")), jen.Error()).Block(
		jen.Return(jen.Qual(brookPath, "Events").Index(jen.Id(c.GoName + "Event")).Call(args...))))
	for _, e := range c.Writers {
		f.Line().Add(comment("EventsOf%s returns those of Events that are %s.", e.GoName, e.Name))
		f.Add(method("EventsOf"+e.GoName).Params(list(n.payload(e)), jen.Error()).Block(
			jen.Return(jen.Qual(brookPath, "EventsOf").Index(n.payload(e)).Call(
				past(), jen.Op("&").Id(n.events[e].def)))))
	}
}
