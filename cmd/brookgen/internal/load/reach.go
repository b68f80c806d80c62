package load

import (
	"fmt"
	"go/types"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// unnamed gives what keeps code of this package from writing t down: a type that is unexported in
// another package or declared in one that can't be imported here, or a struct with unexported
// fields of another package.
func (b *builder) unnamed(t types.Type) types.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if p := t.Obj().Pkg(); p != nil && p.Path() != b.home.Path() &&
			(!t.Obj().Exported() || !importable(p.Path(), b.home.Path())) {
			return t
		}
		for arg := range t.TypeArgs().Types() {
			if found := b.unnamed(arg); found != nil {
				return found
			}
		}
	case *types.Map:
		if found := b.unnamed(t.Key()); found != nil {
			return found
		}
		return b.unnamed(t.Elem())
	case interface{ Elem() types.Type }:
		return b.unnamed(t.Elem())
	case *types.Struct:
		for v := range t.Fields() {
			if !v.Exported() && v.Pkg().Path() != b.home.Path() {
				return t
			}
			if found := b.unnamed(v.Type()); found != nil {
				return found
			}
		}
	case *types.Signature:
		return b.unnamedIn(t)
	case *types.Interface:
		for f := range t.ExplicitMethods() {
			if !f.Exported() && f.Pkg().Path() != b.home.Path() {
				return t
			}
			if found := b.unnamedIn(f.Signature()); found != nil {
				return found
			}
		}
		for e := range t.EmbeddedTypes() {
			if found := b.unnamed(e); found != nil {
				return found
			}
		}
	}
	return nil
}

func (b *builder) unnamedIn(s *types.Signature) types.Type {
	for _, tuple := range []*types.Tuple{s.Params(), s.Results()} {
		for v := range tuple.Variables() {
			if found := b.unnamed(v.Type()); found != nil {
				return found
			}
		}
	}
	return nil
}

// importable reports whether package home may import path, as far as internal folders go.
func importable(path, home string) bool {
	if strings.HasPrefix(path, "vendor/") || strings.HasPrefix(path, "internal/") {
		return false // of the standard library
	}
	i := strings.LastIndex("/"+path+"/", "/internal/")
	if i < 0 {
		return true
	}
	above := path[:max(i-1, 0)]
	return home == above || strings.HasPrefix(home, above+"/")
}

// A reacher looks for types that generated code would have to name and can't. It goes where the
// templates go.
type reacher struct {
	*analysis
	seen   map[*model.Type]bool
	stored bool // how stores keep a value, not JSON
}

// checkReach looks at everything that is encoded here.
func (a *analysis) checkReach() {
	r := &reacher{analysis: a, seen: map[*model.Type]bool{}}
	for _, e := range a.out.Payloads() {
		if e.Foreign() {
			continue
		}
		r.visit(e.Type, e.Type.Named.Name, pointAt(e.Pos, e.Type.Named.Name), false)
		for _, v := range e.Earlier {
			r.visit(v.Type, v.Type.Named.Name, pointAt(v.Pos, v.Type.Named.Name), false)
		}
	}
	stored := &reacher{analysis: a, seen: map[*model.Type]bool{}, stored: true}
	for _, c := range a.out.Collections {
		place := pointAt(c.Pos, c.Type.Named.Name)
		r.visit(c.Type, c.Type.Named.Name, place, false)
		stored.visit(c.Type, c.Type.Named.Name, place, false)
		a.checkKeyName(c.Key.Type, "key of "+c.Name, place)
		for _, x := range c.Indexes {
			at := place
			if x.Pos.File != "" {
				at = pointAt(x.Pos, x.GoName)
			}
			a.checkKeyName(x.Type, "index "+x.GoName, at)
		}
	}
	for _, e := range a.out.Payloads() {
		if e.Key == nil {
			continue
		}
		for _, f := range e.Key.Fields {
			if f.Type.Kind == model.Struct {
				a.checkKeyName(f.Type, "key of "+e.Name, pointAt(e.Pos, e.Type.Named.Name))
			}
		}
	}
}

// checkKeyName reports a type of keys that has no name here.
func (a *analysis) checkKeyName(t *model.Type, what string, place Diagnostic) {
	if t.Hidden {
		place.Message = fmt.Sprintf("%s: %s; key by a type of your own", what, a.whyUnnamed(t))
		a.diags = append(a.diags, place)
	}
}

func (a *analysis) whyUnnamed(t *model.Type) string {
	found := a.b.unnamed(a.b.goType[t])
	named, ok := found.(*types.Named)
	if !ok {
		return a.describe(found) +
			" has unexported names of another package, so code of this one can't write it down"
	}
	if named.Obj().Exported() {
		return fmt.Sprintf("%s is declared in %s, which can't be imported here, so code of this package can't name it", a.describe(found), named.Obj().Pkg().Path())
	}
	return fmt.Sprintf("%s is unexported in %s, so code of this package can't name it",
		a.describe(found), named.Obj().Pkg().Path())
}

// visit looks at a type that was reached by path. In a function of its own, as elements have one,
// any type is named.
func (r *reacher) visit(t *model.Type, path string, place Diagnostic, element bool) {
	m := t.Methods
	pair := m.MarshalJSON != model.None && m.UnmarshalJSON != model.None ||
		m.MarshalText != model.None && m.UnmarshalText != model.None
	switch {
	case t.Kind == model.Time || t.Kind == model.Invalid || t.Kind == model.Interface:
		return
	case t.Hidden && (element || t.Kind == model.Struct ||
		!r.stored && (m.UnmarshalJSON != model.None || m.UnmarshalText != model.None)):
		r.fail(t, path, place)
		return
	case pair && (!r.stored || t.Kind == model.Struct):
		return
	case r.stored && t.Kind == model.Struct && m.MarshalBinary != model.None &&
		m.UnmarshalBinary != model.None:
		return
	}
	if t.Named != nil || t.Kind == model.Struct {
		if r.seen[t] {
			return
		}
		r.seen[t] = true
	}
	switch t.Kind {
	case model.Pointer, model.Slice, model.Bytes, model.Array:
		r.visit(t.Elem, path, place, true)
	case model.Map:
		if t.Key.Hidden && (r.stored || t.Named != nil ||
			t.Key.Methods.UnmarshalText != model.None) {
			r.fail(t.Key, path, place)
		}
		r.visit(t.Elem, path, place, true)
	case model.Struct:
		r.fields(t, path, place)
	}
}

func (r *reacher) fail(t *model.Type, path string, place Diagnostic) {
	place.Message = fmt.Sprintf("%s: %s; give the type that holds it MarshalText or MarshalJSON and what reads it back, leave it out with json:\"-\", "+
		"or take a type of your own", path, r.whyUnnamed(t))
	r.diags = append(r.diags, place)
}

func (r *reacher) fields(t *model.Type, path string, place Diagnostic) {
	s := structOf(r.b.goType[t])
	own := t.Named == nil || t.Named.PkgPath == r.src.path
	for i, f := range t.Fields {
		v := s.Field(i)
		if f.Skip || f.Exported || !f.Embedded || !isStruct(v.Type()) ||
			v.Pkg().Path() == r.src.path || !r.stored && !own {
			continue
		}
		place.Message = fmt.Sprintf("%s: %s is embedded in a struct of package %s, so code of this package can't write it; give the type that holds it "+
			"MarshalText or MarshalJSON and what reads it back, or take a type of your own", path, f.Name, v.Pkg().Path())
		r.diags = append(r.diags, place)
		return
	}
	if !r.stored {
		for _, f := range t.JSON {
			compared := f.OmitZero && f.Type.Kind == model.Array && f.Type.Zero == model.None &&
				f.Type.Comparable
			r.visit(f.Type, path+"."+dotted(f.Path), nearer(f, place), compared)
		}
		return
	}
	for _, f := range t.Fields {
		if f.Skip || f.Name == "_" || !f.Exported && !(f.Embedded &&
			f.Type.Kind != model.Invalid) || !f.Exported && !isStruct(r.b.goType[f.Type]) {
			continue
		}
		at := place
		if f.Pos.File != "" {
			at = pointAt(f.Pos, f.Name)
		}
		r.visit(f.Type, path+"."+f.Name, at, false)
	}
}
