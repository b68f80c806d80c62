package load

import (
	"fmt"
	"go/ast"
	"go/types"
)

// makers make changes of the key that is their first argument.
var makers = map[string]bool{
	"Create": true, "Insert": true, "Merge": true, "Modify": true, "Delete": true,
}

// maker reports whether a function of the runtime makes changes or timers.
func (p *prover) maker(fn *types.Func) bool {
	if !ofRuntime(fn) || fn.Signature().Recv() != nil {
		return false
	}
	for v := range fn.Signature().Results().Variables() {
		if isRuntime(v.Type(), "Change") != nil || isRuntime(v.Type(), "Timer") != nil {
			return true
		}
	}
	return false
}

func ofRuntime(fn *types.Func) bool { return fn.Pkg() != nil && fn.Pkg().Path() == runtimePath }

// viewMethod gives the view and the name of the method that a call asks, where it asks a view.
func (f *frame) viewMethod(call *ast.CallExpr) (view ast.Expr, name string) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	s := f.info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal || !isView(deref(s.Recv())) {
		return nil, ""
	}
	return sel.X, sel.Sel.Name
}

// call looks at a call.
func (f *frame) call(n *ast.CallExpr) {
	fun := f.info.Types[n.Fun]
	switch {
	case fun.IsType():
		f.conversion(n, fun.Type)
		return
	case fun.IsBuiltin():
		f.builtin(n)
		return
	}
	if view, name := f.viewMethod(n); view != nil {
		f.asked(n, view, name)
		return
	}
	obj := f.function(n.Fun)
	if obj != nil && ofRuntime(obj) && f.ofTheRuntime(n, obj) {
		return
	}
	if fn := f.callee(n); fn != nil {
		f.inlined(n, fn)
		return
	}
	if f.local(n.Fun) {
		f.given(n, false)
		return
	}
	f.elsewhere(n)
}

// conversion looks at T(x).
func (f *frame) conversion(n *ast.CallExpr, t types.Type) {
	if len(n.Args) != 1 {
		return
	}
	from := f.info.TypeOf(n.Args[0])
	if f.guarded(t) && !f.guarded(from) {
		if b, ok := from.(*types.Basic); !ok || b.Kind() != types.UntypedNil {
			f.doubt(n, written(n), "what it is made of was made elsewhere")
		}
	}
	f.flows(t, from, n.Args[0])
	if isByteSlice(orInvalid(from)) && isString(orInvalid(t)) { // string(e.Key) shows nobody the bytes
		if sel, ok := ast.Unparen(n.Args[0]).(*ast.SelectorExpr); ok {
			f.pass(sel)
			f.pass(sel.X)
		}
	}
}

func orInvalid(t types.Type) types.Type {
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return t
}

// builtin looks at append and the like.
func (f *frame) builtin(n *ast.CallExpr) {
	id, _ := ast.Unparen(n.Fun).(*ast.Ident)
	if id == nil || id.Name != "append" || len(n.Args) == 0 || n.Ellipsis.IsValid() {
		return
	}
	if s, ok := under[*types.Slice](f.info.TypeOf(n.Args[0])); ok {
		for _, arg := range n.Args[1:] {
			f.flows(s.Elem(), f.info.TypeOf(arg), arg)
		}
	}
}

// asked looks at what a view is asked.
func (f *frame) asked(n *ast.CallExpr, view ast.Expr, name string) {
	f.pass(n.Fun)
	id, ok := ast.Unparen(view).(*ast.Ident)
	if !ok {
		return // selector tells, or whatever gave it
	}
	v, _ := f.info.Uses[id].(*types.Var)
	if v == nil || !f.parameter(v) {
		return // name tells
	}
	f.pass(view)
	label := id.Name + "." + name
	switch {
	case f.lits > 0:
		f.doubt(n, label, "a function literal that reads may do so when other events run: read before it")
	case name == "Get" || name == "Has" || name == "Lookup":
		if len(n.Args) == 1 {
			f.atKey(n, label, n.Args[0])
		}
	case !f.scanned(view, name, n):
		f.doubt(n, written(n),
			"it is not proved to read only rows whose key begins with the event's, "+f.key)
	}
}

// parameter reports whether v is a parameter of the frame's function that is never given another
// value.
func (f *frame) parameter(v *types.Var) bool {
	for _, id := range paramNames(f.fn.Type.Params) {
		if id != nil && f.info.Defs[id] == v {
			return len(f.facts.moved[v]) == 0
		}
	}
	return false
}

// ofTheRuntime looks at a call of the runtime, and reports whether that is all that is to be said.
func (f *frame) ofTheRuntime(n *ast.CallExpr, obj *types.Func) bool {
	if obj.Signature().Recv() != nil { // of a change, an entry, an event: it shows what is there
		if sel, ok := unindexed(n.Fun).(*ast.SelectorExpr); ok && !f.guarded(f.info.TypeOf(n)) {
			f.pass(sel)
			f.given(n, true)
			return true
		}
		return false
	}
	if !f.maker(obj) {
		return false
	}
	f.pass(unindexed(n.Fun))
	if at, ok := timerMakers[obj.Name()]; ok && at < len(n.Args) {
		f.ofKey(n, written(n.Fun), n.Args[at])
		return true
	}
	if !makers[obj.Name()] || len(n.Args) == 0 {
		f.doubt(n, written(n.Fun), "it is not known which key it writes")
		return true
	}
	f.atKey(n, written(n.Fun), n.Args[0])
	return true
}

// inlined looks at a call of a function of the package, and into it where views or changes go in or
// come out.
func (f *frame) inlined(n *ast.CallExpr, fn *ast.FuncDecl) {
	obj := f.function(n.Fun)
	params := obj.Origin().Signature().Params()
	touches := f.guarded(f.info.TypeOf(n)) || f.guarded(orInvalid(f.receiverOf(n)))
	for i, arg := range n.Args {
		touches = touches || f.guarded(f.info.TypeOf(arg))
		if id, ok := ast.Unparen(arg).(*ast.Ident); ok && i < params.Len() &&
			isView(params.At(i).Type()) {
			if v, ok := f.info.Uses[id].(*types.Var); ok && f.parameter(v) && f.lits == 0 {
				f.pass(id)
			}
		}
		if to := paramAt(obj.Origin().Signature(), i, n.Ellipsis.IsValid()); to != nil {
			f.flows(to, f.info.TypeOf(arg), arg)
			if types.Identical(orInvalid(f.info.TypeOf(arg)), f.event) {
				touches = true // it may change the bytes of e.Key
				f.pass(arg)
			}
		}
	}
	if !touches {
		return
	}
	if f.calls(fn) {
		f.doubt(n, written(n.Fun), "it calls itself, or leads too far to be followed")
		return
	}
	f.enter(fn, n).walk()
}

// paramAt gives the type that argument i has to have.
func paramAt(sig *types.Signature, i int, spread bool) types.Type {
	params := sig.Params()
	last := params.Len() - 1
	switch {
	case i < last || i == last && (spread || !sig.Variadic()):
		return params.At(i).Type()
	case last >= 0 && sig.Variadic():
		if s, ok := params.At(last).Type().Underlying().(*types.Slice); ok {
			return s.Elem()
		}
	}
	return nil
}

// receiverOf gives the type of what a method is called on.
func (f *frame) receiverOf(n *ast.CallExpr) types.Type {
	if sel, ok := unindexed(n.Fun).(*ast.SelectorExpr); ok && f.info.Selections[sel] != nil {
		return f.info.TypeOf(sel.X)
	}
	return nil
}

// local reports whether fun is a variable that only ever held a literal of this function, which is
// looked at where it stands.
func (f *frame) local(fun ast.Expr) bool {
	switch x := ast.Unparen(fun).(type) {
	case *ast.FuncLit:
		return true
	case *ast.Ident:
		v, _ := f.info.Uses[x].(*types.Var)
		d, ok := f.facts.defs[v]
		if !ok || d.ranged || len(f.facts.moved[v]) > 0 {
			return false
		}
		_, literal := ast.Unparen(d.expr).(*ast.FuncLit)
		return literal
	}
	return false
}

// given looks at what is handed to a function that was looked at, or can't do anything with it.
func (f *frame) given(n *ast.CallExpr, harmless bool) {
	sig, _ := under[*types.Signature](f.info.TypeOf(n.Fun))
	for i, arg := range n.Args {
		if sig != nil && i < sig.Params().Len() && !harmless {
			f.flows(sig.Params().At(i).Type(), f.info.TypeOf(arg), arg)
		}
	}
}

// elsewhere looks at a call of what can't be looked into.
func (f *frame) elsewhere(n *ast.CallExpr) {
	name := shorten(written(n.Fun))
	for _, arg := range n.Args {
		if t := f.info.TypeOf(arg); f.guarded(t) {
			f.doubt(arg, written(arg), fmt.Sprintf("it goes to %s, which is not looked into", name))
			f.pass(arg)
		}
	}
	if f.guarded(f.info.TypeOf(n)) {
		f.doubt(n, name, "the changes that it gives are made elsewhere")
	}
	if recv := f.receiverOf(n); recv != nil && f.guarded(recv) && !isView(deref(recv)) {
		f.doubt(n, name, "its receiver holds changes or views, and it is not looked into")
	}
}
