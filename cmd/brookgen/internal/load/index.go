package load

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// A taggedField is a field of a collection's struct, its own or promoted, that has a brook tag.
type taggedField struct {
	tag  string
	path []model.PathStep
	pos  model.Pos
	at   span
}

// taggedFields gives the tagged fields of t in declaration order, promoted ones where their struct
// is embedded. It notes their words as used.
func (a *analysis) taggedFields(t types.Type) []taggedField {
	var found []taggedField
	var walk func(u types.Type, index []int, inside []types.Type)
	walk = func(u types.Type, index []int, inside []types.Type) {
		s := structOf(u)
		if s == nil || slices.ContainsFunc(inside,
			func(i types.Type) bool { return types.Identical(i, u) }) {
			return
		}
		inside = append(inside, u)
		for i := range s.NumFields() {
			v := s.Field(i)
			at := append(slices.Clone(index), i)
			if v.Embedded() {
				walk(v.Type(), at, inside)
			}
			if len(words(s.Tag(i))) == 0 {
				continue
			}
			f := taggedField{tag: s.Tag(i), path: a.steps(t, at),
				at: span{v.Pos(), v.Pos() + token.Pos(len(v.Name()))}}
			if a.inSource(v.Pkg().Path()) {
				f.pos = a.place(v.Pos())
			}
			for _, w := range []string{tagKey, tagIndex, tagUnique} {
				a.use(f.pos, w)
			}
			if v.Exported() && reflect.StructTag(f.tag).Get("json") != "-" && !(v.Embedded() && isStruct(v.Type())) {
				a.use(f.pos, tagWas)
			}
			if obj, _, _ := types.LookupFieldOrMethod(t, true, v.Pkg(), v.Name()); obj != v {
				a.report(f.at, "brook:%q has no meaning on %s: another field %s hides it",
					reflect.StructTag(f.tag).Get("brook"), dotted(f.path), v.Name())
				continue
			}
			found = append(found, f)
		}
	}
	walk(t, nil, nil)
	return found
}

// addIndexes adds the indexes that c's fields are tagged for.
func (a *analysis) addIndexes(c *model.Collection, t types.Type, tagged []taggedField) {
	for _, f := range tagged {
		unique := hasWord(f.tag, tagUnique)
		if !unique && !hasWord(f.tag, tagIndex) {
			continue
		}
		leaf := f.path[len(f.path)-1]
		x := &model.Index{Pos: f.pos, GoName: leaf.Name, Path: f.path, Type: leaf.Type,
			Unique: unique}
		switch x.Type.Kind {
		case model.Pointer:
			x.Type, x.Pointer = x.Type.Elem, true
		case model.Slice:
			x.Type, x.Slice = x.Type.Elem, true
		}
		problem := a.wholeOnWire(a.b.of(t), f.path)
		if problem == "" {
			x.Parts, problem = a.keyParts(x.Type)
			if problem != "" && a.invalid(a.b.goType[x.Type]) {
				problem = toldElsewhere
			} else if problem != "" {
				problem = fmt.Sprintf("field %s can't be indexed: %s", leaf.Name, problem)
			}
		}
		if problem != "" {
			a.report(f.at, "%s", problem)
			continue
		}
		c.Indexes = append(c.Indexes, x)
	}
}

// indexOf finds the index of c that is asked for by type t, or says why there is not exactly one.
func (a *analysis) indexOf(c *model.Collection, t types.Type) (*model.Index, string) {
	want := a.b.of(t)
	var found []*model.Index
	for _, x := range c.Indexes {
		if x.Type == want {
			found = append(found, x)
		}
	}
	switch len(found) {
	case 0:
		if len(c.Indexes) == 0 {
			return nil, fmt.Sprintf("%s has no index: tag a field of %s with brook:\"index\" or brook:\"unique\"", c.Name, c.Type.Named.Name)
		}
		names := make([]string, len(c.Indexes))
		for i, x := range c.Indexes {
			names[i] = x.GoName + " (" + a.describe(a.b.goType[x.Type]) + ")"
		}
		return nil, fmt.Sprintf("%s has no index of type %s; it has %s", c.Name, a.describe(t),
			enumerate(names))
	case 1:
		return found[0], ""
	}
	return nil, fmt.Sprintf("%s has two indexes of type %s, %s and %s: give each a type of its own, as in type %s %s",
		c.Name, a.describe(t), found[0].GoName, found[1].GoName, found[1].GoName, a.describe(t.Underlying()))
}
