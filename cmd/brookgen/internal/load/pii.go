package load

import (
	"fmt"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// piiWalk goes through what is written with events, jobs and rows, and checks what is tagged as
// pii there.
type piiWalk struct {
	*analysis
	seen map[piiVisit]bool
}

// piiVisit is a type, as a part of a value that is masked as a whole or not.
type piiVisit struct {
	typ    *model.Type
	hidden bool
}

// checkPII notes which fields can be masked, and reports tags on those that can't.
func (a *analysis) checkPII() {
	w := &piiWalk{a, map[piiVisit]bool{}}
	for _, e := range a.out.Payloads() {
		kind := "event"
		if slices.Contains(a.out.Jobs, e) {
			kind = "job"
		}
		place := pointAt(e.Pos, e.GoName)
		w.key(kind+" "+e.Name, e.Type, e.Key, place, e.Foreign())
		w.value(e.Type, false, place)
		for _, v := range e.Earlier {
			w.value(v.Type, false, pointAt(v.Pos, v.Type.Named.Name))
		}
	}
	for _, c := range a.out.Collections {
		place := pointAt(c.Pos, c.Type.Named.Name)
		w.key("collection "+c.Name, c.Type, c.Key, place, false)
		w.value(c.Type, false, place)
	}
}

// value looks at the fields of a type. Hidden is whether it is masked as a whole, and place is that
// of the nearest field in source.
func (w *piiWalk) value(t *model.Type, hidden bool, place Diagnostic) {
	if t == nil || w.seen[piiVisit{t, hidden}] {
		return
	}
	w.seen[piiVisit{t, hidden}] = true
	if !hidden && t.Opaque() {
		w.opaque(t, place)
		return
	}
	w.value(t.Elem, hidden, place)
	for _, f := range t.Fields {
		if f.Skip || !f.Exported && !f.Embedded {
			continue
		}
		w.use(f.Pos, tagPII)
		at := place
		if f.Pos.File != "" {
			at = pointAt(f.Pos, f.Name)
		}
		w.value(f.Type, hidden || f.PII, at)
	}
}

// opaque reports what is tagged in a type that methods of the author's write or read: nobody knows
// where it stands in what they write.
func (w *piiWalk) opaque(t *model.Type, place Diagnostic) {
	if !t.HoldsPII() {
		return
	}
	place.Message = fmt.Sprintf("fields in %s are brook:\"pii\", but a method of its own writes or reads it, and may put them anywhere: put brook:\"pii\" on the field that holds it, which masks all of it",
		w.describe(w.b.goType[t]))
	if place.Pos.File != "" {
		w.note(place)
	}
	w.useBelow(t, map[*model.Type]bool{})
}

// useBelow notes that enough is said of all tags in a type.
func (w *piiWalk) useBelow(t *model.Type, seen map[*model.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	w.useBelow(t.Elem, seen)
	for _, f := range t.Fields {
		w.use(f.Pos, tagPII)
		w.useBelow(f.Type, seen)
	}
}

// key reports pii in a key, which stands where nothing is masked. Foreign is whether another
// package declares the type.
func (w *piiWalk) key(what string, t *model.Type, k *model.Key, place Diagnostic, foreign bool) {
	if k == nil {
		return
	}
	report := func(f *model.Field) {
		w.use(f.Pos, tagPII) // enough is said of it
		at := place
		if f.Pos.File != "" && !foreign {
			at = pointAt(f.Pos, f.Name)
		}
		at.Message = fmt.Sprintf("brook:\"pii\" can't stand on %s, which is the key of %s or a part of it: keys are shown in topics, log lines, errors and addresses; make the key one that says nothing of a person, or remove the tag",
			f.Name, what)
		w.note(at)
	}
	for _, field := range k.Fields {
		for _, part := range field.Parts {
			if f := piiOn(t, slices.Concat(field.Path, part.Path)); f != nil {
				report(f)
			}
		}
	}
	if len(k.Fields) == 0 && k.Type != nil {
		for _, part := range k.Parts {
			if f := piiOn(k.Type, part.Path); f != nil {
				report(f)
			}
		}
	}
}

// piiOn returns the first field on a path that is tagged as pii, or nil.
func piiOn(t *model.Type, path []model.PathStep) *model.Field {
	for i := range path {
		if f := fieldAt(t, path[:i+1]); f != nil && f.PII {
			return f
		}
	}
	return nil
}
