package load

import (
	"go/ast"
	"go/types"
	"maps"
	"path"
	"slices"

	"golang.org/x/tools/go/packages"
)

// checkState is how far the type check of a package has come.
type checkState uint8

const (
	unchecked checkState = iota
	checking             // an import cycle ends here
	checked
)

// checkAll type-checks the wanted bodies of all packages, as far as that goes: names that are not
// generated yet stay unknown.
func (c *coder) checkAll() {
	for _, p := range c.pkgs {
		p.state, p.types, p.info = unchecked, nil, nil
	}
	for _, p := range c.pkgs {
		if len(p.wanted) > 0 {
			c.checkPackage(p)
		}
	}
}

func (c *coder) checkPackage(p *codePackage) *types.Package {
	if p.state != unchecked {
		return p.types
	}
	p.state, p.types = checking, standIn(p.src.path, p.src.pkg.Name)
	p.info = &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
	}
	var files []*ast.File
	empty := map[*ast.FuncLit]*ast.BlockStmt{}
	for _, f := range p.src.files {
		files = append(files, p.wantedOf(f, empty))
	}
	defer func() {
		for lit, body := range empty {
			lit.Body = body
		}
	}()
	conf := types.Config{
		Importer: importerFunc(func(path string) (*types.Package, error) {
			return c.importFor(p, path), nil
		}),
		FakeImportC: true,
		Error:       func(error) {}, // the compiler tells, after generation
	}
	p.types, _ = conf.Check(p.src.path, c.fset, files, p.info)
	p.state = checked
	return p.types
}

// wantedOf returns a file with the functions that are wanted, bodies included, and everything else.
// The literals that get their bodies back are noted in empty, with what they had instead.
func (p *codePackage) wantedOf(f *file, empty map[*ast.FuncLit]*ast.BlockStmt) *ast.File {
	wanted := map[ast.Node]bool{}
	for d := range p.wanted {
		switch {
		case d.fn != nil:
			wanted[d.fn] = true
		case d.value != nil:
			wanted[d.value] = true
		}
	}
	file := *f.ast
	file.Decls = nil
	for _, d := range f.decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if wanted[d] {
				whole := *d
				whole.Body = f.whole[d]
				file.Decls = append(file.Decls, &whole)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if wanted[s] {
					f.fill(s, empty)
				}
			}
			file.Decls = append(file.Decls, d)
		}
	}
	return &file
}

// fill gives the function literals of a spec their bodies back.
func (f *file) fill(s ast.Spec, empty map[*ast.FuncLit]*ast.BlockStmt) {
	ast.Inspect(s, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && f.emptied[lit] != nil && empty[lit] == nil {
			empty[lit], lit.Body = lit.Body, f.emptied[lit]
		}
		return true
	})
}

// importFor returns a package that another one imports, empty if none of its names is used, or it
// can't be had.
func (c *coder) importFor(p *codePackage, name string) *types.Package {
	dep := p.src.pkg.Imports[name]
	switch {
	case name == "unsafe":
		return types.Unsafe
	case dep == nil:
		return standIn(name, path.Base(name)) // mostly
	case !p.uses[name]:
		return standIn(dep.PkgPath, dep.Name)
	case c.counts(dep.PkgPath):
		if q := c.pkgs[dep.PkgPath]; q != nil {
			return c.checkPackage(q)
		}
	case c.local[dep.PkgPath]:
		if src := c.sources[dep.PkgPath]; src != nil {
			return c.checkSource(src)
		}
	case c.all[dep.PkgPath] != nil && c.all[dep.PkgPath].ExportFile != "":
		if imported, err := c.importExport(dep.PkgPath); err == nil {
			return imported
		}
	}
	return standIn(dep.PkgPath, dep.Name)
}

func standIn(path, name string) *types.Package {
	p := types.NewPackage(path, name)
	p.MarkComplete()
	return p
}

// everything lists all packages of the modules that are worked on and that the target imports from.
func (c *coder) everything() ([]*packages.Package, error) {
	patterns := map[string]bool{}
	packages.Visit([]*packages.Package{c.target.pkg}, nil, func(p *packages.Package) {
		if p.Module != nil && inTree(p) && c.counts(p.PkgPath) {
			patterns[p.Module.Path+"/..."] = true
			c.trees[p.Module.Dir] = true
		}
	})
	if len(patterns) == 0 {
		return nil, nil
	}
	roots, err := Packages(&packages.Config{
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Context: c.ctx,
		Dir:     c.dir,
	}, slices.Sorted(maps.Keys(patterns))...)
	if err != nil {
		return nil, err
	}
	var pkgs []*packages.Package
	packages.Visit(roots, nil, func(p *packages.Package) {
		if c.all[p.PkgPath] == nil {
			c.all[p.PkgPath] = p
			c.local[p.PkgPath] = inTree(p) ||
				slices.ContainsFunc(imported(p), func(path string) bool { return c.local[path] })
		}
		if p = c.all[p.PkgPath]; inTree(p) && c.counts(p.PkgPath) && len(p.GoFiles) > 0 {
			pkgs = append(pkgs, p)
		}
	})
	slices.SortFunc(pkgs, func(a, b *packages.Package) int { return compare(a.PkgPath, b.PkgPath) })
	return pkgs, nil
}
