package load

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// A walk checks that everything which annotated types contain can be written and read.
type walk struct {
	*analysis
	seen   map[*model.Type]bool
	binary bool // what is only stored: MarshalBinary will do, and nothing is required or has a default

	reported  map[*types.Var]bool // fields of which something is told, as several types may lead to them
	behind    bool                // the next type is reached through a pointer
	inMap     bool                // the value of a map is being looked at, whose address nobody has
	seenInMap map[*model.Type]bool
	unasked   []unasked
}

// checkSerial checks every type that is encoded here. A foreign event's is its own package's
// concern.
func (a *analysis) checkSerial() {
	w := &walk{analysis: a, seen: map[*model.Type]bool{}, seenInMap: map[*model.Type]bool{},
		reported: map[*types.Var]bool{}}
	for _, e := range a.out.Payloads() {
		if e.Foreign() {
			continue
		}
		w.root(e.Type, e.Pos)
		for _, v := range e.Earlier {
			w.root(v.Type, v.Pos)
		}
	}
	for _, e := range a.events {
		a.keyDefaults(e, "event")
	}
	for _, j := range a.jobs {
		a.keyDefaults(j, "job")
	}
	a.checkForeign()
	stored := &walk{analysis: a, seen: w.seen, seenInMap: w.seenInMap, reported: w.reported,
		binary: true}
	for _, c := range a.out.Collections {
		stored.root(c.Type, c.Pos)
		a.rowDefaults(c)
		if marshals(c.Type) { // rows are stored by their fields all the same
			stored.renames(c.Type, c.Type.Named.Name, pointAt(c.Pos, c.Type.Named.Name))
		}
	}
	a.reportUnasked(w.unasked)
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
	if w.b.isTooLarge(t) {
		place.Message = path + ": " + tooLarge
		w.diags = append(w.diags, place)
		return
	}
	w.checkLocks(t, path, place, w.behind)
	w.behind = false
	w.below(t, reader(t), map[*model.Type]bool{})
	switch {
	case w.b.endless[t]:
		fail("the type contains ever larger types made of itself")
		return
	case t.Kind == model.Invalid && w.invalid(goType.Underlying()):
		w.missing(path, place)
		return
	case t.Kind == model.Interface:
		fail("interface %s can't be read back, as nobody could tell which type was written",
			w.describe(goType))
		return
	case w.nilMethods(t, path, place), w.checkInherited(t, path, place):
		return
	case w.inMap && t.Kind == model.Struct && w.lost(t) && onPointerOnly(t):
		place.Message = fmt.Sprintf("%s: encoding/json can't call the marshaller of %s, which has a pointer receiver, on a map's value, so it would be lost: put *%s into the map",
			path, w.describe(goType), w.describe(goType))
		w.diags = append(w.diags, place)
		return
	case marshals(t) || w.binary && t.Methods.MarshalBinary != model.None &&
		t.Methods.UnmarshalBinary != model.None:
		return // what it holds is its own affair
	}
	if t.Kind == model.Invalid {
		fail("%s can't be serialized", w.bare(goType))
		return
	}
	if t.Kind == model.Map && !mapKey(t.Key) {
		fail("map keys of type %s can't be names in JSON, which are strings, integers, or what has MarshalText and UnmarshalText", w.describe(w.b.goType[t.Key]))
	}
	if t.Kind == model.Map && mapKey(t.Key) {
		w.checkInherited(t.Key, path+"[key]", place)
	}
	if t.Kind == model.Struct && w.lost(t) {
		if _, locked := lockPath(goType, nil); locked || w.told[t] {
			return
		}
		half := ""
		if t.Methods.MarshalJSON != model.None || t.Methods.MarshalText != model.None {
			half = " that reads it back"
		}
		fail("%s keeps state in unexported fields and has no marshaller%s, so it would be lost",
			w.describe(goType), half)
		return
	}
	if t.Named != nil || t.Kind == model.Struct {
		if w.inMap && !w.seenInMap[t] {
			w.seenInMap[t] = true
		} else if w.seen[t] {
			return // what it holds is looked at once
		}
		w.seen[t] = true
	}
	switch t.Kind {
	case model.Pointer, model.Slice, model.Array, model.Bytes:
		w.behind = t.Kind == model.Pointer
		inMap := w.inMap
		w.inMap = w.inMap && t.Kind == model.Array
		w.check(t.Elem, path, place, field)
		w.inMap = inMap
	case model.Map:
		inMap := w.inMap
		w.inMap = true
		w.check(t.Elem, path, place, field)
		w.inMap = inMap
	case model.Struct:
		w.structure(t, path, place)
	}
}

// nilMethods reports a struct whose marshaller is that of a pointer which it embeds, and so fails
// where that is nil.
func (w *walk) nilMethods(t *model.Type, path string, place Diagnostic) bool {
	if t.Kind != model.Struct {
		return false
	}
	goType := w.b.goType[t]
	for _, name := range []string{"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
		"MarshalBinary", "UnmarshalBinary"} {
		obj, index, _ := types.LookupFieldOrMethod(goType, true, nil, name)
		if _, ok := obj.(*types.Func); !ok || strings.HasSuffix(name, "Binary") && !w.binary {
			continue
		}
		u := goType
		for _, i := range index[:len(index)-1] {
			v := structOf(u).Field(i)
			if u = v.Type(); isPointer(u) || types.IsInterface(u) {
				what := "pointer"
				if types.IsInterface(u) {
					what = "interface"
				}
				place.Message = fmt.Sprintf("%s: its %s is that of the embedded %s %s, which fails where that is nil: give the field a name",
					path, name, what, v.Name())
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
	if t.Kind == model.String || t.Kind == model.Number ||
		t.Kind >= model.Int && t.Kind <= model.Uintptr {
		return true
	}
	return t.Methods.MarshalText == model.OnValue && t.Methods.UnmarshalText != model.None
}

func (w *walk) structure(t *model.Type, path string, place Diagnostic) {
	w.tags(t, path)
	for _, f := range t.Fields {
		if w.b.isTooLarge(f.Type) && (f.Skip || !f.Exported) && f.Pos.File != "" {
			w.reportAt(f.Pos, f.Name, "%s.%s: %s", path, f.Name, tooLarge)
		}
	}
	for _, c := range w.b.clashes[t] {
		if w.hushed[t][c.name] {
			continue
		}
		at := nearer(c.b.JSONField, place)
		at.Message = path + ": " + c.String()
		w.diags = append(w.diags, at)
	}
	w.unread(t, path, place, map[*model.Type]bool{})
	w.renames(t, path, place)
	w.defaults(t, path, place)
	for _, f := range t.JSON {
		at := nearer(f, place)
		if !w.binary {
			w.use(f.Pos, tagKey)
			if reader(t) == "" {
				w.use(f.Pos, tagRequired)
				w.use(f.Pos, tagDefault)
			}
		}
		if w.binary || reader(t) == "" {
			w.use(f.Pos, tagWas)
		}
		if own := ownText(t, f); own != "" {
			d := at
			d.Message = fmt.Sprintf("%s.%s: the string option has no effect on a type with %s: remove it", path, dotted(f.Path), own)
			if f.String {
				d.Message = fmt.Sprintf("%s.%s: the string option has no effect on what %s writes, but on how it is read: remove it", path, dotted(f.Path), own)
			}
			w.diags = append(w.diags, d)
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

// lost reports whether a struct holds what no encoding keeps: nothing but unexported fields or,
// where the package can't be changed by whoever works here, any.
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
