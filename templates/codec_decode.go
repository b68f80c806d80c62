package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// unmarshals tells how encoding/json decodes a value of t that it can address: by which of its
// methods, if any. It looks for none on types without a name.
func unmarshals(t *model.Type) (json, text bool) {
	if t.Named == nil || t.Kind == model.Interface || t.Kind == model.Pointer {
		return false, false
	}
	json = t.Methods.UnmarshalJSON != model.None
	return json, !json && t.Methods.UnmarshalText != model.None
}

// decoderMethod is the method of wire.Decoder for a kind.
var decoderMethod = map[model.Kind]string{
	model.Bool: "Bool", model.String: "String", model.Int: "Int", model.Int8: "Int8",
	model.Int16: "Int16", model.Int32: "Int32",
	model.Int64: "Int64", model.Uint: "Uint", model.Uint8: "Uint8", model.Uint16: "Uint16",
	model.Uint32: "Uint32",
	model.Uint64: "Uint64", model.Uintptr: "Uintptr", model.Float32: "Float32",
	model.Float64: "Float64",
	model.Any:     "Any", model.Time: "Time", model.Number: "Number", model.Raw: "Raw",
}

// direct gives the decoder's method for values of t, or "".
func direct(t *model.Type) string {
	if t.Kind == model.Bytes && predeclaredType(t.Elem) {
		if json, text := unmarshals(t); !json && !text {
			return "Bytes"
		}
		return ""
	}
	switch t.Kind {
	case model.Raw:
		if t.Named == nil || t.Named.PkgPath != "encoding/json" {
			return ""
		}
	case model.Time, model.Number:
	default:
		if json, text := unmarshals(t); json || text {
			return ""
		}
	}
	return decoderMethod[t.Kind]
}

// decode gives the statements that decode into o.
func (c *codecs) decode(t *model.Type, o operand) []jen.Code {
	if name := direct(t); name != "" {
		p := o.refAs(t)
		if t.Kind == model.Time || t.Kind == model.Number || t.Kind == model.Raw {
			p = o.ref()
		}
		return []jen.Code{jen.Id("d").Dot(name).Call(p)}
	}
	if json, text := unmarshals(t); json || text || t.Kind == model.Struct {
		return []jen.Code{jen.Id(c.fn(t, decoding)).Call(jen.Id("d"), o.ref())}
	}
	switch t.Kind {
	case model.Bytes, model.Slice:
		name := "DecodeSlice"
		if t.Elem.Kind == model.Uint8 {
			name = "DecodeBytes"
		}
		return []jen.Code{jen.Qual(wirePath, name).
			Call(jen.Id("d"), o.refAs(t), c.decodeElem(t.Elem))}
	case model.Array:
		return []jen.Code{jen.Qual(wirePath, "DecodeArray").
			Call(jen.Id("d"), o.selector().Index(jen.Op(":")), c.decodeElem(t.Elem))}
	case model.Pointer:
		return []jen.Code{jen.Qual(wirePath, "DecodePointer").
			Call(jen.Id("d"), o.refAs(t), c.decodeElem(t.Elem))}
	case model.Map:
		return []jen.Code{jen.Qual(wirePath, "DecodeMap").
			Call(jen.Id("d"), o.refAs(t), parseKey(t.Key), c.decodeElem(t.Elem))}
	}
	return []jen.Code{jen.If(jen.Id("d").Dot("Nothing").Call()).Block(o.value().Op("=").Nil())}
}

// decodeElem is a func(*wire.Decoder, *T) for elements of type t.
func (c *codecs) decodeElem(t *model.Type) jen.Code {
	name := direct(t)
	plain := t.Named == nil || predeclaredType(t) || t.Kind == model.Time ||
		t.Kind == model.Number || t.Kind == model.Raw
	if name != "" && plain {
		return jen.Parens(jen.Op("*").Qual(wirePath, "Decoder")).Dot(name)
	}
	return jen.Id(c.fn(t, decoding))
}

// parseKey is the function that makes a map's key of its text.
func parseKey(t *model.Type) jen.Code {
	name := "ParseUint"
	switch {
	case t.Methods.UnmarshalText != model.None && t.Methods.UnmarshalJSON != model.None:
		name = "ParseJSON"
	case t.Methods.UnmarshalText != model.None:
		name = "ParseText"
	case t.Kind == model.String || t.Kind == model.Number:
		name = "ParseString"
	case t.Kind >= model.Int && t.Kind <= model.Int64:
		name = "ParseInt"
	}
	s := jen.Qual(wirePath, name)
	if name == "ParseText" || name == "ParseJSON" {
		s.Types(goType(t))
	}
	return s
}

// decodeFunc is the function for a type: func decodeTag(d *wire.Decoder, v *Tag).
func (c *codecs) decodeFunc(t *model.Type) []jen.Code {
	name := c.fn(t, decoding)
	var before, body []jen.Code
	switch json, text := unmarshals(t); {
	case json:
		body = []jen.Code{unmarshalCall("JSON", "UnmarshalJSON", at("v"))}
	case text:
		if isNil(t) {
			body = append(body, jen.If(jen.Id("d").Dot("Null").Call()).
				Block(jen.Op("*").Id("v").Op("=").Nil(), jen.Return()))
		}
		body = append(body, unmarshalCall("Text", "UnmarshalText", at("v")))
	case t.Kind == model.Struct:
		before, body = c.decodeStruct(t)
	default:
		body = c.decode(t, at("v"))
	}
	fn := jen.Func().Id(name).
		Params(jen.Id("d").Op("*").Qual(wirePath, "Decoder"), jen.Id("v").Op("*").Add(goType(t))).
		Block(body...)
	return append(before, fn)
}

//	if b, ok := d.JSON(); ok {
//		d.Check(v.UnmarshalJSON(b))
//	}
func unmarshalCall(take, method string, o operand) jen.Code {
	return jen.If(jen.List(jen.Id("b"), jen.Id("ok")).Op(":=").Id("d").Dot(take).Call(),
		jen.Id("ok")).
		Block(jen.Id("d").Dot("Check").Call(o.selector().Dot(method).Call(jen.Id("b"))))
}
