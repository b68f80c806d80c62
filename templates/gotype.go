package templates

import (
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// goType renders a type as generated code names it.
func goType(t *model.Type) *jen.Statement {
	if t.Named == nil {
		return underlying(t)
	}
	s := jen.Id(t.Named.Name)
	if t.Named.PkgPath != "" {
		s = jen.Qual(t.Named.PkgPath, t.Named.Name)
	}
	if len(t.Named.Args) > 0 {
		s.TypesFunc(func(g *jen.Group) {
			for _, arg := range t.Named.Args {
				g.Add(goType(arg))
			}
		})
	}
	return s
}

// underlying renders a type without its name: the []Tag of type Tags []Tag.
func underlying(t *model.Type) *jen.Statement {
	if t.Source != nil {
		return sourceOf(t)
	}
	switch t.Kind {
	case model.Pointer:
		return jen.Op("*").Add(goType(t.Elem))
	case model.Slice, model.Bytes:
		return jen.Index().Add(goType(t.Elem))
	case model.Raw:
		return jen.Index().Byte()
	case model.Array:
		return jen.Index(jen.Lit(t.Len)).Add(goType(t.Elem))
	case model.Map:
		return jen.Map(goType(t.Key)).Add(goType(t.Elem))
	case model.Any:
		return jen.Any()
	case model.Struct:
		return structType(t)
	}
	if name, ok := basicNames[t.Kind]; ok {
		return jen.Id(name)
	}
	return jen.Op(t.Expr) // an interface literal with methods
}

// sourceOf renders a type of which nothing but its source is known.
func sourceOf(t *model.Type) *jen.Statement {
	s := jen.Null()
	for _, piece := range t.Source {
		if piece.Type != nil {
			s.Add(goType(piece.Type))
		} else {
			s.Op(piece.Text)
		}
	}
	return s
}

func structType(t *model.Type) *jen.Statement {
	return jen.StructFunc(func(g *jen.Group) {
		for _, f := range t.Fields {
			s := jen.Id(f.Name).Add(goType(f.Type))
			if f.Embedded {
				s = goType(f.Type)
			}
			if f.Tag != "" {
				s.Op(quoteTag(f.Tag))
			}
			g.Add(s)
		}
	})
}

func quoteTag(tag string) string {
	if strconv.CanBackquote(tag) {
		return "`" + tag + "`"
	}
	return strconv.Quote(tag)
}

// basicNames are the predeclared types behind the kinds.
var basicNames = map[model.Kind]string{
	model.Bool: "bool", model.String: "string", model.Number: "string",
	model.Int: "int", model.Int8: "int8", model.Int16: "int16", model.Int32: "int32",
	model.Int64: "int64",
	model.Uint:  "uint", model.Uint8: "uint8", model.Uint16: "uint16", model.Uint32: "uint32",
	model.Uint64:  "uint64",
	model.Uintptr: "uintptr", model.Float32: "float32", model.Float64: "float64",
}

// predeclaredType reports whether t is a basic type as such, not a defined one.
func predeclaredType(t *model.Type) bool {
	_, basic := basicNames[t.Kind]
	return basic && t.Named != nil && t.Named.PkgPath == ""
}

// isNil reports whether values of t can be nil.
func isNil(t *model.Type) bool {
	switch t.Kind {
	case model.Pointer, model.Slice, model.Bytes, model.Map, model.Any, model.Interface, model.Raw:
		return true
	}
	return false
}
