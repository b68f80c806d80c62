package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// marshals tells by which of its methods, if any, encoding/json encodes a value of t. Where it
// cannot take the value's address (in a map), methods of the pointer do not count.
func marshals(t *model.Type, inMap bool) (json, text bool) {
	has := func(m model.Method) bool { return m == model.OnValue || m == model.OnPointer && !inMap }
	if t.Kind == model.Pointer {
		return false, false
	}
	json = has(t.Methods.MarshalJSON)
	return json, !json && has(t.Methods.MarshalText)
}

// addressMatters reports whether a value of t in a map is encoded otherwise than elsewhere.
func addressMatters(t *model.Type) bool {
	if t.Methods.MarshalJSON == model.OnValue {
		return false
	}
	if t.Methods.MarshalJSON == model.OnPointer || t.Methods.MarshalText == model.OnPointer {
		return true
	}
	if t.Methods.MarshalText == model.OnValue {
		return false
	}
	switch t.Kind {
	case model.Array:
		return addressMatters(t.Elem)
	case model.Struct:
		for _, f := range t.JSON {
			behindPointer := false
			for _, step := range f.Path[:len(f.Path)-1] {
				behindPointer = behindPointer || step.Pointer
			}
			if !behindPointer && addressMatters(f.Type) {
				return true
			}
		}
	}
	return false
}

// encodeAs is the method of wire.Encoder for a kind, and the type that it takes.
var encodeAs = map[model.Kind][2]string{
	model.Bool: {"Bool", "bool"}, model.String: {"String", "string"},
	model.Int: {"Int", "int64"}, model.Int8: {"Int", "int64"}, model.Int16: {"Int", "int64"},
	model.Int32: {"Int", "int64"}, model.Int64: {"Int", "int64"},
	model.Uint: {"Uint", "uint64"}, model.Uint8: {"Uint", "uint64"},
	model.Uint16: {"Uint", "uint64"}, model.Uint32: {"Uint", "uint64"},
	model.Uint64: {"Uint", "uint64"}, model.Uintptr: {"Uint", "uint64"},
	model.Float32: {"Float32", "float32"}, model.Float64: {"Float64", "float64"},
}

// named are the methods of wire.Encoder that come in a form that writes a field's name as well, in
// one call (S in half of the calls: 52 ns instead of 60).
var named = map[string]bool{"String": true, "Int": true, "Uint": true, "Bool": true,
	"Float64": true, "Time": true}

// fieldName is what an encoder writes before a field's value; the zero value is for what is no
// field.
type fieldName struct {
	literal string
	next    bool // there may be fields before it, or none: a comma is written where it has to be
}

// encoderAt is the encoder, behind the name.
func encoderAt(n fieldName) *jen.Statement {
	if n.literal == "" {
		return jen.Id("e")
	}
	return n.encoder().Dot("Name").Call(jen.Op(n.literal))
}

// encoder is the encoder in front of the name.
func (n fieldName) encoder() *jen.Statement {
	if n.next {
		return jen.Id("e").Dot("Next").Call()
	}
	return jen.Id("e")
}

// put calls a method of wire.Encoder for a value, behind the name.
func put(n fieldName, method string, value jen.Code) jen.Code {
	if n.literal != "" && named[method] {
		return n.encoder().Dot("Name"+method).Call(jen.Op(n.literal), value)
	}
	return encoderAt(n).Dot(method).Call(value)
}

// encode gives the statements that encode o, behind the name.
func (c *codecs) encode(n fieldName, t *model.Type, o operand, inMap bool) []jen.Code {
	return []jen.Code{c.encodeOne(n, t, o, inMap)}
}

func (c *codecs) encodeOne(n fieldName, t *model.Type, o operand, inMap bool) jen.Code {
	if t.Kind == model.Time {
		return put(n, "Time", o.value())
	}
	json, text := marshals(t, inMap)
	switch {
	case t.Kind == model.Interface && (json || text):
		return jen.Id(c.encoderOf(t, inMap)).Call(encoderAt(n), o.ref())
	case json:
		return put(n, "JSON", o.selector().Dot("MarshalJSON").Call())
	case text:
		return put(n, "Text", o.selector().Dot("MarshalText").Call())
	}
	if as, ok := encodeAs[t.Kind]; ok {
		return put(n, as[0], o.basic(t, as[1]))
	}
	switch t.Kind {
	case model.Number:
		return put(n, "Number", o.value())
	case model.Bytes:
		if predeclaredType(t.Elem) {
			return put(n, "Bytes", o.value())
		}
		return jen.Qual(wirePath, "EncodeBytes").Call(encoderAt(n), o.value())
	case model.Slice:
		return jen.Qual(wirePath, "EncodeSlice").
			Call(encoderAt(n), o.value(), c.encodeElem(t.Elem, false))
	case model.Array:
		return jen.Qual(wirePath, "EncodeArray").
			Call(encoderAt(n), o.selector().Index(jen.Op(":")), c.encodeElem(t.Elem, inMap))
	case model.Pointer:
		return jen.Qual(wirePath, "EncodePointer").
			Call(encoderAt(n), o.value(), c.encodeElem(t.Elem, false))
	case model.Map:
		return jen.Qual(wirePath, "EncodeMap").
			Call(encoderAt(n), o.value(), c.formatKey(t.Key), c.encodeElem(t.Elem, true))
	case model.Struct:
		return jen.Id(c.encoderOf(t, inMap)).Call(encoderAt(n), o.ref())
	}
	return put(n, "Any", o.value())
}

// encodeElem is a func(*wire.Encoder, *T) for elements of type t.
func (c *codecs) encodeElem(t *model.Type, inMap bool) jen.Code {
	return jen.Id(c.encoderOf(t, inMap))
}

func (c *codecs) encoderOf(t *model.Type, inMap bool) string {
	if inMap && addressMatters(t) {
		return c.fn(t, encodingValue)
	}
	return c.fn(t, encoding)
}

// formatKey is the function that makes text of a map's key.
func (c *codecs) formatKey(t *model.Type) jen.Code {
	name := "FormatUint"
	switch {
	case t.Kind == model.String || t.Kind == model.Number:
		name = "FormatString"
	case t.Kind == model.Pointer:
		return jen.Qual(wirePath, "FormatPointer").Types(goType(t.Elem))
	case t.Methods.MarshalText == model.OnValue:
		name = "FormatText"
	case t.Kind >= model.Int && t.Kind <= model.Int64:
		name = "FormatInt"
	}
	return jen.Qual(wirePath, name)
}

// encodeFunc is the function for a type: func encodeTag(e *wire.Encoder, v *Tag).
func (c *codecs) encodeFunc(t *model.Type, inMap bool) jen.Code {
	name := c.encoderOf(t, inMap)
	var body []jen.Code
	json, text := marshals(t, inMap)
	switch {
	case t.Kind == model.Interface && (json || text):
		method := "MarshalText"
		if json {
			method = "MarshalJSON"
		}
		body = []jen.Code{
			jen.If(jen.Op("*").Id("v").Op("==").Nil()).
				Block(jen.Id("e").Dot("Null").Call(), jen.Return()),
			jen.Id("e").Dot(method[len("Marshal"):]).
				Call(jen.Parens(jen.Op("*").Id("v")).Dot(method).Call()),
		}
	case t.Kind == model.Struct && !json && !text:
		body = c.encodeStruct(t, inMap)
	default:
		body = c.encode(fieldName{}, t, at("v"), inMap)
	}
	return jen.Func().Id(name).
		Params(jen.Id("e").Op("*").Qual(wirePath, "Encoder"), jen.Id("v").Op("*").Add(goType(t))).
		Block(body...)
}
