package lock

import (
	"cmp"
	"fmt"
	"slices"
)

// assemble makes a lock of its lines, in whatever order.
func assemble(rows []row) (*Lock, error) {
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.ref.Kind, b.ref.Kind), cmp.Compare(a.ref.Name, b.ref.Name),
			cmp.Compare(a.ref.Version, b.ref.Version), slices.Compare(a.path, b.path))
	})
	l := &Lock{}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].ref == rows[0].ref {
			n++
		}
		e, err := assembleEntry(rows[:n])
		if err != nil {
			return nil, err
		}
		l.Entries = append(l.Entries, e)
		rows = rows[n:]
	}
	return l, nil
}

func assembleEntry(rows []row) (*Entry, error) {
	first := rows[0]
	fail := func(r row, format string, args ...any) error {
		return &Error{r.pos, fmt.Sprintf(format, args...) + ": " + restore}
	}
	what := first.ref.Kind + " " + first.ref.Name
	if len(first.path) > 0 {
		return nil, fail(first, `%s lacks the line of its path "."`, what)
	}
	e := &Entry{
		Kind: first.ref.Kind, Name: first.ref.Name, Version: first.ref.Version,
		Key: first.key, KeyTypes: first.keyTypes, When: first.when, Was: first.was,
		Root: first.typ, Pos: first.pos,
	}
	if first.quoted {
		return nil, fail(first, "%s as a whole is not in quotes", what)
	}
	for i, r := range rows[1:] {
		if slices.Equal(r.path, rows[i].path) {
			return nil, fail(r, "%s has %s twice", what, r.path)
		}
		last := r.path[len(r.path)-1]
		owner := e.Root.at(r.path[:len(r.path)-1])
		if owner == nil || owner.Kind != Struct || last == element || last == value {
			return nil, fail(r, "%s has no struct that %s is a field of", what, r.path)
		}
		name, _ := unword(last)
		owner.Fields = append(owner.Fields, &Field{Name: name, Type: r.typ, String: r.quoted,
			Required: r.required, PII: r.pii, Gone: r.gone, Was: r.was, Default: r.preset, Pos: r.pos})
	}
	targets := map[*Shape]*Shape{}
	for _, r := range rows {
		for _, ref := range r.refs {
			to, ok := parsePath(ref.Name)
			target := e.Root.at(to)
			if !ok || target == nil || target.Kind == reference {
				return nil, fail(r, "@%s is no place in %s", ref.Name, what)
			}
			targets[ref] = target
		}
	}
	e.Root.resolve(targets, map[*Shape]bool{})
	return e, nil
}

// at returns the shape at a path, without its pointers, or nil.
func (s *Shape) at(p path) *Shape {
	for _, step := range p {
		s = s.pointee()
		switch {
		case step == element && (s.Kind == Slice || s.Kind == Array), step == value && s.Kind == Map:
			s = s.Elem
		case step == element, step == value, s.Kind != Struct:
			return nil
		default:
			name, _ := unword(step)
			f := s.field(name)
			if f == nil {
				return nil
			}
			s = f.Type
		}
	}
	return s.pointee()
}

// resolve puts what references stand for into their places, and fields into their order.
func (s *Shape) resolve(targets map[*Shape]*Shape, seen map[*Shape]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	if s.Elem != nil {
		s.Elem = cmp.Or(targets[s.Elem], s.Elem)
		s.Elem.resolve(targets, seen)
	}
	slices.SortFunc(s.Fields, func(a, b *Field) int { return cmp.Compare(a.Name, b.Name) })
	for _, f := range s.Fields {
		f.Type = cmp.Or(targets[f.Type], f.Type)
		f.Type.resolve(targets, seen)
	}
}
