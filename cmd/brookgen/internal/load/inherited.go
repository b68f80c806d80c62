package load

import (
	"go/types"
	"reflect"
	"unicode"
	"unicode/utf8"

	"github.com/brookgen/brookgen/templates/model"
)

// An inheritance is a marshaller that a struct has from a type which it embeds, and which knows
// nothing of the struct's other fields.
type inheritance struct {
	method string
	from   *types.Var // the embedded field
	lost   *types.Var // the first of the other fields
}

// inherits tells which embedded type a struct's marshaller of that name comes from, where another
// field would be lost by it.
func inherits(t types.Type, name string) *inheritance {
	obj, index, _ := types.LookupFieldOrMethod(t, true, nil, name)
	if _, ok := obj.(*types.Func); !ok || len(index) < 2 {
		return nil
	}
	for _, i := range index[:len(index)-1] {
		s := structOf(t)
		for k := range s.NumFields() {
			if v := s.Field(k); k != i && holds(v, s.Tag(k)) {
				return &inheritance{name, s.Field(i), v}
			}
		}
		t = s.Field(i).Type()
	}
	return nil
}

// holds reports whether a field has something that encoding/json would write.
func holds(v *types.Var, tag string) bool {
	switch {
	case v.Name() == "_" || reflect.StructTag(tag).Get("json") == "-" || empty(v.Type()):
		return false
	case v.Exported():
		return true
	}
	if s := structOf(v.Type()); v.Embedded() && s != nil {
		for k := range s.NumFields() {
			if holds(s.Field(k), s.Tag(k)) {
				return true
			}
		}
	}
	return false
}

// inheritance gives the marshaller that a type is written or read by though it comes from an
// embedded type and loses other fields.
func (w *walk) inheritance(t *model.Type) *inheritance {
	m := t.Methods
	for _, used := range []struct {
		name string
		is   bool
	}{
		{"MarshalJSON", m.MarshalJSON != model.None},
		{"UnmarshalJSON", m.UnmarshalJSON != model.None},
		{"MarshalText", m.MarshalText != model.None},
		{"UnmarshalText", m.UnmarshalText != model.None},
	} {
		if used.is {
			if in := inherits(w.b.goType[t], used.name); in != nil {
				return in
			}
		}
	}
	return nil
}

// dropInherited takes methods from m that lose fields, where nothing but stores would call them, or
// nothing would: a struct's own methods come first.
func dropInherited(t types.Type, m *model.Methods) {
	drop := func(name string, method *model.Method) {
		if *method != model.None && inherits(t, name) != nil {
			*method = model.None
		}
	}
	if m.MarshalJSON != model.None && inherits(t, "MarshalJSON") == nil {
		drop("MarshalText", &m.MarshalText)
	}
	if m.UnmarshalJSON != model.None && inherits(t, "UnmarshalJSON") == nil {
		drop("UnmarshalText", &m.UnmarshalText)
	}
	drop("MarshalBinary", &m.MarshalBinary)
	drop("UnmarshalBinary", &m.UnmarshalBinary)
}

// checkInherited reports a struct that is written or read by the marshaller of a type which it
// embeds, so that its other fields are lost.
func (w *walk) checkInherited(t *model.Type, path string, place Diagnostic) bool {
	if t.Kind != model.Struct {
		return false
	}
	in := w.inheritance(t)
	if in == nil {
		return false
	}
	if w.reported[in.from] {
		return true
	}
	w.reported[in.from] = true
	if in.from.Pkg() != nil && w.inSource(in.from.Pkg().Path()) {
		place = pointAt(position(w.pos(in.from.Pos())), in.from.Name())
	}
	place.Message = path + ": its " + in.method + " is that of the embedded " +
		w.describe(in.from.Type()) + ", which loses " + in.lost.Name() +
		" and all else beside it: give the embedded field a name, as in " + fieldName(in.from) +
		" " + w.describe(in.from.Type())
	w.diags = append(w.diags, place)
	return true
}

// fieldName proposes a name for an embedded field.
func fieldName(v *types.Var) string {
	switch name := v.Name(); {
	case name == "Time":
		return "At"
	case startsUpper(name):
		return name
	default:
		r, size := utf8.DecodeRuneInString(name)
		return string(unicode.ToUpper(r)) + name[size:]
	}
}

// unread reports embedded structs whose own marshaller nobody calls and whose fields do not tell
// their state: those of one struct that promote a method of one name, for example.
func (w *walk) unread(t *model.Type, path string, place Diagnostic, seen map[*model.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	s := structOf(w.b.goType[t])
	for i, f := range t.Fields {
		inner := f.Type
		if inner.Kind == model.Pointer && inner.Named == nil && inner.Elem != nil {
			inner = inner.Elem
		}
		if f.Skip || !f.Embedded || !structural(inner) || jsonName(f.Tag) != "" {
			continue
		}
		at := place
		if f.Pos.File != "" {
			at = pointAt(f.Pos, f.Name)
		}
		_, locked := lockPath(w.b.goType[inner], nil)
		lost := inner.Kind == model.Time || !locked && w.lost(inner)
		if lost && inner.Kind != model.Time && w.inSource(inner.Named.PkgPath) {
			lost = marshals(inner) // else its unexported fields are like those of the struct that embeds it
		}
		if !lost {
			w.unread(inner, path, at, seen)
			continue
		}
		if w.reported[s.Field(i)] {
			continue
		}
		w.reported[s.Field(i)] = true
		at.Message = path + ": the embedded " + w.describe(w.b.goType[inner]) + " would be lost, as only its exported fields are promoted: give the field a name, as in " +
			fieldName(s.Field(i)) + " " + w.describe(s.Field(i).Type())
		w.diags = append(w.diags, at)
	}
}
