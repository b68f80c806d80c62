package lock

import (
	"cmp"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// Of returns what the events and collections of a package look like.
func Of(p *model.Package) *Lock {
	l := &Lock{}
	for _, e := range p.Events {
		s := newShaper(p, false)
		l.Entries = append(l.Entries, &Entry{
			Kind: Event, Name: e.Name, Version: max(e.Version, 1), Pos: e.Pos, GoName: e.GoName,
			Root: s.shape(e.Type), Key: s.key(e.Type, e.Key), Was: e.Was, When: e.When,
			Home: e.CodecPkg,
		})
		for _, v := range e.Earlier {
			l.Entries = append(l.Entries, &Entry{
				Kind: Event, Name: e.Name, Version: v.Version, Pos: v.Pos, GoName: v.Type.Named.Name,
				Root: s.shape(v.Type), When: v.When, Home: e.CodecPkg,
			})
		}
	}
	for _, j := range p.Jobs {
		s := newShaper(p, false)
		l.Entries = append(l.Entries, &Entry{
			Kind: Job, Name: j.Name, Version: max(j.Version, 1), Pos: j.Pos, GoName: j.GoName,
			Root: s.shape(j.Type), Key: s.key(j.Type, j.Key), Was: j.Was,
		})
		for _, v := range j.Earlier {
			l.Entries = append(l.Entries, &Entry{
				Kind: Job, Name: j.Name, Version: v.Version, Pos: v.Pos, GoName: v.Type.Named.Name,
				Root: s.shape(v.Type),
			})
		}
	}
	for _, c := range p.Collections {
		s := newShaper(p, true)
		entry := &Entry{
			Kind: Collection, Name: c.Name, Pos: c.Pos, GoName: c.Type.Named.Name,
			Root: s.shape(c.Type), Key: s.key(c.Type, c.Key),
		}
		if len(c.Key.Fields) == 0 {
			for _, part := range c.Key.Parts {
				entry.KeyTypes = append(entry.KeyTypes, s.shape(part.Type).String())
			}
		}
		l.Entries = append(l.Entries, entry)
	}
	l.sort()
	return l
}

// shaper turns types into shapes, one for each type.
type shaper struct {
	pkg    *model.Package
	stored bool // as stores keep a value, else as its JSON has it
	shapes map[*model.Type]*Shape
}

func newShaper(p *model.Package, stored bool) *shaper {
	return &shaper{p, stored, map[*model.Type]*Shape{}}
}

func (s *shaper) shape(t *model.Type) *Shape {
	if known := s.shapes[t]; known != nil {
		return known
	}
	shape := &Shape{}
	s.shapes[t] = shape
	if word, ok := basic[t.Kind]; ok {
		shape.Kind = word
	}
	switch {
	case t.Kind == model.Time || t.Kind == model.Number || t.Kind == model.Raw:
		return shape
	case s.opaque(t):
		shape.Kind, shape.Name = Opaque, s.name(t)
		return shape
	}
	switch t.Kind {
	case model.Bytes:
		shape.Kind = Bytes
	case model.Slice:
		shape.Kind, shape.Elem = Slice, s.shape(t.Elem)
		if s.stored && t.Elem.Kind == model.Uint8 {
			shape.Kind, shape.Elem = Bytes, nil
		}
	case model.Array:
		shape.Kind, shape.Len, shape.Elem = Array, t.Len, s.shape(t.Elem)
	case model.Pointer:
		if endless(t) {
			shape.Kind, shape.Name = Opaque, s.name(t)
			return shape
		}
		shape.Kind, shape.Elem = Pointer, s.shape(t.Elem)
	case model.Map:
		shape.Kind, shape.Key, shape.Elem = Map, s.mapKey(t.Key), s.shape(t.Elem)
	case model.Struct:
		shape.Kind = Struct
		if s.stored {
			shape.Fields = s.storedFields(t, nil)
		} else {
			shape.Fields = s.wireFields(t)
		}
		slices.SortFunc(shape.Fields, func(a, b *Field) int { return cmp.Compare(a.Name, b.Name) })
	}
	return shape
}

// endless reports whether a pointer points at nothing but pointers, as in type P *P.
func endless(t *model.Type) bool {
	seen := map[*model.Type]bool{}
	for ; t.Kind == model.Pointer; t = t.Elem {
		if seen[t] {
			return true
		}
		seen[t] = true
	}
	return false
}

// mapKey returns the shape of a map's key, which is one word.
func (s *shaper) mapKey(t *model.Type) *Shape {
	if shape := s.shape(t); shape.Kind != Struct && shape.Elem == nil {
		return shape
	}
	return &Shape{Kind: Opaque, Name: s.name(t)}
}

// opaque reports whether values of a type are written or read by methods of its own.
func (s *shaper) opaque(t *model.Type) bool {
	if s.stored {
		return t.Kind == model.Struct && t.StoredBy() != ""
	}
	m := t.Methods
	return t.Kind != model.Pointer && (m.MarshalJSON != model.None || m.UnmarshalJSON != model.None ||
		m.MarshalText != model.None || m.UnmarshalText != model.None)
}

// name is what a type is called, with the path of its package unless that is the present one.
func (s *shaper) name(t *model.Type) string {
	if t.Named == nil {
		return t.Expr
	}
	name := t.Named.Name
	for i, arg := range t.Named.Args {
		name += map[bool]string{true: "[", false: ","}[i == 0] + s.name(arg)
	}
	if len(t.Named.Args) > 0 {
		name += "]"
	}
	if t.Named.PkgPath == "" || t.Named.PkgPath == s.pkg.Path {
		return name
	}
	return t.Named.PkgPath + "." + name
}

func (s *shaper) wireFields(t *model.Type) []*Field {
	var fields []*Field
	for _, f := range t.JSON {
		fields = append(fields, &Field{
			Name: f.Name, Type: s.shape(f.Type), String: f.String, Required: f.Required, PII: f.PII,
			Was: f.Was, Default: f.Default, Pos: f.Pos, GoName: f.Path[len(f.Path)-1].Name,
		})
	}
	return fields
}

// storedFields are the fields of a row. Those of embedded structs are found by their names as if
// they were the outer one's own, behind which they stand back. Open are the structs that t is
// embedded in.
func (s *shaper) storedFields(t *model.Type, open []*model.Type) []*Field {
	var fields, promoted []*Field
	open = append(slices.Clip(open), t)
	for _, f := range t.StoredFields(s.pkg.Path) {
		if inner := f.Type.Pointee(); f.Promotes() {
			if !slices.Contains(open, inner) {
				all := s.storedFields(inner, open)
				for _, g := range all {
					g.PII = g.PII || f.PII
				}
				promoted = append(promoted, all...)
			}
			continue
		}
		fields = append(fields, &Field{
			Name: f.StoredName(), Type: s.shape(f.Type), Was: f.Was, PII: f.PII, Pos: f.Pos,
			GoName: f.Name,
		})
	}
	for _, f := range promoted {
		if !slices.ContainsFunc(fields, func(g *Field) bool { return g.Name == f.Name }) {
			fields = append(fields, f)
		}
	}
	return fields
}

// key returns the paths of a key in values of type t.
func (s *shaper) key(t *model.Type, k *model.Key) []string {
	if k == nil {
		return nil
	}
	var paths []string
	for _, f := range k.Fields {
		for _, part := range f.Parts {
			paths = append(paths, s.wirePath(t, slices.Concat(f.Path, part.Path)).String())
		}
	}
	return paths
}

// wirePath turns selectors of Go into names on the wire. What lies in a type that is written by
// methods of its own keeps its names.
func (s *shaper) wirePath(t *model.Type, steps []model.PathStep) path {
	var p path
	for len(steps) > 0 {
		for t.Kind == model.Pointer {
			t = t.Elem
		}
		name, n := s.selected(t, steps)
		if name != "" {
			p = p.with(word(name))
		}
		t, steps = steps[n-1].Type, steps[n:]
	}
	return p
}

// selected returns the name that the first n of steps select, "" if they lead into an embedded
// struct.
func (s *shaper) selected(t *model.Type, steps []model.PathStep) (name string, n int) {
	if t.Kind == model.Struct && !s.opaque(t) {
		for _, f := range t.JSON {
			if !s.stored && startsWith(steps, f.Path) {
				return f.Name, len(f.Path)
			}
		}
		for _, f := range t.Fields {
			switch {
			case !s.stored || f.Name != steps[0].Name:
			case f.Promotes():
				return "", 1
			default:
				return f.StoredName(), 1
			}
		}
	}
	return steps[0].Name, 1
}

func startsWith(steps, prefix []model.PathStep) bool {
	return len(steps) >= len(prefix) && slices.EqualFunc(steps[:len(prefix)], prefix,
		func(a, b model.PathStep) bool { return a.Name == b.Name })
}
