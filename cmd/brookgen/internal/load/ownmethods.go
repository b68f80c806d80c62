package load

import (
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// An unasked is a field with a word that only generated decoders heed, which is read by a method
// of the author's.
type unasked struct {
	field  model.Field
	word   tagWord
	reader string
}

// checkForeign reports events of other packages of which something is lost: an older brookgen may
// have passed them.
func (a *analysis) checkForeign() {
	for _, e := range a.events {
		if !e.Foreign() {
			continue
		}
		w := &walk{analysis: a, seen: map[*model.Type]bool{}, reported: map[*types.Var]bool{}}
		diags := a.diags
		a.diags = nil
		ok := !w.checkInherited(e.Type, e.Type.Named.Name, Diagnostic{})
		found := a.diags
		a.diags = diags
		if !ok {
			a.report(e.at, "event %s of package %s is to be corrected there: %s", e.Name,
				e.CodecPkg, found[0].Message)
		}
	}
}

// below notes what is required in a type that is read by a method of the author's, which knows
// nothing of that, nor of old names and defaults.
func (w *walk) below(t *model.Type, reader string, seen map[*model.Type]bool) {
	if w.binary || t == nil || reader == "" || seen[t] {
		return
	}
	seen[t] = true
	w.below(t.Elem, reader, seen)
	for _, f := range t.Fields {
		for _, word := range words(f.Tag) {
			if f.Pos.File != "" && slices.Contains(decoded, word.name) {
				w.unasked = append(w.unasked, unasked{f, word, reader})
			}
		}
		w.below(f.Type, reader, seen)
	}
}

// decoded are the words that generated decoders heed.
var decoded = []string{tagRequired, tagWas, tagDefault}

// reportUnasked reports words that no decoder heeds: fields that a generated decoder reads
// somewhere have them with reason.
func (a *analysis) reportUnasked(all []unasked) {
	for _, u := range all {
		if pos := u.field.Pos; !a.used[pos][u.word.name] {
			a.use(pos, u.word.name)
			instead := "check it there"
			if u.word.name != tagRequired {
				instead = "see to it there"
			}
			a.reportAt(pos, u.field.Name, "brook:%q has no effect on %s, which is read by %s: %s",
				u.word, u.field.Name, u.reader, instead)
		}
	}
}

// reader names the method by which a type is read, if it has one.
func reader(t *model.Type) string {
	name := ""
	if t.Named != nil {
		name = t.Named.Name + "'s "
	}
	switch {
	case t.Methods.UnmarshalJSON != model.None:
		return name + "own UnmarshalJSON"
	case t.Methods.UnmarshalText != model.None:
		return name + "own UnmarshalText"
	}
	return ""
}

// onPointerOnly reports whether a type is written by a marshaller whose receiver is a pointer.
func onPointerOnly(t *model.Type) bool {
	m := t.Methods
	return m.MarshalJSON != model.OnValue && m.MarshalText != model.OnValue &&
		(m.MarshalJSON == model.OnPointer || m.MarshalText == model.OnPointer)
}

// ownText names the method of a field's type that doesn't go with the string option of its tag.
func ownText(owner *model.Type, f model.JSONField) string {
	if _, opts, _ := strings.Cut(reflect.StructTag(tagAt(owner, f.Path)).Get("json"),
		","); !hasOption(opts, "string") {
		return ""
	}
	t := f.Type
	if t.Kind == model.Pointer && t.Named == nil && t.Elem != nil {
		t = t.Elem
	}
	for _, m := range []struct {
		name string
		has  model.Method
	}{
		{"MarshalJSON", t.Methods.MarshalJSON}, {"UnmarshalJSON", t.Methods.UnmarshalJSON},
		{"MarshalText", t.Methods.MarshalText}, {"UnmarshalText", t.Methods.UnmarshalText},
	} {
		if m.has != model.None {
			return m.name
		}
	}
	return ""
}

// tagAt is the tag of the field at path.
func tagAt(t *model.Type, path []model.PathStep) string {
	tag := ""
	for _, step := range path {
		if t.Kind == model.Pointer {
			t = t.Elem
		}
		for _, f := range t.Fields {
			if f.Name == step.Name {
				t, tag = f.Type, f.Tag
				break
			}
		}
	}
	return tag
}

// tags reports faulty tags of a struct that another package declares; checkTags sees to this one's.
func (w *walk) tags(t *model.Type, path string) {
	for _, f := range t.Fields {
		if f.Pos.File == "" || filepath.Dir(f.Pos.File) == w.src.dir() {
			continue
		}
		if problem := checkTag(f.Tag, true); problem != "" {
			w.reportAt(f.Pos, f.Name, "%s.%s: %s", path, f.Name, problem)
		}
	}
}
