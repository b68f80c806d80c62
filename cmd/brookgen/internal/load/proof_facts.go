package load

import (
	"go/ast"
	"go/token"
	"go/types"
)

// facts are what a function does to its variables, wherever in it, function literals included.
type facts struct {
	defs    map[*types.Var]definition
	moved   map[*types.Var][]move
	returns []*ast.ReturnStmt // its own, not those of literals
	defers  bool
	jumps   bool                     // it has labels
	once    map[*types.Var]token.Pos // where the statement of a definition ends that runs once, before all that stands behind it
}

// A definition is where a variable gets its one value.
type definition struct {
	expr   ast.Expr
	result int  // of a call with several
	ranged bool // what a range gives first; expr is what is ranged over
}

// A move is a place where leaves of a variable may change, or their address becomes known.
type move struct {
	from, to int
	at       ast.Node
}

// facts reads a function's body once.
func (p *prover) facts(fn *ast.FuncDecl) *facts {
	if f := p.known[fn]; f != nil {
		return f
	}
	f := &facts{defs: map[*types.Var]definition{}, moved: map[*types.Var][]move{}}
	p.known[fn] = f
	literals := 0
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			literals++
			ast.Inspect(n.Body, visit)
			literals--
			return false
		case *ast.ReturnStmt:
			if literals == 0 {
				f.returns = append(f.returns, n)
			}
		case *ast.DeferStmt:
			f.defers = true
		case *ast.LabeledStmt:
			f.jumps = true
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				p.assigned(f, lhs, n.Tok == token.DEFINE, valueOf(n.Rhs, len(n.Lhs), i))
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				if len(n.Values) > 0 {
					p.assigned(f, id, true, valueOf(n.Values, len(n.Names), i))
				}
			}
		case *ast.IncDecStmt:
			p.move(f, n.X)
		case *ast.RangeStmt:
			for i, x := range []ast.Expr{n.Key, n.Value} {
				if x == nil {
					continue
				}
				if id, ok := x.(*ast.Ident); ok && n.Tok == token.DEFINE && i == 0 {
					p.assigned(f, id, true, definition{expr: n.X, ranged: true})
				} else if n.Tok != token.DEFINE {
					p.move(f, x)
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				p.move(f, n.X)
			}
		case *ast.SliceExpr:
			if t := p.info.TypeOf(n.X); vague(t) || !isString(t) && !isSlice(t) {
				p.move(f, n.X) // of an array it is an address
			}
		case *ast.SelectorExpr:
			if p.takesAddress(n) {
				p.move(f, n.X)
			}
		}
		return true
	}
	if fn.Body != nil {
		ast.Inspect(fn.Body, visit)
		p.order(f, fn.Body)
	}
	return f
}

// order finds the definitions that stand in the function's own list of statements.
func (p *prover) order(f *facts, body *ast.BlockStmt) {
	f.once = map[*types.Var]token.Pos{}
	if f.jumps {
		return
	}
	for _, stmt := range body.List {
		var names []ast.Expr
		switch s := stmt.(type) {
		case *ast.AssignStmt:
			names = s.Lhs
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, id := range v.Names {
						names = append(names, id)
					}
				}
			}
		}
		for _, x := range names {
			if id, ok := x.(*ast.Ident); ok {
				if v, ok := p.info.Defs[id].(*types.Var); ok {
					f.once[v] = stmt.End()
				}
			}
		}
	}
}

// valueOf tells which expression of a list variable i of n gets.
func valueOf(values []ast.Expr, n, i int) definition {
	if len(values) == n {
		return definition{expr: values[i]}
	}
	return definition{expr: values[0], result: i}
}

// assigned notes a definition, or else a change.
func (p *prover) assigned(f *facts, lhs ast.Expr, define bool, d definition) {
	if id, ok := ast.Unparen(lhs).(*ast.Ident); ok && define {
		if v, ok := p.info.Defs[id].(*types.Var); ok {
			f.defs[v] = d
			return
		}
	}
	p.move(f, lhs)
}

// takesAddress reports whether x.m takes the address of x: its method has a pointer receiver, or is
// not known.
func (p *prover) takesAddress(n *ast.SelectorExpr) bool {
	sel := p.info.Selections[n]
	if sel == nil {
		if id, ok := n.X.(*ast.Ident); ok {
			if _, isPackage := p.info.Uses[id].(*types.PkgName); isPackage {
				return false
			}
		}
		return true
	}
	if sel.Kind() != types.MethodVal {
		return false
	}
	fn, ok := sel.Obj().(*types.Func)
	if !ok || fn.Signature().Recv() == nil {
		return true
	}
	_, pointer := types.Unalias(fn.Signature().Recv().Type()).(*types.Pointer)
	return pointer
}

// move notes that the place x may change.
func (p *prover) move(f *facts, x ast.Expr) {
	root, from, to := p.root(x)
	if root != nil {
		f.moved[root] = append(f.moved[root], move{from, to, x})
	}
}

// root gives the variable that holds the place x, and which of its leaves that is; nil for memory
// that no variable holds.
func (p *prover) root(x ast.Expr) (root *types.Var, from, to int) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		v, _ := p.info.ObjectOf(x).(*types.Var)
		if v == nil {
			return nil, 0, 0
		}
		return v, 0, p.size(v.Type())
	case *ast.SelectorExpr:
		root, from, to := p.root(x.X)
		sel := p.info.Selections[x]
		if root == nil || sel == nil || sel.Kind() != types.FieldVal {
			return root, from, to
		}
		t := sel.Recv()
		for _, i := range sel.Index() {
			s, ok := plainStruct(t)
			if !ok { // behind a pointer, or not known: all of what was reached
				return root, from, to
			}
			from += p.offset(s, i)
			t = s.Field(i).Type()
			to = from + p.size(t)
		}
		return root, from, to
	case *ast.IndexExpr:
		return p.root(x.X)
	case *ast.SliceExpr:
		return p.root(x.X)
	}
	return nil, 0, 0
}

// kept clears the tags of what may have changed since it was defined, and tells the first such
// place. Where until is valid, what stands behind it does not count.
func (p *prover) kept(f *facts, v *types.Var, known value, until token.Pos) (value, *move) {
	var first *move
	generic := p.size(v.Type()) != len(known.tags) // the leaves of a move are not those of the value
	for i := range f.moved[v] {
		m := &f.moved[v][i]
		if until.IsValid() && m.at.Pos() >= until {
			continue
		}
		if generic {
			return value{}, m
		}
		for leaf := m.from; leaf < min(m.to, len(known.tags)); leaf++ {
			if known.tags[leaf] == other {
				continue
			}
			if first == nil {
				first = m
				known.tags = append([]int(nil), known.tags...)
			}
			known.tags[leaf] = other
		}
	}
	return known, first
}
