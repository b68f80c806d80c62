package templates

import (
	"go/token"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// selector writes base.A.B for a path that starts at a value of type owner. An unexported embedded
// struct of another package can't be named, and need not be.
func (n *names) selector(base string, owner *model.Type, path []model.PathStep) *jen.Statement {
	s := jen.Id(base)
	for _, step := range path {
		if !n.hidden(owner, step) {
			s.Dot(step.Name)
		}
		owner = pointee(step.Type)
	}
	return s
}

func (n *names) hidden(owner *model.Type, step model.PathStep) bool {
	return step.Embedded && !token.IsExported(step.Name) && owner.Named != nil &&
		owner.Named.PkgPath != n.pkg.Path
}

func pointee(t *model.Type) *model.Type {
	if t != nil && t.Kind == model.Pointer && t.Named == nil {
		return t.Elem
	}
	return t
}

// nilTests writes base.A != nil for every pointer on the path, the last step's included.
func (n *names) nilTests(base string, owner *model.Type, path []model.PathStep) []jen.Code {
	var tests []jen.Code
	for i, step := range path {
		if step.Pointer {
			tests = append(tests, n.selector(base, owner, path[:i+1]).Op("!=").Nil())
		}
	}
	return tests
}

// followed writes what stands at the end of a path from a pointer to owner: base.A.B, or what a
// last pointer points at, or *base for the empty path.
func (n *names) followed(base string, owner *model.Type, path []model.PathStep) *jen.Statement {
	s := n.selector(base, owner, path)
	if len(path) == 0 || path[len(path)-1].Pointer {
		return jen.Op("*").Add(s)
	}
	return s
}

// reached writes what stands at the end of a path from a pointer to owner, with every pointer on
// the way made if it is nil: key.Ensure(&base.A).B. pointer: it is a pointer to that. It is nil for
// a path that goes through a pointer that can't be named, or whose type has a name.
func (n *names) reached(base string, owner *model.Type,
	path []model.PathStep) (s *jen.Statement, pointer bool) {
	s, pointer = jen.Id(base), true
	for _, step := range path {
		hidden := n.hidden(owner, step)
		if step.Pointer && (hidden || step.Type.Kind != model.Pointer || step.Type.Named != nil) {
			return nil, false
		}
		if !hidden {
			s, pointer = s.Dot(step.Name), false
		}
		if step.Pointer {
			s, pointer = jen.Qual(keyPath, "Ensure").Call(jen.Op("&").Add(s)), true
		}
		owner = pointee(step.Type)
	}
	return s, pointer
}

// all joins conditions with &&.
func all(tests []jen.Code) *jen.Statement {
	s := jen.Null()
	for i, test := range tests {
		if i > 0 {
			s.Op("&&")
		}
		s.Add(test)
	}
	return s
}
