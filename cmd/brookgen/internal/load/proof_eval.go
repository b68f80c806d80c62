package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// How far functions are followed.
const (
	maxDepth  = 12
	maxFrames = 400
)

// A frame is one call of a function of the package, with what is known of its parameters.
type frame struct {
	*proof
	fn      *ast.FuncDecl
	facts   *facts
	bound   map[*types.Var]value
	up      *frame
	from    *ast.CallExpr        // in up
	numbers map[*types.Var]int64 // parameters that are a constant
	until   token.Pos            // what stands behind it has not happened yet; invalid: everything may have
	depth   int
	lits    int                // function literals around what is looked at
	sigs    []*types.Signature // of the function, and of those literals
	fine    map[ast.Node]bool  // names that stand where they may
}

func (p *proof) frame(fn *ast.FuncDecl, up *frame) *frame {
	p.frames++
	f := &frame{proof: p, fn: fn, facts: p.facts(fn), bound: map[*types.Var]value{}, up: up,
		fine: map[ast.Node]bool{}, numbers: map[*types.Var]int64{}}
	if up != nil {
		f.depth = up.depth + 1
	}
	if obj, ok := p.info.Defs[fn.Name].(*types.Func); ok {
		f.sigs = []*types.Signature{obj.Signature()}
	}
	return f
}

// eval tells which parts of the event's key an expression is made of.
func (f *frame) eval(x ast.Expr) value {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		v, _ := f.info.ObjectOf(x).(*types.Var)
		known, _ := f.variable(v)
		return known
	case *ast.SelectorExpr:
		sel := f.info.Selections[x]
		if sel == nil || sel.Kind() != types.FieldVal {
			return value{}
		}
		return f.field(f.eval(x.X), sel.Index())
	case *ast.CompositeLit:
		return f.literal(x)
	case *ast.CallExpr:
		return f.result(x, 0)
	}
	return value{}
}

// variable tells what is known of a variable, and where it may have changed.
func (f *frame) variable(v *types.Var) (value, *move) {
	if v == nil || types.IsInterface(v.Type()) && !isTypeParam(v.Type()) {
		return value{}, nil
	}
	known, ok := f.bound[v]
	if !ok {
		d, defined := f.facts.defs[v]
		if !defined {
			return value{}, nil
		}
		outer := f.until
		if end, ok := f.facts.once[v]; ok {
			f.until = end
		}
		switch call, isCall := ast.Unparen(d.expr).(*ast.CallExpr); {
		case d.ranged:
			known = f.ranged(d.expr)
		case d.result > 0 && isCall:
			known = f.result(call, d.result)
		case d.result == 0:
			known = f.eval(d.expr)
		}
		f.until = outer
		if !isTypeParam(v.Type()) {
			if f.size(v.Type()) != len(known.tags) {
				return value{}, nil
			}
			known.typ = v.Type()
		}
	}
	return f.kept(f.facts, v, known, f.until)
}

func isTypeParam(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.TypeParam)
	return ok
}

// literal evaluates a struct literal.
func (f *frame) literal(x *ast.CompositeLit) value {
	t := f.info.TypeOf(x)
	s, ok := plainStruct(t)
	if !ok {
		return value{}
	}
	v := f.unknown(t)
	for i, elt := range x.Elts {
		at := i
		if kv, ok := elt.(*ast.KeyValueExpr); ok {
			id, ok := kv.Key.(*ast.Ident)
			if !ok {
				return value{}
			}
			at = slices.IndexFunc(slices.Collect(s.Fields()),
				func(field *types.Var) bool { return field.Name() == id.Name })
			elt = kv.Value
		}
		if at < 0 || at >= s.NumFields() {
			return value{}
		}
		field := s.Field(at).Type()
		if known := f.eval(elt); len(known.tags) == f.size(field) && !types.IsInterface(field) {
			copy(v.tags[f.offset(s, at):], known.tags)
		}
	}
	return v
}

// result evaluates result i of a call.
func (f *frame) result(call *ast.CallExpr, i int) value {
	fun := f.info.Types[call.Fun]
	if fun.IsType() {
		if len(call.Args) != 1 || i > 0 {
			return value{}
		}
		v := f.convert(f.eval(call.Args[0]), fun.Type)
		if len(v.tags) == 1 && v.tags[0] == keyText && isString(fun.Type) {
			v.tags[0] = other
			if f.text && f.keyIsText() {
				f.used, v.tags[0] = true, 0
			}
		}
		return v
	}
	fn := f.callee(call)
	if fn == nil || f.calls(fn) {
		return value{}
	}
	inner := f.enter(fn, call)
	if inner.facts.defers || len(inner.facts.returns) == 0 {
		return value{} // a recovered panic gives zero values
	}
	if names := paramNames(fn.Type.Results); i < len(names) && names[i] != nil {
		if v, ok := f.info.Defs[names[i]].(*types.Var); ok && len(inner.facts.moved[v]) > 0 {
			return value{}
		}
	}
	var known value
	for n, r := range inner.facts.returns {
		var v value
		switch {
		case i < len(r.Results) &&
			(i > 0 || len(r.Results) > 1 || fn.Type.Results.NumFields() == 1):
			v = inner.eval(r.Results[i])
		case len(r.Results) == 1:
			if call, ok := ast.Unparen(r.Results[0]).(*ast.CallExpr); ok {
				v = inner.result(call, i)
			}
		}
		if n > 0 {
			v = both(v, known)
		}
		known = v
	}
	return known
}

// keyIsText reports whether the event's key is one string, so that its text is the key itself.
func (p *proof) keyIsText() bool {
	if p.leaves != 1 {
		return false
	}
	kinds := p.kinds(p.event, nil)
	at := slices.Index(p.start.tags, 0)
	return at >= 0 && at < len(kinds) && isString(kinds[at])
}

// both keeps what holds for two values.
func both(a, b value) value {
	if len(a.tags) != len(b.tags) {
		return value{}
	}
	a.tags = slices.Clone(a.tags)
	for i := range a.tags {
		if a.tags[i] != b.tags[i] {
			a.tags[i] = other
		}
	}
	return a
}

// ranged evaluates the first variable of a range over the rows of a view that begin with the
// event's key.
func (f *frame) ranged(x ast.Expr) value {
	x = ast.Unparen(x)
	for range maxDepth {
		id, ok := x.(*ast.Ident)
		if !ok {
			break
		}
		v, _ := f.info.ObjectOf(id).(*types.Var)
		d, ok := f.facts.defs[v]
		if !ok || len(f.facts.moved[v]) > 0 || d.ranged || d.result > 0 {
			return value{}
		}
		x = ast.Unparen(d.expr)
	}
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return value{}
	}
	view, name := f.viewMethod(call)
	if view == nil || !f.scanned(view, name, call) {
		return value{}
	}
	entry := firstYielded(f.info.TypeOf(call))
	s, ok := plainStruct(entry)
	if !ok || s.NumFields() == 0 || s.Field(0).Name() != "Key" {
		return value{}
	}
	v := f.unknown(entry)
	for i := range min(f.leaves, f.size(s.Field(0).Type())) { // of a type parameter no more than its first leaf is seen
		v.tags[i] = i
	}
	return v
}

// firstYielded gives K of iter.Seq2[K, V].
func firstYielded(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	s, ok := t.Underlying().(*types.Signature)
	if !ok || s.Params().Len() != 1 {
		return nil
	}
	yield, ok := s.Params().At(0).Type().Underlying().(*types.Signature)
	if !ok || yield.Params().Len() == 0 {
		return nil
	}
	return yield.Params().At(0).Type()
}
