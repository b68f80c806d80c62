package templates

import (
	"go/token"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// A preset sets what a field has that is absent.
type preset struct {
	holders []operand // the embedded pointers on the way: where one is nil, so it stays
	set     jen.Code
}

// presets are those of a struct's fields, by index in t.JSON: of fields with a default, and of
// structs that contain such.
func (c *codecs) presets(t *model.Type) map[int]preset {
	all := map[int]preset{}
	for i, f := range t.JSON {
		if f.Default == nil && !presettable(f.Type, nil) {
			continue
		}
		p, o := preset{}, at("v")
		path := c.visible(t, f.Path)
		hidden := false
		for j, step := range path {
			o = o.dot(step.Name)
			if step.Pointer && j < len(path)-1 {
				p.holders = append(p.holders, o)
				hidden = hidden || !token.IsExported(step.Name)
			}
		}
		if hidden {
			continue // nothing can be read there
		}
		if f.Default == nil {
			p.set = jen.Id(c.fn(f.Type, presetting)).Call(o.ref())
		} else {
			p.set = assignDefault(f, o)
		}
		all[i] = p
	}
	return all
}

// presettable reports whether a struct that is absent has defaults all the same, as an empty object
// would.
func presettable(t *model.Type, within map[*model.Type]bool) bool {
	if json, text := unmarshals(t); json || text || t.Kind != model.Struct || within[t] {
		return false
	}
	if within == nil {
		within = map[*model.Type]bool{}
	}
	within[t] = true
	for _, f := range t.JSON {
		if !behindPointer(f) && (f.Default != nil || presettable(f.Type, within)) {
			return true
		}
	}
	return false
}

// behindPointer reports whether a field is promoted through an embedded pointer.
func behindPointer(f model.JSONField) bool {
	for _, step := range f.Path[:len(f.Path)-1] {
		if step.Pointer {
			return true
		}
	}
	return false
}

// presetAbsent sets the fields that were not seen in an object:
//
//	if d.Complete() {
//		if !seen[2] {
//			v.Currency = "EUR"
//		}
//	}
func (c *codecs) presetAbsent(t *model.Type, presets map[int]preset) []jen.Code {
	var body []jen.Code
	for i := range t.JSON {
		if p, ok := presets[i]; ok {
			cond := jen.Op("!").Id("seen").Index(jen.Lit(i))
			for _, h := range p.holders {
				cond = cond.Op("&&").Add(h.value()).Op("!=").Nil()
			}
			body = append(body, jen.If(cond).Block(p.set))
		}
	}
	if body == nil {
		return nil
	}
	return []jen.Code{jen.If(jen.Id("d").Dot("Complete").Call()).Block(body...)}
}

// presetFunc is the function that sets the defaults of an absent struct: func presetPrice(v *Price).
func (c *codecs) presetFunc(t *model.Type) jen.Code {
	name := c.fn(t, presetting)
	presets := c.presets(t)
	var body []jen.Code
	for i := range t.JSON {
		if p, ok := presets[i]; ok && p.holders == nil {
			body = append(body, p.set)
		}
	}
	return comment("%s sets the defaults of a value that is absent.", name).Line().
		Func().Id(name).Params(jen.Id("v").Op("*").Add(goType(t))).Block(body...)
}

// assignDefault sets a field to its default.
func assignDefault(f model.JSONField, o operand) jen.Code {
	t := f.Type
	if t.Kind != model.Pointer {
		return o.value().Op("=").Add(defaultValue(t, *f.Default))
	}
	return jen.Op("*").Qual(wirePath, "At").Call(o.ref()).Op("=").
		Add(defaultValue(t.Elem, *f.Default))
}

// defaultValue is a constant of a default's text, which fits the type.
func defaultValue(t *model.Type, text string) jen.Code {
	switch t.Kind {
	case model.String, model.Number:
		return jen.Lit(text)
	case model.Float32, model.Float64:
		bits := 64
		if t.Kind == model.Float32 {
			bits = 32
		}
		if x, err := strconv.ParseFloat(text, bits); err == nil {
			text = strconv.FormatFloat(x, 'g', -1, bits)
		}
	}
	return jen.Op(text)
}
