package templates

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// events writes the handshake with the runtime, the types' constants and, where an App uses them,
// the definitions.
func events(n *names) *jen.File {
	f := n.file()
	f.Add(comment("This fits the code that brookgen wrote to the runtime that it is compiled with. Where the compiler does not " +
		"know brook.GeneratedV3, the two are of different versions: run go generate with the brookgen of the module version in go.mod."))
	f.Const().Id("_").Op("=").Qual(brookPath, "GeneratedV3")
	if decl := eventConstants(n.pkg); decl != nil {
		f.Line().Add(comment("The types of the package's events, as they stand on the wire."))
		f.Add(decl)
	}
	if len(n.pkg.Jobs) > 0 {
		var defs []jen.Code
		for _, j := range n.pkg.Jobs {
			defs = append(defs, typeConst(j).Op("=").Lit(j.Name))
		}
		f.Line().Add(comment("The types of the package's jobs, as they stand in the store."))
		f.Const().Defs(defs...)
	}
	if n.pkg.Contract() {
		return f
	}
	for _, e := range n.pkg.Payloads() {
		f.Line().Add(n.eventDef(e))
	}
	for _, e := range buried(n.pkg) {
		f.Line().Add(n.tombstoneDef(e))
	}
	return f
}

// const (
//
//	OrderPlacedType = "order.placed"
//
// )
func eventConstants(p *model.Package) *jen.Statement {
	var defs []jen.Code
	for _, e := range p.Events {
		if !e.Foreign() || e.Alias != "" {
			defs = append(defs, typeConst(e).Op("=").Lit(e.Name))
		}
	}
	if len(defs) == 0 {
		return nil
	}
	return jen.Const().Defs(defs...)
}

//	var orderPlacedEvent = brook.EventDef{
//		Type:  OrderPlacedType,
//		Shape: "string",
//		AppendKey: func(dst []byte, data any) []byte {
//			e := data.(*OrderPlaced)
//			return key.AppendString(dst, e.UserID)
//		},
//		ReadKey: func(r *key.Reader, data any) {
//			e := data.(*OrderPlaced)
//			key.SetString(&e.UserID, r)
//		},
//		New: func() any { return new(OrderPlaced) }, // where a history has it, and of a job
//		Append: func(dst []byte, data any) ([]byte, error) {
//			return AppendOrderPlacedJSON(dst, data.(*OrderPlaced))
//		},
//		Decode: func(payload []byte, data any) (err error) {
//			*data.(*OrderPlaced), err = DecodeOrderPlacedJSON(payload)
//			return err
//		},
//		History: 100,
//		PII:     []string{".=user_id,email", "email"},
//	}
func (n *names) eventDef(e *model.Event) *jen.Statement {
	fields := []jen.Code{line("Type", typeConst(e))}
	if len(e.Was) > 0 {
		fields = append(fields, line("Was", jen.Index().String().Add(oneLine(texts(e.Was)...))))
	}
	if e.Topic != "" {
		fields = append(fields, line("Topic", jen.Lit(e.Topic)))
	}
	if e.Key != nil {
		var parts []model.KeyPart
		for _, field := range e.Key.Fields {
			parts = append(parts, field.Parts...)
		}
		fields = append(fields, line("Shape", jen.Lit(shape(parts))),
			line("AppendKey", n.eventKey(e)))
		if read := n.readEventKey(e); read != nil {
			fields = append(fields, line("ReadKey", read))
		}
	}
	dst, data := jen.Id("dst").Index().Byte(), jen.Id("data").Any()
	if slices.Contains(historic(n.pkg), e) || slices.Contains(n.pkg.Jobs, e) {
		fields = append(fields, line("New", jen.Func().Params().Any().
			Add(brief(jen.Return(jen.New(n.payload(e)))))))
	}
	fields = append(fields,
		line("Append", jen.Func().Params(dst, data).Params(jen.Index().Byte(), jen.Error()).Block(
			jen.Return(codec("Append", e).Call(jen.Id("dst"), n.dataOf(e))))),
		line("Decode", jen.Func().Params(jen.Id("payload").Index().Byte(), data).
			Params(jen.Err().Error()).Block(
			jen.List(jen.Op("*").Add(n.dataOf(e)), jen.Err()).Op("=").
				Add(codec("Decode", e)).Call(jen.Id("payload")),
			jen.Return(jen.Err()))))
	switch e.History {
	case model.HistoryOff:
	case model.HistoryAll:
		fields = append(fields, line("History", jen.Qual(brookPath, "KeepAll")))
	default:
		fields = append(fields, line("History", jen.Lit(e.History)))
	}
	if e.Timed {
		fields = append(fields, line("Timed", jen.True()))
	}
	fields = append(fields, n.versions(e)...)
	read := []*model.Type{e.Type}
	for _, v := range e.Earlier {
		read = append(read, v.Type)
	}
	fields = append(fields, pii(model.PayloadPII(read...))...)
	return jen.Var().Id(n.events[e].def).Op("=").Qual(brookPath, "EventDef").
		Add(literal(fields))
}

// pii is the field of a definition that has the paths of what is pii, if there are any.
func pii(paths []string) []jen.Code {
	if len(paths) == 0 {
		return nil
	}
	return []jen.Code{line("PII", jen.Index().String().Add(oneLine(texts(paths)...)))}
}

// dataOf writes data.(*OrderPlaced).
func (n *names) dataOf(e *model.Event) *jen.Statement {
	return jen.Id("data").Assert(jen.Op("*").Add(n.payload(e)))
}

//	func(dst []byte, data any) []byte {
//		e := data.(*Pushed)
//		if e.Repo == nil {
//			return nil
//		}
//		dst = key.AppendString(dst, e.Repo.Owner)
//		return key.AppendString(dst, e.Repo.Name)
//	}
func (n *names) eventKey(e *model.Event) *jen.Statement {
	body := []jen.Code{jen.Id("e").Op(":=").Add(n.dataOf(e))}
	guarded := map[string]bool{}
	for _, field := range e.Key.Fields {
		for i, step := range field.Path {
			test := n.selector("e", e.Type, field.Path[:i+1]).Op("==").Nil()
			if source := jen.Add(test).GoString(); step.Pointer && !guarded[source] {
				guarded[source] = true
				body = append(body, jen.If(test).Block(jen.Return(jen.Nil())))
			}
		}
	}
	for i, field := range e.Key.Fields {
		value := n.eventKeyPart(e, field)
		if i < len(e.Key.Fields)-1 {
			body = append(body, jen.Id("dst").Op("=").Add(value))
		} else {
			body = append(body, jen.Return(value))
		}
	}
	return jen.Func().Params(jen.Id("dst").Index().Byte(), jen.Id("data").Any()).Index().Byte().
		Block(body...)
}

func (n *names) eventKeyPart(e *model.Event, field model.KeyField) *jen.Statement {
	switch field.Type.Kind {
	case model.Struct:
		return jen.Id(n.keys[field.Type].append).
			Call(jen.Id("dst"), n.followed("e", e.Type, field.Path))
	case model.Array:
		return appendPart(field.Type, n.selector("e", e.Type, field.Path)) // slicing follows pointers
	}
	return appendPart(field.Type, n.followed("e", e.Type, field.Path))
}

//	func(r *key.Reader, data any) {
//		e := data.(*Pushed)
//		key.SetString(&key.Ensure(&e.Repo).Owner, r)
//		r.Bytes(e.Hash[:])
//	}
//
// It is nil for a key behind a pointer that can't be named here.
func (n *names) readEventKey(e *model.Event) *jen.Statement {
	body := []jen.Code{jen.Id("e").Op(":=").Add(n.dataOf(e))}
	for _, field := range e.Key.Fields {
		for _, part := range field.Parts {
			place, pointer := n.reached("e", e.Type, slices.Concat(field.Path, part.Path))
			switch {
			case place == nil:
				return nil
			case part.Type.Kind == model.Array:
				body = append(body, jen.Id("r").Dot("Bytes").Call(place.Index(jen.Op(":"))))
				continue
			case !pointer:
				place = jen.Op("&").Add(place)
			}
			body = append(body, jen.Qual(keyPath, "Set"+keyKind(part.Type)).
				Call(place, jen.Id("r")))
		}
	}
	return jen.Func().Params(jen.Id("r").Op("*").Qual(keyPath, "Reader"), jen.Id("data").Any()).
		Block(body...)
}
