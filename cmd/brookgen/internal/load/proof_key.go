package load

import (
	"fmt"
	"go/ast"
	"go/types"
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
