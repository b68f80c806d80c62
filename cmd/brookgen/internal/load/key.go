package load

import (
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// toldElsewhere stands for what is wrong with a field of an event or row whose type can't be made
// out: the check of all that they contain says why.
const toldElsewhere = "the type of this key can't be made out: go vet tells more"

const keyTypes = "keys are strings, integers, bools, [N]byte, and structs of those"

// keyParts gives the leaves of a key type, or says why it is none.
func (a *analysis) keyParts(t *model.Type) ([]model.KeyPart, string) {
	return a.leaves(t, nil)
}

func (a *analysis) leaves(t *model.Type, path []model.PathStep) ([]model.KeyPart, string) {
	name := a.describe(a.b.goType[t])
	for _, step := range path {
		name = step.Name + " of type " + a.describe(a.b.goType[step.Type])
	}
	switch t.Kind {
	case model.String, model.Bool,
		model.Int, model.Int8, model.Int16, model.Int32, model.Int64,
		model.Uint, model.Uint8, model.Uint16, model.Uint32, model.Uint64, model.Uintptr:
		return []model.KeyPart{{Path: slices.Clone(path), Type: t}}, ""
	case model.Array:
		if t.Elem.Kind == model.Uint8 {
			return []model.KeyPart{{Path: slices.Clone(path), Type: t}}, ""
		}
	case model.Bytes:
		return nil, name + " can't be a key: use string or [N]byte"
	case model.Time:
		return nil, name + " can't be a key: use a string or an integer, such as UnixNano"
	case model.Float32, model.Float64:
		return nil, name + " can't be a key: use an integer or a string"
	case model.Pointer:
		return nil, name + " can't be a key: use the type without the pointer"
	case model.Struct:
		return a.structLeaves(t, path, name)
	}
	return nil, name + " can't be a key: " + keyTypes
}

func (a *analysis) structLeaves(t *model.Type, path []model.PathStep,
	name string) ([]model.KeyPart, string) {
	if len(t.Fields) == 0 {
		return nil, name + " can't be a key: it has no fields"
	}
	var parts []model.KeyPart
	for _, f := range t.Fields {
		switch {
		case !f.Exported:
			return nil, fmt.Sprintf("%s can't be a key: its field %s is unexported", name, f.Name)
		case f.Skip:
			return nil, fmt.Sprintf("%s can't be a key: its field %s is left out by json:\"-\"",
				name, f.Name)
		}
		inner, problem := a.leaves(f.Type,
			append(path, model.PathStep{Name: f.Name, Type: f.Type, Embedded: f.Embedded}))
		if problem != "" {
			return nil, problem
		}
		parts = append(parts, inner...)
	}
	return parts, ""
}

// keyField finds the field that a dotted name means, and checks that it can be (part of) a key.
func (a *analysis) keyField(t types.Type, home *types.Package,
	name string) (model.KeyField, string) {
	path, problem := a.path(t, home, name)
	if problem != "" {
		return model.KeyField{}, problem
	}
	return a.keyAt(t, path)
}

// keyAt checks that the field at path can be (part of) a key.
func (a *analysis) keyAt(t types.Type, path []model.PathStep) (model.KeyField, string) {
	leaf := path[len(path)-1]
	if a.invalid(a.b.goType[leaf.Type]) {
		return model.KeyField{}, toldElsewhere
	}
	if problem := a.wholeOnWire(a.b.of(t), path); problem != "" {
		return model.KeyField{}, problem
	}
	parts, problem := a.keyParts(leaf.Type)
	if problem != "" {
		return model.KeyField{}, problem
	}
	return model.KeyField{Path: path, Type: leaf.Type, Parts: parts}, ""
}

// wholeOnWire is onWire for a key: of an embedded struct, whose fields stand among those of the
// outer one, each of its leaves has to be there.
func (a *analysis) wholeOnWire(t *model.Type, path []model.PathStep) string {
	leaf := path[len(path)-1]
	problem := a.onWire(t, path)
	if problem == "" || !leaf.Embedded {
		return problem
	}
	if leaf.Pointer {
		return fmt.Sprintf("%s is embedded as a pointer, which may be nil: embed %s without it",
			leaf.Name, leaf.Name)
	}
	parts, bad := a.keyParts(leaf.Type)
	if bad != "" {
		return bad
	}
	for _, part := range parts {
		if problem := a.onWire(t, slices.Concat(path, part.Path)); problem != "" {
			return problem
		}
	}
	return ""
}

// path follows a dotted name from a value of type t.
func (a *analysis) path(t types.Type, home *types.Package, name string) ([]model.PathStep, string) {
	var path []model.PathStep
	for segment := range strings.SplitSeq(name, ".") {
		if segment == "_" {
			return nil, "a field that is called _ can't be read"
		}
		obj, index, _ := types.LookupFieldOrMethod(t, true, home, segment)
		v, ok := obj.(*types.Var)
		switch {
		case obj == nil && index != nil:
			return nil, fmt.Sprintf("field %s is ambiguous in %s", segment, a.describe(t))
		case !ok:
			return nil, fmt.Sprintf("%s has no field %s%s", a.describe(t), segment,
				didYouMean(segment, fieldNames(t), ""))
		}
		path = append(path, a.steps(t, index)...)
		t = v.Type()
	}
	return path, ""
}

// steps turns a field index, as go/types and reflect count, into selectors.
func (a *analysis) steps(t types.Type, index []int) []model.PathStep {
	var path []model.PathStep
	for _, i := range index {
		v := structOf(t).Field(i)
		m := a.b.of(v.Type())
		path = append(path, model.PathStep{Name: v.Name(), Type: m, Embedded: v.Embedded(), Pointer: m.Kind == model.Pointer})
		t = v.Type()
	}
	return path
}

// structOf gives the struct under t or what it points to, or nil.
func structOf(t types.Type) *types.Struct {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, _ := t.Underlying().(*types.Struct)
	return s
}

func fieldNames(t types.Type) []string {
	var names []string
	if s := structOf(t); s != nil {
		for v := range s.Fields() {
			names = append(names, v.Name())
		}
	}
	return names
}

// onWire says why the field at path would be lost in an encoding of t, if it would.
func (a *analysis) onWire(t *model.Type, path []model.PathStep) string {
	for len(path) > 0 {
		if t.Kind == model.Pointer {
			t = t.Elem
		}
		if t.Kind != model.Struct || marshals(t) {
			return "" // its own marshaller knows
		}
		i := slices.IndexFunc(t.JSON,
			func(f model.JSONField) bool { return hasPrefix(path, f.Path) })
		if i < 0 {
			return a.whyLost(t, path[0].Name, path)
		}
		t, path = t.JSON[i].Type, path[len(t.JSON[i].Path):]
	}
	return ""
}

func (a *analysis) whyLost(t *model.Type, name string, path []model.PathStep) string {
	for _, f := range t.Fields {
		switch {
		case f.Name != name:
		case f.Skip:
			return fmt.Sprintf("field %s has json:\"-\", so it is neither sent nor stored: remove that, or take another field", name)
		case !f.Exported && !f.Embedded:
			a.told[t] = true
			return fmt.Sprintf("field %s is unexported, so it would be lost: export it", name)
		}
	}
	last := path[len(path)-1]
	if last.Embedded && embeddedFields(last.Type) {
		return fmt.Sprintf("%s is embedded, so that its fields stand among the others on the wire and %s itself does not: give it a name, as in Key %s",
			last.Name, last.Name, a.describe(a.b.goType[last.Type]))
	}
	for _, c := range a.b.clashes[t] {
		if hasPrefix(path, c.a.Path) || hasPrefix(path, c.b.Path) {
			if a.hushed[t] == nil {
				a.hushed[t] = map[string]bool{}
			}
			a.hushed[t][c.name] = true // told here
			return c.String()
		}
	}
	return fmt.Sprintf("field %s is shadowed by another of the same wire name, so it would be lost: give one another json name", last.Name)
}

// embeddedFields reports whether embedding a type promotes fields.
func embeddedFields(t *model.Type) bool {
	if t.Kind == model.Pointer && t.Elem != nil {
		t = t.Elem
	}
	return t.Kind == model.Struct
}

func hasPrefix(path, prefix []model.PathStep) bool {
	if len(prefix) > len(path) {
		return false
	}
	for i := range prefix {
		if path[i].Name != prefix[i].Name {
			return false
		}
	}
	return true
}

// marshals reports whether a type is read and written by methods of its own.
func marshals(t *model.Type) bool {
	m := t.Methods
	return m.MarshalJSON != model.None && m.UnmarshalJSON != model.None ||
		m.MarshalText != model.None && m.UnmarshalText != model.None
}
