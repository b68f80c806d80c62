package load

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"

	"github.com/brookgen/brookgen/templates/model"
)

// atKey notes a key that is not proved to begin with the event's.
func (f *frame) atKey(call *ast.CallExpr, name string, x ast.Expr) {
	if f.begins(f.eval(x)) {
		return
	}
	text := name + "(" + written(x)
	if len(call.Args) > 1 {
		text += ", …"
	}
	f.doubt(call, text+")", f.why(x))
}

// timerMakers make timers of the event that is the argument at a place.
var timerMakers = map[string]int{"At": 1, "Cancel": 0}

// ofKey notes a timer of an event whose key is not proved to begin with that of the event that is
// handled.
func (f *frame) ofKey(call *ast.CallExpr, name string, x ast.Expr) {
	named, _ := types.Unalias(orInvalid(f.info.TypeOf(x))).(*types.Named)
	known := value{}
	if e := f.eventNamed(named); e != nil {
		known = f.keyOf(f.eval(x), e)
	}
	if f.begins(known) {
		return
	}
	text := written(x)
	if len(call.Args) > 1 {
		text = "…, " + text
	}
	f.doubt(call, name+"("+text+")", f.why(x))
}

// eventNamed gives the event of a payload's type, nil if it is none.
func (f *frame) eventNamed(t *types.Named) *model.Event {
	if t == nil {
		return nil
	}
	for obj, e := range f.events { // those of the package were checked anew, with bodies
		if e.Key != nil && obj.Name() == t.Obj().Name() && obj.Pkg() != nil && t.Obj().Pkg() != nil &&
			obj.Pkg().Path() == t.Obj().Pkg().Path() {
			return e.Event
		}
	}
	return nil
}

// keyOf gives what is known of the key of an event, by what is known of its payload.
func (p *prover) keyOf(v value, e *model.Event) value {
	key := value{typ: v.typ, tags: []int{}}
	for _, field := range e.Key.Fields {
		for _, part := range field.Parts {
			leaf := v
			for _, step := range slices.Concat(field.Path, part.Path) {
				s, ok := plainStruct(leaf.typ)
				if !ok || leaf.tags == nil || step.Pointer {
					return value{}
				}
				i := slices.IndexFunc(slices.Collect(s.Fields()),
					func(v *types.Var) bool { return v.Name() == step.Name })
				if i < 0 {
					return value{}
				}
				leaf = p.field(leaf, []int{i})
			}
			if len(leaf.tags) != 1 {
				return value{}
			}
			key.tags = append(key.tags, leaf.tags[0])
		}
	}
	return key
}

// why says why a key is not proved.
func (f *frame) why(x ast.Expr) string {
	var changed string
	ast.Inspect(x, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && changed == "" {
			if v, ok := f.info.Uses[id].(*types.Var); ok && !v.IsField() {
				if _, m := f.variable(v); m != nil {
					changed = fmt.Sprintf("%s may change at line %d; take the key before: a variable that is declared first keeps it", written(m.at.(ast.Expr)), f.line(m.at.Pos()))
				}
			}
		}
		return changed == ""
	})
	if changed != "" {
		return changed
	}
	text := fmt.Sprintf("%s is not proved to begin with the event's key, %s", shorten(written(x)),
		f.key)
	if f.from != nil {
		text += ", in " + shorten(written(f.from))
	}
	return text
}

// scanned reports whether a scan stays within the rows whose key begins with the event's.
func (f *frame) scanned(view ast.Expr, name string, call *ast.CallExpr) bool {
	if len(call.Args) != 2 || !f.begins(f.eval(call.Args[0])) {
		return false
	}
	switch name {
	case "Range":
		return f.begins(f.eval(call.Args[1]))
	case "Prefix":
		n, ok := f.constant(call.Args[1])
		return ok && f.prefix(f.eval(call.Args[0]).typ, n) >= f.leaves
	}
	return false
}

// prefix is the number of leaves of a key's first n fields.
func (p *prover) prefix(t types.Type, n int64) int {
	s, ok := plainStruct(t)
	if !ok {
		return int(min(n, 1))
	}
	leaves := 0
	for i := range min(n, int64(s.NumFields())) {
		leaves += p.size(s.Field(int(i)).Type())
	}
	return leaves
}
