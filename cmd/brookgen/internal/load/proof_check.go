package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// A prover holds a package whose bodies are type-checked as far as they go: names that are not
// generated yet, and those of packages that only bodies use, are unknown.
type prover struct {
	*analysis
	pkg    *types.Package
	info   *types.Info
	bodies map[*types.Func]*ast.FuncDecl
	known  map[*ast.FuncDecl]*facts
	sizes  map[types.Type]int
}

// newProver type-checks the package once more, with the bodies of handlers and of what they may
// call.
func (a *analysis) newProver(handlers []*ast.FuncDecl) *prover {
	p := &prover{analysis: a, bodies: map[*types.Func]*ast.FuncDecl{},
		known: map[*ast.FuncDecl]*facts{}, sizes: map[types.Type]int{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{},
			Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}}}
	wanted := a.called(handlers)
	var files []*ast.File
	for _, f := range a.src.files {
		file := *f.ast
		file.Decls = nil
		for _, d := range f.decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				file.Decls = append(file.Decls, d)
				continue
			}
			if wanted[fn] {
				whole := *fn
				whole.Body = f.whole[fn]
				file.Decls = append(file.Decls, &whole)
			}
		}
		files = append(files, &file)
	}
	conf := types.Config{
		Importer:    importerFunc(func(path string) (*types.Package, error) { return a.imported(a.src, path) }),
		FakeImportC: true,
		Error:       func(error) {}, // the compiler tells, after generation
	}
	p.pkg, _ = conf.Check(a.src.path, a.fset, files, p.info)
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if obj, ok := p.info.Defs[fn.Name].(*types.Func); ok {
					p.bodies[obj] = fn
				}
			}
		}
	}
	return p
}

// called gives the handlers, and every function of the package that they name, or that one of these
// does.
func (a *analysis) called(handlers []*ast.FuncDecl) map[*ast.FuncDecl]bool {
	named := map[string][]*ast.FuncDecl{}
	bodies := map[*ast.FuncDecl]*ast.BlockStmt{}
	for _, f := range a.src.files {
		for _, d := range f.decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				named[fn.Name.Name] = append(named[fn.Name.Name], fn)
				bodies[fn] = f.whole[fn]
			}
		}
	}
	wanted := map[*ast.FuncDecl]bool{}
	for todo := handlers; len(todo) > 0; {
		fn := todo[0]
		todo = todo[1:]
		if wanted[fn] {
			continue
		}
		wanted[fn] = true
		if bodies[fn] == nil {
			continue
		}
		ast.Inspect(bodies[fn], func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && len(named[id.Name]) > 0 {
				todo = append(todo, named[id.Name]...)
				named[id.Name] = nil
			}
			return true
		})
	}
	return wanted
}

// constrained reports whether a place is in a file that is not in all the builds that the handlers
// are in: elsewhere another one may stand in for it.
func (p *prover) constrained(at token.Pos) bool {
	name := p.pos(at).Filename
	i := slices.IndexFunc(p.src.files, func(f *file) bool { return f.path == name })
	return i < 0 || p.src.files[i].constraint != "" && p.src.files[i].constraint != p.out.Constraint
}
