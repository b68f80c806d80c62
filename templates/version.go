package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// versions are the fields of an event's definition that tell its versions.
//
//	Version: 2,
//	When:    "targetDatasets",
//	Earlier: []brook.EventVersion{{
//		When:     "targetDataset",
//		Decode:   func(payload []byte) (any, error) { return DecodeOrderPlacedV1JSON(payload) },
//		Upcaster: "OrderPlacedV1.Upcast",
//		Upcast:   func(value any) (any, error) { return value.(OrderPlacedV1).Upcast() },
//	}},
//	Set: func(data, payload any) { *data.(*OrderPlaced) = payload.(OrderPlaced) },
func (n *names) versions(e *model.Event) []jen.Code {
	var fields []jen.Code
	if e.Version > 0 {
		fields = append(fields, line("Version", jen.Lit(e.Version)))
	}
	if e.When != "" {
		fields = append(fields, line("When", jen.Lit(e.When)))
	}
	if len(e.Earlier) == 0 {
		return fields
	}
	var earlier []jen.Code
	for _, v := range e.Earlier {
		earlier = append(earlier, literal(n.version(e, v)))
	}
	set := jen.Func().Params(jen.List(jen.Id("data"), jen.Id("payload")).Any()).
		Add(brief(jen.Op("*").Add(n.dataOf(e)).Op("=").Id("payload").Assert(n.payload(e))))
	return append(fields,
		line("Earlier", jen.Index().Qual(brookPath, "EventVersion").Add(literal(earlier))),
		line("Set", set))
}

// version are the fields of an earlier version.
func (n *names) version(e *model.Event, v *model.Version) []jen.Code {
	var fields []jen.Code
	if v.When != "" {
		fields = append(fields, line("When", jen.Lit(v.When)))
	}
	name := v.Type.Named.Name
	decode := jen.Id("Decode" + name + "JSON")
	if e.Foreign() {
		decode = jen.Qual(e.CodecPkg, "Decode"+name+"JSON")
	}
	result := jen.Params(jen.Any(), jen.Error())
	call := jen.Return(jen.Id("value").Assert(goType(v.Type)).Dot(v.Upcast).Call())
	if !v.Fails {
		call = call.Op(",").Nil()
	}
	return append(fields,
		line("Decode", jen.Func().Params(jen.Id("payload").Index().Byte()).Add(result).
			Add(brief(jen.Return(decode.Call(jen.Id("payload")))))),
		line("Upcaster", jen.Lit(name+"."+v.Upcast)),
		line("Upcast", jen.Func().Params(jen.Id("value").Any()).Add(result).Add(brief(call))))
}

// texts writes strings.
func texts(list []string) []jen.Code {
	var codes []jen.Code
	for _, s := range list {
		codes = append(codes, jen.Lit(s))
	}
	return codes
}
