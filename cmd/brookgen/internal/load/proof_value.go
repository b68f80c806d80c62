package load

import (
	"go/types"
	"slices"
)

// A value is what is known of an expression: its leaves, which are what is left of a struct when it
// is taken apart, each with the number of the part of the event's key that it equals.
type value struct {
	typ  types.Type
	tags []int // none: nothing is known
}

// Tags that are no number of a part.
const (
	other   = -1
	keyText = -2 // e.Key, the text of the event's key
)

// unknown gives a value of type t of which nothing is known yet.
func (p *prover) unknown(t types.Type) value {
	return value{t, slices.Repeat([]int{other}, p.size(t))}
}

// size is the number of leaves of a type.
func (p *prover) size(t types.Type) int {
	if n, ok := p.sizes[t]; ok {
		return n
	}
	n := 1
	if s, ok := plainStruct(t); ok {
		n = 0
		for f := range s.Fields() {
			n += p.size(f.Type())
		}
	}
	p.sizes[t] = n
	return n
}

// plainStruct gives a struct that is one whatever its type arguments are.
func plainStruct(t types.Type) (*types.Struct, bool) {
	if t == nil {
		return nil, false
	}
	if _, generic := types.Unalias(t).(*types.TypeParam); generic {
		return nil, false
	}
	s, ok := t.Underlying().(*types.Struct)
	return s, ok
}

// offset is the number of leaves before field i.
func (p *prover) offset(s *types.Struct, i int) int {
	n := 0
	for j := range i {
		n += p.size(s.Field(j).Type())
	}
	return n
}

// field follows a path of field numbers from a value. It gives a value without tags where a pointer
// is on the way.
func (p *prover) field(v value, path []int) value {
	for _, i := range path {
		s, ok := plainStruct(v.typ)
		if !ok || v.tags == nil || i >= s.NumFields() {
			return value{}
		}
		from := p.offset(s, i)
		t := s.Field(i).Type()
		to := from + p.size(t)
		if to > len(v.tags) {
			return value{} // of a generic type that was not told
		}
		v = value{t, v.tags[from:to]}
	}
	return v
}

// convert gives what is known of T(v).
func (p *prover) convert(v value, t types.Type) value {
	if v.tags == nil || t == nil {
		return value{}
	}
	from, to := p.kinds(v.typ, nil), p.kinds(t, nil)
	if len(from) != len(to) || len(from) != len(v.tags) {
		return value{}
	}
	out := value{t, slices.Clone(v.tags)}
	for i, tag := range out.tags {
		if tag == keyText && isByteSlice(from[i]) && isString(to[i]) {
			continue // eval decides
		}
		if !sameBytes(from[i], to[i]) {
			out.tags[i] = other
		}
	}
	return out
}

// kinds gives the types of a type's leaves.
func (p *prover) kinds(t types.Type, all []types.Type) []types.Type {
	if s, ok := plainStruct(t); ok {
		for f := range s.Fields() {
			all = p.kinds(f.Type(), all)
		}
		return all
	}
	return append(all, t)
}

// sameBytes reports whether a conversion keeps the bytes that a key is made of. An int may be a
// smaller one on another machine, so that only the way from it is safe.
func sameBytes(from, to types.Type) bool {
	if types.Identical(from, to) {
		return true
	}
	for _, t := range []types.Type{from, to} {
		if _, generic := types.Unalias(t).(*types.TypeParam); generic {
			return false
		}
	}
	switch f := from.Underlying().(type) {
	case *types.Basic:
		t, ok := to.Underlying().(*types.Basic)
		if !ok || f.Kind() == types.Invalid {
			return false
		}
		return f.Kind() == t.Kind() || f.Kind() == types.Int && t.Kind() == types.Int64 ||
			f.Kind() == types.Uint && t.Kind() == types.Uint64
	case *types.Array:
		return types.Identical(f, to.Underlying())
	}
	return false
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.String
}

func isSlice(t types.Type) bool {
	_, ok := t.Underlying().(*types.Slice)
	return ok
}

func isByteSlice(t types.Type) bool {
	s, ok := t.Underlying().(*types.Slice)
	return ok && types.Identical(s.Elem().Underlying(), types.Typ[types.Uint8])
}

// begins reports whether a key of that value begins with the event's key.
func (p *proof) begins(v value) bool {
	if len(v.tags) < p.leaves {
		return false
	}
	for i := range p.leaves {
		if v.tags[i] != i {
			return false
		}
	}
	return true
}

// guarded reports whether a value of type t may hold a view, a change or a timer, or bring one forth.
func (p *prover) guarded(t types.Type) bool { return p.holds(t, map[types.Type]bool{}) }

func (p *prover) holds(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if isView(t) || isRuntime(t, "Change") != nil || isRuntime(t, "Timer") != nil {
			return true
		}
		if args := t.TypeArgs(); args != nil {
			for arg := range args.Types() {
				if p.holds(arg, seen) {
					return true
				}
			}
		}
		if pkg := t.Obj().Pkg(); pkg == nil || pkg.Path() == runtimePath {
			return false
		}
		return p.holds(t.Underlying(), seen)
	case *types.TypeParam:
		return true // it may be anything
	case *types.Struct:
		for f := range t.Fields() {
			if p.holds(f.Type(), seen) {
				return true
			}
		}
	case *types.Signature:
		return p.holds(t.Params(), seen) || p.holds(t.Results(), seen)
	case *types.Tuple:
		for v := range t.Variables() {
			if p.holds(v.Type(), seen) {
				return true
			}
		}
	case *types.Map:
		return p.holds(t.Key(), seen) || p.holds(t.Elem(), seen)
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		return p.holds(t.Elem(), seen)
	}
	return false
}

// isView reports whether t is a view or an index of the runtime.
func isView(t types.Type) bool {
	return isRuntime(t, "View") != nil || isRuntime(t, "Index") != nil
}

// vague reports whether nothing is known of a type: it, or the name of what has it, is not declared
// yet.
func vague(t types.Type) bool {
	return t == nil || types.Identical(t, types.Typ[types.Invalid])
}
