package templates

import "github.com/brookgen/brookgen/templates/model"

// demands reports whether a value of t may be written so that it can't be read, as a field that is
// required is null or left out.
func demands(t *model.Type, seen map[*model.Type]bool) bool {
	if json, text := marshals(t, false); json || text || seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind {
	case model.Pointer, model.Slice, model.Array, model.Map:
		return demands(t.Elem, seen)
	case model.Struct:
		for _, f := range t.JSON {
			if f.Required && (canBeNull(f.Type) || canBeLeftOut(f)) || demands(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// canBeNull reports whether some value of t is written as null.
func canBeNull(t *model.Type) bool {
	switch json, text := marshals(t, false); {
	case json:
		return true // that is up to the method
	case text:
		return t.Kind == model.Interface
	}
	switch t.Kind {
	case model.Pointer, model.Slice, model.Bytes, model.Map, model.Any, model.Interface, model.Raw:
		return true
	}
	return false
}

// canBeLeftOut reports whether a field is not written for some values of its struct.
func canBeLeftOut(f model.JSONField) bool {
	for _, step := range f.Path[:len(f.Path)-1] {
		if step.Pointer {
			return true
		}
	}
	return f.OmitEmpty || f.OmitZero
}
