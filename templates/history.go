package templates

import (
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
	for _, c := range n.pkg.Collections {
		if c.History {
			n.collectionHistory(f, c)
		}
	}
	return f
}

// wrapped are the foreign events that stand in a history, and so need a type of this package.
func wrapped(p *model.Package) []*model.Event {
	in := map[*model.Event]bool{}
	for _, c := range p.Collections {
		for _, e := range c.Writers {
			in[e] = c.History || in[e]
		}
	}
	var events []*model.Event
	for _, e := range p.Events {
		if e.Foreign() && in[e] {
			events = append(events, e)
		}
	}
	return events
}

func wrapperName(e *model.Event) string { return e.GoName + "Data" }

// member is the type that stands for an event in a sum.
func (n *names) member(e *model.Event) *jen.Statement {
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
		f.Func().Params(n.member(e)).Id(own.marker).Params().Block()
	}
	f.Func().Params(jen.Id("OldEvent")).Id(own.marker).Params().Block()
	f.Line().Add(n.decodeEvent(c))
	n.eventsOf(f, c)
}

//	func decodeUsersEvent(typ string, data []byte) UsersEvent {
//		switch typ {
//		case UserRegisteredType:
//			if e, err := DecodeUserRegisteredJSON(data); err == nil {
//				return e
//			}
//		}
//		return OldEvent{typ, bytes.Clone(data)}
//	}
func (n *names) decodeEvent(c *model.Collection) *jen.Statement {
	var body []jen.Code
	if len(c.Writers) > 0 {
		var cases []jen.Code
		for _, e := range c.Writers {
			found := jen.Id("e")
			if e.Foreign() {
				found = jen.Id(wrapperName(e)).Add(oneLine(found))
			}
			cases = append(cases, jen.Case(typeConst(e)).Block(
				jen.If(jen.List(jen.Id("e"), jen.Err()).Op(":=").Add(codec("Decode", e)).
					Call(jen.Id("data")), jen.Err().Op("==").Nil()).Block(jen.Return(found))))
		}
		body = append(body, jen.Switch(jen.Id("typ")).Block(cases...))
	}
	body = append(body, jen.Return(jen.Id("OldEvent").Add(oneLine(jen.Id("typ"),
		jen.Qual("bytes", "Clone").Call(jen.Id("data"))))))
	return jen.Func().Id(n.collections[c].decode).
		Params(jen.Id("typ").String(), jen.Id("data").Index().Byte()).Id(c.GoName + "Event").
		Block(body...)
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
	f.Add(method("Events").Params(list(jen.Id(c.GoName+"Event")), jen.Error()).Block(
		jen.Return(jen.Qual(brookPath, "Events").Call(past(), jen.Id(n.collections[c].decode)))))
	for _, e := range c.Writers {
		f.Line().Add(comment("EventsOf%s returns those of Events that are %s.", e.GoName, e.Name))
		f.Add(method("EventsOf"+e.GoName).Params(list(n.payload(e)), jen.Error()).Block(
			jen.Return(jen.Qual(brookPath, "EventsOf").Index(n.payload(e)).Call(
				past(), jen.Op("&").Id(n.events[e].def)))))
	}
}
