package load

import (
	"go/types"
	"reflect"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/brookgen/brookgen/templates/model"
)

// A builder turns go/types into the model's types, one for each distinct type.
type builder struct {
	g       *graph
	home    *types.Package
	memo    typeutil.Map // types.Type → *model.Type
	shallow typeutil.Map // the same, for types that are only named
	goType  map[*model.Type]types.Type

	open    []*model.Type // structs whose wire fields are not known yet
	hidden  []hiddenField // fields whose type is only named so far
	clashes map[*model.Type][]clash
	endless map[*model.Type]bool // cut short, as they never end
	depth   int

	reached  map[*types.TypeName]bool // defined types, and generic ones of which there are instances
	extents  map[types.Type]extent
	tooLarge map[types.Type]*model.Type // see enormous
}

// A hiddenField is a field that is not serialized: its type gets no details, unless it occurs
// elsewhere.
type hiddenField struct {
	owner *model.Type
	index int
	typ   types.Type
}

func newBuilder(g *graph, home *types.Package) *builder {
	return &builder{g: g, home: home, goType: map[*model.Type]types.Type{},
		clashes: map[*model.Type][]clash{}, endless: map[*model.Type]bool{},
		reached: map[*types.TypeName]bool{}, extents: map[types.Type]extent{}, tooLarge: map[types.Type]*model.Type{}}
}

// of gives the model of t.
func (b *builder) of(t types.Type) *model.Type {
	t = types.Unalias(t)
	if b.large(t) {
		return b.enormous(t)
	}
	if m, ok := b.memo.At(t).(*model.Type); ok {
		return m
	}
	m := &model.Type{}
	b.memo.Set(t, m)
	if named, ok := t.(*types.Named); ok {
		b.reached[named.Obj()] = true
	}
	b.depth++
	b.fill(m, t)
	b.depth--
	if b.depth == 0 {
		b.finish()
	}
	return m
}

// finish works out the wire fields, which needs embedded structs to be complete.
func (b *builder) finish() {
	for _, m := range b.open {
		m.JSON, b.clashes[m] = wireFields(m)
	}
	b.open = nil
}

// settle gives hidden fields the full types that occur elsewhere too.
func (b *builder) settle() {
	for _, h := range b.hidden {
		if m, ok := b.memo.At(h.typ).(*model.Type); ok {
			h.owner.Fields[h.index].Type = m
		}
	}
}

// nesting counts how deep type arguments stand in each other. Where that has no end, a generic type
// contains ever larger instances of itself.
func nesting(t types.Type) int {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		deepest := 0
		for arg := range t.TypeArgs().Types() {
			deepest = max(deepest, 1+within(arg))
		}
		return deepest
	case interface{ Elem() types.Type }:
		return nesting(t.Elem())
	}
	return 0
}

// within is nesting inside of a type argument, where every level counts.
func within(t types.Type) int {
	if t, ok := types.Unalias(t).(interface{ Elem() types.Type }); ok {
		return 1 + within(t.Elem())
	}
	return nesting(t)
}

func (b *builder) fill(m *model.Type, t types.Type) {
	b.head(m, t)
	switch {
	case m.Kind == model.Time || m.Kind == model.Number || m.Kind == model.Raw:
		return
	case nesting(t) > 10:
		m.Kind = model.Invalid
		b.endless[m] = true
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		m.Elem = b.of(u.Elem())
	case *types.Slice:
		m.Elem = b.of(u.Elem())
		if m.Elem.Kind == model.Uint8 && m.Elem.Methods.MarshalJSON == model.None &&
			m.Elem.Methods.MarshalText == model.None {
			m.Kind = model.Bytes
		}
	case *types.Array:
		m.Elem, m.Len = b.of(u.Elem()), int(u.Len())
	case *types.Map:
		m.Key, m.Elem = b.of(u.Key()), b.of(u.Elem())
	case *types.Struct:
		b.fields(m, t, u)
		b.open = append(b.open, m)
	}
}

// head fills what needs no other type, except for type arguments.
func (b *builder) head(m *model.Type, t types.Type) {
	b.goType[m] = t
	m.Kind = kindOf(t)
	m.Named = b.named(t)
	m.Expr = expr(t, (*types.Package).Path)
	m.Comparable = isComparable(t)
	m.Hidden = b.unnamed(t) != nil
	if named, ok := t.(*types.Named); ok || m.Kind == model.Struct {
		m.Methods = methodsOf(t)
		m.Zero = method(t, "IsZero", isZero)
		if ok && named.Obj().Pkg() != nil && b.g.inSource(named.Obj().Pkg().Path()) {
			m.Named.Pos = position(b.g.pos(named.Obj().Pos()))
		}
	}
}

func (b *builder) named(t types.Type) *model.Named {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return &model.Named{PkgPath: "unsafe", PkgName: "unsafe", Name: "Pointer"}
		}
		return &model.Named{Name: basicName(t)}
	case *types.Named:
		pkg, name := origin(t)
		n := &model.Named{Name: name}
		if pkg != nil {
			n.PkgPath, n.PkgName = pkg.Path(), pkg.Name()
		}
		for arg := range t.TypeArgs().Types() {
			n.Args = append(n.Args, b.of(arg))
		}
		return n
	}
	return nil
}

// basicName maps byte and rune, which are other names of the same types, to one.
func basicName(t *types.Basic) string {
	switch t.Kind() {
	case types.Uint8:
		return "uint8"
	case types.Int32:
		return "int32"
	}
	return t.Name()
}

var basicKinds = map[types.BasicKind]model.Kind{
	types.Bool: model.Bool, types.String: model.String,
	types.Int: model.Int, types.Int8: model.Int8, types.Int16: model.Int16,
	types.Int32: model.Int32, types.Int64: model.Int64,
	types.Uint: model.Uint, types.Uint8: model.Uint8, types.Uint16: model.Uint16,
	types.Uint32: model.Uint32, types.Uint64: model.Uint64,
	types.Uintptr: model.Uintptr, types.Float32: model.Float32, types.Float64: model.Float64,
}

func kindOf(t types.Type) model.Kind {
	switch {
	case isNamed(t, "time", "Time"):
		return model.Time
	case isNamed(t, "encoding/json", "Number"):
		return model.Number
	case isNamed(t, "encoding/json", "RawMessage"), isNamed(t, "encoding/json/jsontext", "Value"):
		return model.Raw
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicKinds[u.Kind()]
	case *types.Pointer:
		return model.Pointer
	case *types.Slice:
		return model.Slice
	case *types.Array:
		return model.Array
	case *types.Map:
		return model.Map
	case *types.Struct:
		return model.Struct
	case *types.Interface:
		switch {
		case !u.IsMethodSet():
			return model.Invalid
		case u.NumMethods() == 0:
			return model.Any
		}
		return model.Interface
	}
	return model.Invalid
}

func isNamed(t types.Type, pkgPath, name string) bool {
	named, ok := t.(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil &&
		named.Obj().Pkg().Path() == pkgPath
}

// fields fills the fields of a struct. The types of those that are not serialized are only named.
func (b *builder) fields(m *model.Type, t types.Type, u *types.Struct) {
	m.Fields = make([]model.Field, u.NumFields())
	for i := range m.Fields {
		v := u.Field(i)
		tag := u.Tag(i)
		f := model.Field{
			Name:     v.Name(),
			Tag:      tag,
			Exported: v.Exported(),
			Embedded: v.Embedded(),
			Skip:     reflect.StructTag(tag).Get("json") == "-",
			Required: hasWord(tag, tagRequired),
			Was:      oldNames(tag),
			Default:  defaultText(tag),
			PII:      hasWord(tag, tagPII),
		}
		if v.Pkg() != nil && b.g.inSource(v.Pkg().Path()) {
			f.Pos = position(b.g.pos(v.Pos()))
		}
		if f.Skip || !f.Exported && !(f.Embedded && isStruct(v.Type())) {
			f.Type = b.mention(v.Type())
			if !b.isTooLarge(f.Type) {
				b.hidden = append(b.hidden, hiddenField{m, i, types.Unalias(v.Type())})
			}
		} else {
			f.Type = b.of(v.Type())
		}
		m.Fields[i] = f
	}
}

// mention gives a type without its elements and fields.
func (b *builder) mention(t types.Type) *model.Type {
	t = types.Unalias(t)
	if b.large(t) {
		return b.enormous(t)
	}
	if m, ok := b.memo.At(t).(*model.Type); ok {
		return m
	}
	if m, ok := b.shallow.At(t).(*model.Type); ok {
		return m
	}
	m := &model.Type{}
	b.shallow.Set(t, m)
	b.head(m, t)
	if m.Named == nil {
		w := sourceWriter{builder: b}
		w.write(t)
		m.Source = w.done()
	}
	return m
}

// isStruct reports whether t is a struct or a pointer to one.
func isStruct(t types.Type) bool {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	_, ok := t.Underlying().(*types.Struct)
	return ok
}
