package templates

import (
	"encoding/json"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// encodeStruct writes the fields one after the other:
//
//	e.NameString(`{"id":`, v.ID)
//	if v.Email != "" {
//		e.NameString(`,"email":`, v.Email)
//	}
//	e.End()
func (c *codecs) encodeStruct(t *model.Type, inMap bool) []jen.Code {
	var body []jen.Code
	opened := false // and all fields so far may be left out
	for _, f := range t.JSON {
		c.hint = c.baseName(t) + f.Path[len(f.Path)-1].Name
		path, present, behindPointer := c.encodePath(t, f)
		if f.OmitEmpty && f.Type.Kind == model.Array && f.Type.Len == 0 {
			continue
		}
		o := at("v").dot(path...)
		if f.OmitEmpty && !(f.OmitZero && zeroBehind(f.Type)) {
			present = append(present, notEmpty(f.Type, o)...)
		}
		if f.OmitZero && !(f.OmitEmpty && emptyIfZero(f.Type)) {
			present = append(present, nonZero(f.Type, o))
		}
		if len(body) == 0 && present != nil {
			body = append(body, jen.Id("e").Dot("Begin").Call())
			opened = true
		}
		open := ","
		switch {
		case len(body) == 0:
			open = "{"
		case opened:
			open = ""
		}
		statement := c.encodeField(open, f, o, inMap && !behindPointer)
		written := []jen.Code{statement}
		if f.Required && canBeNull(f.Type) {
			written = append(written, jen.Id("e").Dot("Require").Call())
		}
		if present != nil {
			block := jen.If(and(present)).Block(written...)
			if f.Required {
				block = block.Else().Block(jen.Id("e").Dot("Absent").Call(jen.Lit(f.Name)))
			}
			written = []jen.Code{block}
		} else {
			opened = false
		}
		body = append(body, written...)
	}
	if len(body) == 0 {
		body = append(body, jen.Id("e").Dot("Begin").Call())
	}
	return append(body, jen.Id("e").Dot("End").Call())
}

// encodePath gives the selectors of a field, and the conditions that no embedded pointer on the way
// is nil.
func (c *codecs) encodePath(owner *model.Type,
	f model.JSONField) (path []string, present []jen.Code, behindPointer bool) {
	steps := c.visible(owner, f.Path)
	for i, step := range steps {
		path = append(path, step.Name)
		if step.Pointer && i < len(steps)-1 {
			present = append(present, at("v").dot(path...).value().Op("!=").Nil())
			behindPointer = true
		}
	}
	return path, present, behindPointer
}

// encodeField writes a field's name, behind open or, if that is "", perhaps a comma, and value.
func (c *codecs) encodeField(open string, f model.JSONField, o operand, inMap bool) jen.Code {
	quoted, _ := json.Marshal(f.Name)
	n := fieldName{"`" + open + string(quoted) + ":`", open == ""}
	if !f.String {
		return c.encodeOne(n, f.Type, o, inMap)
	}
	t, value := f.Type, o
	if pointer := t.Kind == model.Pointer && t.Named == nil; pointer {
		t, value = t.Elem, operand{o.render, true}
	}
	if json, text := marshals(t, inMap && t == f.Type); json || text {
		return c.encodeOne(n, f.Type, o, inMap)
	}
	quote := func(n fieldName) jen.Code {
		if t.Kind == model.Number {
			return put(n, "QuotedNumber", value.value())
		}
		as := encodeAs[t.Kind]
		return put(n, "Quoted"+as[0], value.basic(t, as[1]))
	}
	if t == f.Type {
		return quote(n)
	}
	return jen.If(encoderAt(n), o.value().Op("==").Nil()).Block(jen.Id("e").Dot("Null").Call()).Else().
		Block(quote(fieldName{}))
}

// and joins conditions.
func and(conditions []jen.Code) *jen.Statement {
	s := jen.Add(conditions[0])
	for _, c := range conditions[1:] {
		s.Op("&&").Add(c)
	}
	return s
}

// notEmpty is what omitempty asks: nothing where the value is never empty.
func notEmpty(t *model.Type, o operand) []jen.Code {
	switch {
	case t.Kind == model.Slice || t.Kind == model.Bytes || t.Kind == model.Map ||
		t.Kind == model.Raw:
		return []jen.Code{jen.Len(o.value()).Op("!=").Lit(0)}
	case t.Kind == model.Struct || t.Kind == model.Time || t.Kind == model.Array:
		return nil
	}
	return []jen.Code{simplyNonZero(t, o)}
}

// emptyIfZero reports whether omitzero leaves out nothing that omitempty keeps.
func emptyIfZero(t *model.Type) bool {
	return t.Zero == model.None && t.Kind != model.Struct && t.Kind != model.Array &&
		t.Kind != model.Time && !zeroBehind(t)
}

// zeroBehind reports whether t is a pointer to what has an IsZero method.
func zeroBehind(t *model.Type) bool {
	return t.Kind == model.Pointer && t.Named == nil && t.Elem.Zero != model.None &&
		t.Elem.Kind != model.Interface && t.Elem.Kind != model.Pointer
}

// nonZero is what omitzero asks.
func nonZero(t *model.Type, o operand) jen.Code {
	switch {
	case t.Zero != model.None && t.Kind == model.Interface:
		return jen.Op("!").Qual(wirePath, "IsZeroInterface").Call(o.value())
	case zeroBehind(t):
		return o.value().Op("!=").Nil().Op("&&").Op("!").Add(o.selector()).Dot("IsZero").Call()
	case t.Zero != model.None && t.Kind != model.Pointer || t.Kind == model.Time:
		return jen.Op("!").Add(o.selector()).Dot("IsZero").Call()
	case t.Kind != model.Struct && t.Kind != model.Array:
		return simplyNonZero(t, o)
	case t.Comparable:
		return o.value().Op("!=").Parens(goType(t).Values())
	}
	return jen.Op("!").Qual(wirePath, "IsZero").Call(o.ref())
}

func simplyNonZero(t *model.Type, o operand) jen.Code {
	switch {
	case t.Kind == model.Bool:
		return o.basic(t, "bool")
	case t.Kind == model.String || t.Kind == model.Number:
		return o.value().Op("!=").Lit("")
	case isNil(t):
		return o.value().Op("!=").Nil()
	}
	return o.value().Op("!=").Lit(0)
}
