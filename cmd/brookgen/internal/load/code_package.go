package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A codePackage is a package whose code may count, by what it declares.
type codePackage struct {
	src      *source
	names    map[string][]*declared // functions, types, variables and constants
	methods  map[string][]*declared // by the name of the receiver's type
	byMethod map[string][]*declared // by their own name
	inits    []*declared
	sets     map[string]bool // types with handlers

	outer  bool            // nothing names it: it is there for its implementations of interfaces
	uses   map[string]bool // import paths that wanted declarations name
	wanted map[*declared]bool
	types  *types.Package
	info   *types.Info
	state  checkState
}

// A declared is a declaration at package level, or one spec of it.
type declared struct {
	pkg     *codePackage
	file    *file
	fn      *ast.FuncDecl
	typ     *ast.TypeSpec
	value   *ast.ValueSpec
	group   *ast.GenDecl // of value
	recv    string       // the receiver's type
	name    string
	handler bool
}

// newCodePackage indexes a package. Files that build constraints leave out count as well, so that
// the code is the same in every build.
func (g *graph) newCodePackage(src *source) *codePackage {
	p := &codePackage{
		src: src, names: map[string][]*declared{}, methods: map[string][]*declared{},
		byMethod: map[string][]*declared{}, sets: map[string]bool{}, uses: map[string]bool{},
		wanted: map[*declared]bool{},
	}
	for _, f := range slices.Concat(src.files, g.leftOut(src)) {
		for _, d := range f.decls {
			p.index(f, d)
		}
	}
	return p
}

// leftOut reads the files of a package that build constraints exclude from the present build.
func (g *graph) leftOut(src *source) []*file {
	var files []*file
	names := slices.Clone(src.pkg.IgnoredFiles)
	slices.Sort(names)
	for _, name := range names {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f := &file{path: name}
		f.read(g.fset)
		if f.err == nil && f.ast != nil && f.ast.Name.Name == src.pkg.Name &&
			f.constraint != "ignore" {
			files = append(files, f)
		}
	}
	return files
}

func (p *codePackage) index(f *file, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		x := &declared{pkg: p, file: f, fn: d, name: d.Name.Name}
		if base, _ := receiver(d); base != nil {
			x.recv, x.handler = base.Name, hasDirective(d, verbHandle)
			p.sets[base.Name] = p.sets[base.Name] || x.handler
			p.methods[x.recv] = append(p.methods[x.recv], x)
			p.byMethod[x.name] = append(p.byMethod[x.name], x)
			return
		}
		if x.name == "init" {
			p.inits = append(p.inits, x)
			return
		}
		p.names[x.name] = append(p.names[x.name], x)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				p.names[s.Name.Name] = append(p.names[s.Name.Name],
					&declared{pkg: p, file: f, typ: s, name: s.Name.Name})
			case *ast.ValueSpec:
				for _, id := range s.Names {
					p.names[id.Name] = append(p.names[id.Name],
						&declared{pkg: p, file: f, value: s, group: d, name: id.Name})
				}
			}
		}
	}
}

// hasDirective reports whether a function's comment has a directive of that verb.
func hasDirective(fn *ast.FuncDecl, verb string) bool {
	return fn.Doc != nil && slices.ContainsFunc(fn.Doc.List, func(c *ast.Comment) bool {
		rest, ok := strings.CutPrefix(c.Text, directivePrefix+verb)
		return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
	})
}

// inspect visits what d consists of, with the bodies that were dropped.
func (d *declared) inspect(visit func(ast.Node) bool) {
	var whole func(ast.Node) bool
	whole = func(n ast.Node) bool {
		if n == nil || !visit(n) {
			return false
		}
		if lit, ok := n.(*ast.FuncLit); ok && d.file.emptied[lit] != nil {
			ast.Inspect(lit.Type, whole)
			ast.Inspect(d.file.emptied[lit], whole)
			return false
		}
		return true
	}
	switch {
	case d.fn != nil:
		if d.fn.Recv != nil {
			ast.Inspect(d.fn.Recv, whole)
		}
		ast.Inspect(d.fn.Type, whole)
		if body := d.file.whole[d.fn]; body != nil {
			ast.Inspect(body, whole)
		}
	case d.typ != nil:
		ast.Inspect(d.typ, whole)
	default:
		spec, _ := d.effective()
		ast.Inspect(d.value, whole)
		if spec != d.value {
			ast.Inspect(spec, whole)
		}
	}
}

// effective returns the spec that says what a constant is, which may be one before its own, and the
// number of its own.
func (d *declared) effective() (*ast.ValueSpec, int) {
	spec, number := d.value, 0
	if d.group.Tok != token.CONST {
		return spec, 0
	}
	last := d.value
	for i, s := range d.group.Specs {
		v, ok := s.(*ast.ValueSpec)
		if ok && (len(v.Values) > 0 || v.Type != nil) {
			last = v
		}
		if v == d.value {
			spec, number = last, i
		}
	}
	return spec, number
}

// constant reports whether d is one.
func (d *declared) constant() bool { return d.group != nil && d.group.Tok == token.CONST }

// importOf returns the package that a name stands for in a file, nil if it stands for none.
func (p *codePackage) importOf(f *file, name string) (path string, dep *packages.Package) {
	for _, spec := range f.ast.Imports {
		path := importPath(spec)
		dep := p.src.pkg.Imports[path]
		switch {
		case dep == nil:
		case spec.Name != nil && spec.Name.Name == name, spec.Name == nil && dep.Name == name:
			return path, dep
		}
	}
	return "", nil
}

// dotted returns the packages that a file imports without a name.
func (p *codePackage) dotted(f *file) (paths []string) {
	for _, spec := range f.ast.Imports {
		if spec.Name != nil && spec.Name.Name == "." && p.src.pkg.Imports[importPath(spec)] != nil {
			paths = append(paths, importPath(spec))
		}
	}
	return paths
}
