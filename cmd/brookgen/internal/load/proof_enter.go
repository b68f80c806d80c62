package load

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// calls reports whether fn is under way already, or it is too deep for more.
func (f *frame) calls(fn *ast.FuncDecl) bool {
	if f.depth >= maxDepth || f.frames >= maxFrames {
		return true
	}
	for at := f; at != nil; at = at.up {
		if at.fn == fn {
			return true
		}
	}
	return false
}

// callee gives the function of the package that a call is of, where that is certain.
func (f *frame) callee(call *ast.CallExpr) *ast.FuncDecl {
	obj := f.function(call.Fun)
	if obj == nil {
		return nil
	}
	if sel, ok := unindexed(call.Fun).(*ast.SelectorExpr); ok {
		s := f.info.Selections[sel]
		if s == nil || s.Kind() != types.MethodVal {
			return nil // of another package, or a method expression
		}
	}
	if fn := f.bodies[obj.Origin()]; fn != nil && fn.Body != nil && !f.constrained(fn.Pos()) {
		return fn
	}
	return nil
}

// function gives the function or method that an expression names; nil for a variable, and for a
// method of an interface.
func (f *frame) function(x ast.Expr) *types.Func {
	var obj types.Object
	switch x := unindexed(x).(type) {
	case *ast.Ident:
		obj = f.info.Uses[x]
	case *ast.SelectorExpr:
		obj = f.info.Uses[x.Sel]
		if s := f.info.Selections[x]; s != nil {
			obj = s.Obj()
		}
	}
	fn, ok := obj.(*types.Func)
	if !ok {
		return nil
	}
	if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
		return nil
	}
	return fn
}

// unindexed drops parentheses and type arguments.
func unindexed(x ast.Expr) ast.Expr {
	x = ast.Unparen(x)
	switch i := x.(type) {
	case *ast.IndexExpr:
		return ast.Unparen(i.X)
	case *ast.IndexListExpr:
		return ast.Unparen(i.X)
	}
	return x
}

// enter makes the frame of a call of fn.
func (f *frame) enter(fn *ast.FuncDecl, call *ast.CallExpr) *frame {
	inner := f.proof.frame(fn, f)
	inner.from = call
	bind := func(id *ast.Ident, known value) {
		if id == nil {
			return
		}
		if v, ok := f.info.Defs[id].(*types.Var); ok && known.tags != nil {
			inner.bound[v] = known
		}
	}
	if sel, ok := unindexed(call.Fun).(*ast.SelectorExpr); ok && fn.Recv != nil {
		if names := paramNames(fn.Recv); len(names) == 1 && !f.takesAddress(sel) {
			path := f.info.Selections[sel].Index()
			bind(names[0], f.field(f.eval(sel.X), path[:len(path)-1]))
		}
	}
	params := paramNames(fn.Type.Params)
	fixed := len(params)
	if f.function(call.Fun).Signature().Variadic() {
		fixed--
	}
	if len(call.Args) < fixed || len(call.Args) > len(params) && fixed == len(params) {
		return inner // of a call that gives all of them
	}
	for i, id := range params[:fixed] {
		bind(id, f.eval(call.Args[i]))
		if n, ok := f.constant(call.Args[i]); ok && id != nil {
			if v, ok := f.info.Defs[id].(*types.Var); ok {
				inner.numbers[v] = n
			}
		}
	}
	return inner
}

// constant gives the number that an expression always is.
func (f *frame) constant(x ast.Expr) (int64, bool) {
	if _, literal := ast.Unparen(x).(*ast.BasicLit); literal { // named constants may differ between builds
		if n := f.info.Types[x].Value; n != nil && n.Kind() == constant.Int {
			return constant.Int64Val(n)
		}
	}
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok {
		return 0, false
	}
	v, ok := f.info.Uses[id].(*types.Var)
	n, known := f.numbers[v]
	return n, ok && known && len(f.facts.moved[v]) == 0
}
