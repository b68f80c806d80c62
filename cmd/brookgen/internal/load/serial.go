package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A walk checks that everything which annotated types contain can be written and read.
type walk struct {
	*analysis
	seen   map[*model.Type]bool
	binary bool // what is only stored: MarshalBinary will do, and nothing is required
}

// checkSerial checks every type that is encoded here. A foreign event's is its own package's concern.
func (a *analysis) checkSerial() {
	w := &walk{analysis: a, seen: map[*model.Type]bool{}}
	for _, e := range a.out.Events {
		if !e.Foreign() {
			w.root(e.Type, e.Pos)
		}
	}
	w = &walk{analysis: a, seen: w.seen, binary: true}
	for _, c := range a.out.Collections {
		w.root(c.Type, c.Pos)
	}
}

func (w *walk) root(t *model.Type, pos model.Pos) {
	w.check(t, t.Named.Name, pointAt(pos, t.Named.Name), false)
}

// check looks at a type that was reached by path. The place is that of the nearest field in source.
func (w *walk) check(t *model.Type, path string, place Diagnostic, field bool) {
	instead := "give it another type"
	if field {
		instead = "give it another type, or leave it out with json:\"-\""
	}
	fail := func(format string, args ...any) {
		place.Message = path + ": " + fmt.Sprintf(format, args...) + "; " + instead
		w.diags = append(w.diags, place)
	}
	goType := w.b.goType[t]
	switch {
	case w.b.endless[t]:
		fail("the type contains ever larger types made of itself")
		return
	case t.Kind == model.Invalid && w.invalid(goType.Underlying()):
		w.missing(path, place)
		return
	case t.Kind == model.Interface:
		fail("interface %s can't be read back, as nobody could tell which type was written", w.describe(goType))
		return
	case w.nilMethods(t, path, place):
		return
	case marshals(t) || w.binary && t.Methods.MarshalBinary != model.None && t.Methods.UnmarshalBinary != model.None:
		return // what it holds is its own affair
	}
	if t.Kind == model.Invalid {
		fail("%s can't be serialized", w.bare(goType))
		return
	}
	if t.Kind == model.Map && !mapKey(t.Key) {
		fail("map keys of type %s can't be names in JSON, which are strings, integers, or what has MarshalText and UnmarshalText", w.describe(w.b.goType[t.Key]))
	}
	if t.Kind == model.Struct && w.lost(t) {
		if w.told[t] {
			return
		}
		half := ""
		if t.Methods.MarshalJSON != model.None || t.Methods.MarshalText != model.None {
			half = " that reads it back"
		}
		fail("%s keeps state in unexported fields and has no marshaller%s, so it would be lost", w.describe(goType), half)
		return
	}
	if t.Named != nil || t.Kind == model.Struct {
		if w.seen[t] {
			return // what it holds is looked at once
		}
		w.seen[t] = true
	}
	switch t.Kind {
	case model.Pointer, model.Slice, model.Array, model.Bytes:
		w.check(t.Elem, path, place, field)
	case model.Map:
		w.check(t.Elem, path, place, field)
	case model.Struct:
		w.structure(t, path, place)
	}
}

// nilMethods reports a struct whose marshaller is that of a pointer which it embeds, and so fails where that is nil.
func (w *walk) nilMethods(t *model.Type, path string, place Diagnostic) bool {
	if t.Kind != model.Struct {
		return false
	}
	goType := w.b.goType[t]
	for _, name := range []string{"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalBinary", "UnmarshalBinary"} {
		obj, index, _ := types.LookupFieldOrMethod(goType, true, nil, name)
		if _, ok := obj.(*types.Func); !ok || strings.HasSuffix(name, "Binary") && !w.binary {
			continue
		}
		u := goType
		for _, i := range index[:len(index)-1] {
			v := structOf(u).Field(i)
			if u = v.Type(); isPointer(u) {
				place.Message = fmt.Sprintf("%s: its %s is that of the embedded pointer %s, which fails where that is nil; embed it without the pointer, "+
					"or give the field a name", path, name, v.Name())
				w.diags = append(w.diags, place)
				return true
			}
		}
	}
	return false
}

// bare describes a type by what it is made of, with its name before where it has one.
func (w *walk) bare(t types.Type) string {
	if _, named := t.(*types.Named); named {
		return w.describe(t) + ", a " + w.describe(t.Underlying()) + ","
	}
	return w.describe(t)
}

// mapKey reports whether encoding/json writes and reads maps with such keys.
func mapKey(t *model.Type) bool {
	if t.Kind == model.String || t.Kind == model.Number || t.Kind >= model.Int && t.Kind <= model.Uintptr {
		return true
	}
	return t.Methods.MarshalText == model.OnValue && t.Methods.UnmarshalText != model.None
}

func (w *walk) structure(t *model.Type, path string, place Diagnostic) {
	for _, c := range w.b.clashes[t] {
		at := nearer(c.b.JSONField, place)
		at.Message = fmt.Sprintf("%s: fields %s and %s have one wire name, %q, which hides one or both: give one another json name",
			path, dotted(c.a.Path), dotted(c.b.Path), c.name)
		w.diags = append(w.diags, at)
	}
	for _, f := range t.JSON {
		at := nearer(f, place)
		if !w.binary {
			w.use(f.Pos, tagKey)
			w.use(f.Pos, tagRequired)
		}
		if step := behind(f.Path); step != nil {
			d := at
			d.Message = fmt.Sprintf("%s.%s: encoding/json can't read into %s, an embedded pointer to an unexported struct: embed it without the pointer, or export it",
				path, dotted(f.Path), step.Name)
			w.diags = append(w.diags, d)
		}
		w.check(f.Type, path+"."+dotted(f.Path), at, true)
	}
}

// nearer is the place of a field, or the place so far where the field is not in source.
func nearer(f model.JSONField, place Diagnostic) Diagnostic {
	if f.Pos.File == "" {
		return place
	}
	return pointAt(f.Pos, f.Path[len(f.Path)-1].Name)
}

// behind gives the embedded pointer to an unexported struct that a path goes through, if it does.
func behind(path []model.PathStep) *model.PathStep {
	for i, step := range path[:len(path)-1] {
		if step.Pointer && !ast.IsExported(step.Name) {
			return &path[i]
		}
	}
	return nil
}

// lost reports whether a struct holds what no encoding keeps: nothing but unexported fields or, where the
// package can't be changed by whoever works here, any.
func (w *walk) lost(t *model.Type) bool {
	s := structOf(w.b.goType[t])
	hidden := false
	for v := range s.Fields() {
		if !v.Exported() && !v.Embedded() && v.Name() != "_" && !empty(v.Type()) {
			hidden = hidden || !w.inSource(v.Pkg().Path()) || len(t.JSON) == 0
		}
	}
	return hidden
}

// empty reports whether a type has but one value.
func empty(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for v := range u.Fields() {
			if !empty(v.Type()) {
				return false
			}
		}
		return true
	case *types.Array:
		return u.Len() == 0 || empty(u.Elem())
	}
	return false
}

// missing reports a type that can't be made out, at the place where it is written.
func (w *walk) missing(path string, place Diagnostic) {
	message := noType
	if src, pos := w.locate(place.Pos); src != nil {
		if node := src.declaration(pos); node != nil {
			var at span
			at, message = w.why(src, node)
			place.Pos = w.place(at.from)
			if at.to.IsValid() {
				place.End = w.place(at.to)
			}
		}
	}
	if !strings.HasPrefix(message, importFails) {
		message = path + ": " + message
	}
	place.Message = message
	w.diags = append(w.diags, place)
}

// locate is the way back from a place to the syntax.
func (g *graph) locate(p model.Pos) (*source, token.Pos) {
	for _, src := range g.sources {
		for _, f := range src.files {
			if f.path == p.File && src.types != nil {
				return src, g.fset.File(f.ast.FileStart).LineStart(p.Line) + token.Pos(p.Col-1)
			}
		}
	}
	return nil, token.NoPos
}
