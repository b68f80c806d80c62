package load

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// eventKey works out an event's key from its key option, else from the tags of its fields. Without
// either the event has no key.
func (a *analysis) eventKey(obj types.Object, opt *option) (*model.Key, *keyProblem) {
	if opt == nil {
		return a.taggedKey(obj.Type())
	}
	key, problem := a.namedKey(obj, opt)
	if problem != "" {
		return nil, &keyProblem{message: problem}
	}
	return key, nil
}

// A keyProblem is what is wrong with an event's key, and the tagged field where it is its fault.
type keyProblem struct {
	message string
	pos     model.Pos
	field   string
}

// namedKey is the key that an option names.
func (a *analysis) namedKey(obj types.Object, opt *option) (*model.Key, string) {
	t := obj.Type()
	if opt.value == "." {
		m := a.b.of(t)
		parts, problem := a.keyParts(m)
		if problem != "" {
			return nil, "key=.: " + problem
		}
		return &model.Key{Type: m, Fields: []model.KeyField{{Type: m, Parts: parts}},
			Parts: parts}, ""
	}
	var fields []model.KeyField
	names := strings.Split(opt.value, ",")
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Sprintf("key=%s names %s twice", opt.value, name)
		}
		if name == "." {
			return nil, fmt.Sprintf("key=%s: the dot is the value itself, and stands alone",
				opt.value)
		}
		f, problem := a.keyField(t, obj.Pkg(), name)
		if problem != "" {
			return nil, fmt.Sprintf("key=%s: %s", opt.value, problem)
		}
		fields = append(fields, f)
	}
	return keyOf(fields), ""
}

func keyOf(fields []model.KeyField) *model.Key {
	if len(fields) > 1 {
		return &model.Key{Fields: fields}
	}
	return &model.Key{Type: fields[0].Type, Fields: fields, Parts: fields[0].Parts}
}

// A level is a struct that a payload contains, and how to get there.
type level struct {
	typ  *model.Type
	path []model.PathStep
}

// taggedKey looks for the field tagged as key, in the payload and then in ever deeper structs in
// it.
func (a *analysis) taggedKey(t types.Type) (*model.Key, *keyProblem) {
	seen := map[*model.Type]bool{}
	for levels := []level{{typ: a.b.of(t)}}; len(levels) > 0; {
		var found [][]model.PathStep
		var next []level
		var last model.Field
		for _, l := range levels {
			seen[l.typ] = true
		}
		for _, l := range levels {
			for _, f := range l.typ.Fields {
				path := append(slices.Clone(l.path), model.PathStep{
					Name: f.Name, Type: f.Type, Embedded: f.Embedded,
					Pointer: f.Type.Kind == model.Pointer,
				})
				if hasWord(f.Tag, tagKey) {
					a.use(f.Pos, tagKey)
					found, last = append(found, path), f
				}
				inner := f.Type
				if inner.Kind == model.Pointer && inner.Elem != nil {
					inner = inner.Elem
				}
				if inner.Kind == model.Struct && !seen[inner] {
					next = append(next, level{inner, path})
				}
			}
		}
		switch len(found) {
		case 0:
			levels = next
		case 1:
			f, problem := a.keyAt(t, found[0])
			if problem != "" {
				return nil, &keyProblem{problem, last.Pos, last.Name}
			}
			return keyOf([]model.KeyField{f}), nil
		default:
			names := make([]string, len(found))
			for i, path := range found {
				names[i] = dotted(path)
			}
			return nil, &keyProblem{message: fmt.Sprintf("fields %s are tagged brook:\"key\" at one depth: keep one, or write key=%s for a key of several",
				enumerate(names), strings.Join(names, ","))}
		}
	}
	return nil, nil
}

func dotted(path []model.PathStep) string {
	names := make([]string, len(path))
	for i, step := range path {
		names[i] = step.Name
	}
	return strings.Join(names, ".")
}

// use notes that a word of a field's tag means something.
func (a *analysis) use(field model.Pos, word string) {
	if a.used[field] == nil {
		a.used[field] = map[string]bool{}
	}
	a.used[field][word] = true
}
