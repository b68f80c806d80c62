package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// call writes the call of a handler and what becomes of its results.
//
//	order, user, err := d.projection.OrderPlaced(*e, (*UsersView)(d.users.Lend()))
//	if err != nil {
//		return err
//	}
//	brook.Apply(d.orders, key.AppendString[string], order)
//	brook.Apply(d.users, key.AppendString[string], user)
//	return nil
func (d *dispatcher) call(s *model.Set, h *model.Handler) []jen.Code {
	call := jen.Id("d").Dot(d.sets[s]).Dot(h.Name).Call(d.arguments(h)...)
	switch {
	case len(h.Results) == 0 && h.Error:
		return []jen.Code{jen.Return(call)}
	case len(h.Results) == 0:
		return []jen.Code{call, jen.Return(jen.Nil())}
	case len(h.Results) == 1 && !h.Error:
		return []jen.Code{d.settle(h.Results[0], call), jen.Return(jen.Nil())}
	}
	scope := newScope(d.top, "ctx", "d", "e", "err", "m", "ok")
	var results []jen.Code
	var body []jen.Code
	for _, r := range h.Results {
		name := resultName(r)
		name = scope.pick(name, name+"Result")
		results = append(results, jen.Id(name))
		body = append(body, d.settle(r, jen.Id(name)))
	}
	if !h.Error {
		return slices.Concat([]jen.Code{jen.List(results...).Op(":=").Add(call)}, body,
			[]jen.Code{jen.Return(jen.Nil())})
	}
	return slices.Concat([]jen.Code{
		jen.List(append(results, jen.Err())...).Op(":=").Add(call),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err())),
	}, body, []jen.Code{jen.Return(jen.Nil())})
}

func (d *dispatcher) arguments(h *model.Handler) []jen.Code {
	var args []jen.Code
	if h.Context {
		args = append(args, jen.Id("ctx"))
	}
	args = append(args, jen.Op("*").Id("e"))
	for _, read := range h.Reads {
		name := read.Collection.GoName + "View"
		if read.Index != nil {
			number := slices.Index(read.Collection.Indexes, read.Index)
			name = d.collections[read.Collection].indexes[number]
		}
		args = append(args, pointerTo(name).
			Call(jen.Id("d").Dot(d.rows[read.Collection]).Dot("Lend").Call()))
	}
	return args
}

// settle writes what becomes of one result: brook.Apply(d.users, key.AppendString[string], user),
// engine.Send(m, &shippedEvent, shipped), engine.Schedule(m, &overdueEvent, overdueTimer),
// engine.Ask(m, &sendMailJob, sendMail), m.After(effect).
func (d *dispatcher) settle(r model.Result, value *jen.Statement) *jen.Statement {
	if r.Slice {
		value.Op("...")
	}
	switch r.Kind {
	case model.Change:
		return jen.Qual(brookPath, "Apply").Call(jen.Id("d").Dot(d.rows[r.Collection]),
			d.keyFunc(r.Collection.Key.Type), value)
	case model.Emission:
		return jen.Qual(enginePath, "Send").
			Call(jen.Id("m"), jen.Op("&").Id(d.events[r.Event].def), value)
	case model.Request:
		return jen.Qual(enginePath, "Ask").
			Call(jen.Id("m"), jen.Op("&").Id(d.events[r.Event].def), value)
	}
	if r.Kind == model.Timer {
		return jen.Qual(enginePath, "Schedule").
			Call(jen.Id("m"), jen.Op("&").Id(d.events[r.Event].def), value)
	}
	return jen.Id("m").Dot("After").Call(value)
}

// resultName is what a result is called: user, users, orderPlaced, effect.
func resultName(r model.Result) string {
	name := "effect"
	switch {
	case r.Kind == model.Emission || r.Kind == model.Request:
		name = lowerFirst(r.Event.GoName)
	case r.Kind == model.Timer:
		name = lowerFirst(r.Event.GoName) + "Timer"
	case r.Kind == model.Change && r.Slice:
		return lowerFirst(r.Collection.GoName)
	case r.Kind == model.Change && r.Collection.Type.Named != nil:
		name = lowerFirst(r.Collection.Type.Named.Name)
	}
	if r.Slice {
		name += "s"
	}
	return name
}
