package load

import (
	"go/ast"
	"go/token"
	"go/types"
)

// walk looks at everything that the frame's function does.
func (f *frame) walk() { ast.Inspect(f.fn.Body, f.visit) }

func (f *frame) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		f.closure(n)
		return false
	case *ast.CallExpr:
		f.call(n)
	case *ast.Ident:
		f.name(n)
	case *ast.SelectorExpr:
		f.selector(n)
		ast.Inspect(n.X, f.visit)
		return false
	case *ast.KeyValueExpr:
		if id, ok := n.Key.(*ast.Ident); ok {
			f.fine[id] = f.isField(id)
		}
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for i, lhs := range n.Lhs {
				f.flows(f.info.TypeOf(lhs), f.typeAt(n.Rhs, len(n.Lhs), i),
					n.Rhs[min(i, len(n.Rhs)-1)])
			}
		}
	case *ast.ValueSpec:
		for i := range n.Names {
			if n.Type != nil && len(n.Values) > 0 {
				f.flows(f.info.TypeOf(n.Type), f.typeAt(n.Values, len(n.Names), i),
					n.Values[min(i, len(n.Values)-1)])
			}
		}
	case *ast.ReturnStmt:
		f.returned(n)
	case *ast.CompositeLit:
		f.composed(n)
	case *ast.SendStmt:
		if c, ok := under[*types.Chan](f.info.TypeOf(n.Chan)); ok {
			f.flows(c.Elem(), f.info.TypeOf(n.Value), n.Value)
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			f.stored(n)
		}
		call, _ := ast.Unparen(n.X).(*ast.CallExpr)
		if call != nil {
			if view, _ := f.viewMethod(call); view != nil {
				break // asked looks at it
			}
		}
		if _, ok := under[*types.Signature](f.info.TypeOf(n.X)); ok {
			for _, x := range []ast.Expr{n.Key, n.Value} {
				if x != nil && f.guarded(f.info.TypeOf(x)) {
					f.doubt(n.X, written(n.X), "what it yields was made elsewhere")
				}
			}
		}
	case *ast.TypeAssertExpr:
		if n.Type != nil && f.guarded(f.info.TypeOf(n.Type)) {
			f.doubt(n, written(n), "what comes out of an interface was made elsewhere")
		}
	case *ast.TypeSwitchStmt:
		for _, c := range n.Body.List {
			for _, t := range c.(*ast.CaseClause).List {
				if f.guarded(f.info.TypeOf(t)) {
					f.doubt(t, written(t), "what comes out of an interface was made elsewhere")
				}
			}
		}
	}
	return true
}

func under[T types.Type](t types.Type) (T, bool) {
	var none T
	if t == nil {
		return none, false
	}
	u, ok := t.Underlying().(T)
	return u, ok
}

// typeAt gives the type of value i of n that a list of expressions gives.
func (f *frame) typeAt(values []ast.Expr, n, i int) types.Type {
	if len(values) == n {
		return f.info.TypeOf(values[i])
	}
	if t, ok := f.info.TypeOf(values[0]).(*types.Tuple); ok && i < t.Len() {
		return t.At(i).Type()
	}
	return nil
}

// closure looks into a function literal.
func (f *frame) closure(n *ast.FuncLit) {
	sig, ok := f.info.TypeOf(n).(*types.Signature)
	if !ok {
		f.doubt(n, "func", "its type is not known before generation")
		return
	}
	if f.guarded(sig.Params()) {
		f.doubt(n, written(n.Type), "a function literal that takes views or changes may get them from anywhere: make it a function of the package")
	}
	f.lits++
	f.sigs = append(f.sigs, sig)
	ast.Inspect(n.Body, f.visit)
	f.sigs = f.sigs[:len(f.sigs)-1]
	f.lits--
}

// name looks at a name that stands by itself.
func (f *frame) name(id *ast.Ident) {
	if f.fine[id] {
		return
	}
	switch obj := f.info.Uses[id].(type) {
	case *types.Var:
		switch t := obj.Type(); {
		case isView(t):
			f.doubt(id, id.Name,
				"a view that is kept, captured or handed on may be asked for any key")
		case obj.Parent() == f.pkg.Scope() && f.guarded(t), obj.Pkg() != nil &&
			obj.Pkg() != f.pkg && f.guarded(t):
			f.doubt(id, id.Name, "a variable of the package may hold what was made elsewhere")
		case types.Identical(t, f.event):
			f.leaked = true
		}
	case *types.Func:
		if f.maker(obj) {
			f.doubt(id, id.Name, "as a value it may make changes of any key: call it")
		}
	}
}

// selector looks at x.f.
func (f *frame) selector(n *ast.SelectorExpr) {
	if f.fine[n] {
		return
	}
	sel := f.info.Selections[n]
	if sel == nil {
		switch obj := f.info.Uses[n.Sel].(type) {
		case *types.Var:
			if f.guarded(obj.Type()) {
				f.doubt(n, written(n), "a variable of a package may hold what was made elsewhere")
			}
		case *types.Func:
			if f.maker(obj) {
				f.doubt(n, written(n), "as a value it may make changes of any key: call it")
			}
		}
		return
	}
	switch {
	case sel.Kind() == types.FieldVal && isView(sel.Type()):
		f.doubt(n, written(n), "a view that is kept may be asked for any key")
	case sel.Kind() != types.FieldVal && isView(deref(sel.Recv())):
		f.doubt(n, written(n), "as a value it may be asked for any key: call it")
		f.pass(n.X)
	case sel.Kind() == types.FieldVal && types.Identical(deref(sel.Recv()), f.event):
		f.pass(n.X)
		if n.Sel.Name == "Key" {
			f.leaked = true
		}
	}
}

// pass notes that a name stands where it may.
func (f *frame) pass(x ast.Expr) { f.fine[ast.Unparen(x)] = true }

func (f *frame) isField(id *ast.Ident) bool {
	v, ok := f.info.Uses[id].(*types.Var)
	return ok && v.IsField()
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// flows looks at a value that goes to a place of another type.
func (f *frame) flows(to, from types.Type, x ast.Expr) {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok && id.Name == "nil" {
		return
	}
	if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
		if fn := f.function(call.Fun); fn != nil && f.maker(fn) {
			return // whose key is looked at where it is made
		}
	}
	switch {
	case vague(from):
		if !vague(to) && f.guarded(to) {
			f.doubt(x, written(x),
				"its type is not known: it is generated, or of a package that no signature names")
		}
	case isView(from) && !vague(to) && isView(to): // it is still asked as a view
	case f.guarded(from) && (vague(to) || types.IsInterface(to) && !isTypeParam(to)):
		f.doubt(x, written(x), "views and changes that go elsewhere may be used with any key")
	}
}

// stored looks at a range over what may be changes into a variable that is there already.
func (f *frame) stored(n *ast.RangeStmt) {
	if f.guarded(f.info.TypeOf(n.X)) {
		for _, x := range []ast.Expr{n.Key, n.Value} {
			if x != nil && types.IsInterface(orInvalid(f.info.TypeOf(x))) {
				f.doubt(n.X, written(n.X),
					"views and changes that go elsewhere may be used with any key")
			}
		}
	}
}

// returned looks at what a function returns.
func (f *frame) returned(n *ast.ReturnStmt) {
	if len(f.sigs) == 0 {
		return
	}
	results := f.sigs[len(f.sigs)-1].Results()
	for i := range results.Len() {
		if len(n.Results) > 0 && (len(n.Results) == results.Len() || len(n.Results) == 1) {
			f.flows(results.At(i).Type(), f.typeAt(n.Results, results.Len(), i),
				n.Results[min(i, len(n.Results)-1)])
		}
	}
}

// composed looks at the elements of a literal.
func (f *frame) composed(n *ast.CompositeLit) {
	t := f.info.TypeOf(n)
	for i, elt := range n.Elts {
		key, x := ast.Expr(nil), elt
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			key, x = kv.Key, kv.Value
		}
		to := types.Type(types.Typ[types.Invalid])
		if s, ok := under[*types.Struct](t); ok {
			for j := range s.NumFields() {
				if id, ok := key.(*ast.Ident); ok && s.Field(j).Name() == id.Name ||
					key == nil && i == j {
					to = s.Field(j).Type()
				}
			}
		} else if m, ok := under[*types.Map](t); ok {
			to = m.Elem()
			if key != nil {
				f.flows(m.Key(), f.info.TypeOf(key), key)
			}
		} else if e, ok := under[types.Type](t); ok {
			if list, ok := e.(interface{ Elem() types.Type }); ok {
				to = list.Elem()
			}
		}
		f.flows(to, f.info.TypeOf(x), x)
	}
}
