package load

import (
	"context"
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A coder works out what code the rows of a package are made by: for each handler a hash of its
// tokens, and of those of all in the tree that it names, directly or not.
//
// It goes in two steps. First, before anything is type-checked, it follows names, whatever they may
// stand for: so it knows which packages and bodies there are to check. Then it follows what the
// names really stand for.
type coder struct {
	*graph
	ctx     context.Context
	target  *source
	pkgs    map[string]*codePackage // by import path
	todo    []*declared
	asked   map[string]bool // names of methods that are selected
	called  map[string]bool // names of methods that are called through an interface
	foreign map[string]bool // import paths of packages outside of the tree whose names are used
	outside bool            // whether the other packages of modules are in pkgs
	trees   map[string]bool // folders of these modules
}

// newCoder follows the names in a package's handlers and upcasters.
func newCoder(ctx context.Context, g *graph, src *source) *coder {
	c := &coder{
		graph: g, ctx: ctx, target: src, pkgs: map[string]*codePackage{},
		trees: map[string]bool{}, asked: map[string]bool{}, called: map[string]bool{}, foreign: map[string]bool{},
	}
	home := c.enter(src)
	for _, methods := range home.methods {
		for _, d := range methods {
			if d.handler {
				c.want(d)
			}
		}
	}
	if len(c.todo) == 0 {
		return c
	}
	c.follow()
	return c
}

// enter adds a package.
func (c *coder) enter(src *source) *codePackage {
	p := c.pkgs[src.path]
	if p == nil {
		p = c.newCodePackage(src)
		c.pkgs[src.path] = p
		for _, methods := range p.methods {
			for _, d := range methods {
				if hasDirective(d.fn, verbUpcast) { // which nobody needs to name
					c.want(d)
				}
			}
		}
	}
	return p
}

// counts reports whether the code of a package is followed: it is in the tree, and not brook's own.
func (c *coder) counts(path string) bool {
	return c.local[path] && (path == c.target.path || !ownRuntime(path))
}

// ownRuntime reports whether a package is brook's. What it does with handlers is no part of their
// code.
func ownRuntime(path string) bool {
	rest, ok := strings.CutPrefix(path, runtimePath)
	return ok && (rest == "" || rest[0] == '/')
}

// want adds a declaration to those that are followed.
func (c *coder) want(d *declared) {
	if d.pkg.wanted[d] {
		return
	}
	d.pkg.wanted[d] = true
	c.todo = append(c.todo, d)
}

// follow goes on until every name is followed.
func (c *coder) follow() {
	for len(c.todo) > 0 {
		d := c.todo[0]
		c.todo = c.todo[1:]
		if d.recv != "" {
			for _, t := range d.pkg.names[d.recv] {
				c.want(t)
			}
		}
		switch {
		case d.typ != nil:
			for _, m := range d.pkg.methods[d.name] {
				if !m.handler {
					c.want(m)
				}
			}
		case d.value != nil:
			for _, f := range d.pkg.inits {
				if f.names(d.name) {
					c.want(f)
				}
			}
		}
		d.inspect(func(n ast.Node) bool { return c.visit(d, n) })
	}
}

func (c *coder) visit(d *declared, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok {
			if path, dep := d.pkg.importOf(d.file, x.Name); dep != nil {
				d.pkg.uses[path] = true
				c.named(dep, n.Sel.Name)
			}
		}
		c.selected(n.Sel.Name)
		d.sub(n.X, func(n ast.Node) bool { return c.visit(d, n) })
		return false
	case *ast.Ident:
		for _, other := range d.pkg.names[n.Name] {
			c.want(other)
		}
		for _, path := range d.pkg.dotted(d.file) {
			d.pkg.uses[path] = true
			c.named(d.pkg.src.pkg.Imports[path], n.Name)
		}
	}
	return true
}

// sub visits a part of d.
func (d *declared) sub(n ast.Node, visit func(ast.Node) bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && d.file.emptied[lit] != nil {
			if visit(n) {
				ast.Inspect(lit.Type, visit)
				ast.Inspect(d.file.emptied[lit], visit)
			}
			return false
		}
		return n != nil && visit(n)
	})
}

// named follows a name of another package.
func (c *coder) named(dep *packages.Package, name string) {
	if !c.counts(dep.PkgPath) {
		c.foreign[dep.PkgPath] = true
		return
	}
	p := c.pkgs[dep.PkgPath]
	if p == nil {
		p = c.enter(c.parse([]*packages.Package{dep})[0])
		p.outer = true
	}
	if p.outer {
		p.outer = false
		c.again(p)
	}
	for _, d := range p.names[name] {
		c.want(d)
	}
}

// again looks in a package that was not there before for methods of names that were selected.
func (c *coder) again(p *codePackage) {
	for name := range c.asked {
		for _, d := range p.byMethod[name] {
			if !d.handler {
				c.want(d)
			}
		}
	}
}

// selected follows the name of a method, whosever it is.
func (c *coder) selected(name string) {
	if c.asked[name] {
		return
	}
	c.asked[name] = true
	for _, p := range c.pkgs {
		if p.outer {
			continue
		}
		for _, d := range p.byMethod[name] {
			if !d.handler {
				c.want(d)
			}
		}
	}
}

// names reports whether a function's body has an identifier.
func (d *declared) names(name string) (found bool) {
	d.inspect(func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			found = true
		}
		return !found
	})
	return found
}

// callThrough follows a method that is called through an interface: every method of the name in the
// modules that are worked on.
func (c *coder) callThrough(name string) (grew bool, err error) {
	if c.called[name] {
		return false, nil
	}
	c.called[name] = true
	if !c.outside {
		c.outside = true
		pkgs, err := c.everything()
		if err != nil {
			return false, err
		}
		for _, src := range c.parse(pkgs) {
			if c.pkgs[src.path] == nil {
				c.enter(src).outer = true
			}
		}
	}
	for _, p := range c.pkgs {
		for _, d := range p.byMethod[name] {
			if !d.pkg.wanted[d] && !d.handler {
				grew = true
				c.want(d)
			}
		}
	}
	c.follow()
	return grew, nil
}

// exports returns the packages outside of the tree whose names are used.
func (c *coder) exports() []string {
	var paths []string
	for path := range c.foreign {
		if p := c.all[path]; p != nil && !c.local[path] && p.ExportFile == "" {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// code gives each handler the hash of its code, and what that covers.
func (a *analysis) code() error {
	if len(a.diags) > 0 || len(a.sets) == 0 {
		return nil
	}
	c := a.src.code
	for again := true; again; {
		again = false
		c.checkAll()
		for _, s := range a.sets {
			for _, h := range s.Handlers {
				w := c.newWalk(a.out.Constraint)
				w.handler(s.methods[h], h.Event)
				h.Code, h.Covers = w.sum(), w.covered()
				for _, name := range w.through {
					grew, err := c.callThrough(name)
					if err != nil {
						return err
					}
					again = again || grew
				}
			}
		}
		if again {
			if err := c.export(c.ctx, c.exports()); err != nil {
				return err
			}
		}
	}
	return nil
}
