package load

import (
	"go/types"

	"github.com/brookgen/brookgen/templates/model"
)

// How large a type may be that has no name, up to the names in it. What is larger makes code that
// nobody can read, and takes brookgen and the compiler long: two aliases for each other's structs
// double the size at each step.
const (
	maxLevels = 40
	maxParts  = 5000
)

const tooLarge = "a type without a name that is nested so deeply, or has so many parts, can't be written out: declare types for parts of it"

// An extent is how large a type without a name is.
type extent struct{ levels, parts int }

// large reports whether a type is too large to be written out.
func (b *builder) large(t types.Type) bool {
	e := b.measure(t, 0)
	return e.levels > maxLevels || e.parts > maxParts
}

// measure gives the extent of a type, or more than is allowed.
func (b *builder) measure(t types.Type, level int) extent {
	t = types.Unalias(t)
	if e, known := b.extents[t]; known {
		return e
	}
	if level > maxLevels {
		return extent{maxLevels + 1, maxParts + 1}
	}
	e := extent{0, 1}
	add := func(inner types.Type, level int) {
		if e.levels <= maxLevels && e.parts <= maxParts {
			i := b.measure(inner, level)
			e.levels, e.parts = max(e.levels, i.levels), e.parts+i.parts
		}
	}
	switch t := t.(type) {
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			add(arg, level+1)
		}
		if e.levels <= maxLevels {
			e.levels = 0
		}
	case *types.Map:
		add(t.Key(), level+1)
		add(t.Elem(), level+1)
		e.levels++
	case interface{ Elem() types.Type }:
		add(t.Elem(), level+1)
		e.levels++
	case *types.Struct:
		for v := range t.Fields() {
			add(v.Type(), level+1)
		}
		e.levels++
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for v := range tuple.Variables() {
				add(v.Type(), level+1)
			}
		}
		e.levels++
	case *types.Interface:
		for f := range t.ExplicitMethods() {
			add(f.Type(), level+1)
		}
		e.levels++
	}
	b.extents[t] = e
	return e
}

// enormous is the model of a type that is too large.
func (b *builder) enormous(t types.Type) *model.Type {
	m := b.tooLarge[t]
	if m == nil {
		m = &model.Type{Kind: model.Invalid}
		b.tooLarge[t] = m
		b.goType[m] = t
	}
	return m
}

func (b *builder) isTooLarge(m *model.Type) bool { return b.tooLarge[b.goType[m]] == m }
