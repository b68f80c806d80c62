package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

const runtimePath = "github.com/brookgen/brookgen/runtime"

// An analysis works out the model of one package.
type analysis struct {
	*graph
	src   *source
	b     *builder
	out   *model.Package
	diags []Diagnostic
	later []Diagnostic // see toldElsewhere: told if nothing else is

	marks     []*mark
	marked    map[types.Object]*mark // annotated types, also where the annotation is faulty
	lineages  map[string]*lineage    // of events that have versions
	earlier   map[types.Object]*mark // types that are earlier versions
	events    map[types.Object]*event
	colls     map[types.Object]*model.Collection
	jobs      map[types.Object]*event
	workers   map[*model.Event]*ast.FuncDecl // of jobs
	adopted   []*event                       // foreign events without an alias, in order of use
	sets      map[types.Object]*set
	burials   []burial
	idle      bool                            // some worker's job can't be told
	unbuilt   bool                            // some annotated type is in neither events nor colls
	lost      bool                            // some handler's event can't be told
	unwritten bool                            // some handler's result can't be told
	hushed    map[*model.Type]map[string]bool // wire names of structs whose clash is told
	told      map[*model.Type]bool            // structs of which it is said that an unexported field would be lost
	used      map[model.Pos]map[string]bool   // words of brook tags that mean something, by field

	unimports  map[unimport]bool // of which it is said that the import is missing
	undeclared map[string]bool   // types of keys of which it is said that they are not there
}

// An event is a model's event, and what only the rules need.
type event struct {
	*model.Event
	obj     types.Object // the payload's type
	mark    *mark        // nil without a directive of this package
	at      span         // the name of the type or, without an alias, the first use
	adopted bool         // foreign, without an alias
	handled []string     // by which handlers
	emitted []string
	timers  []timerUse
}

// analyse gives the model of a package, or what is wrong with it. The error is that of go list.
func analyse(g *graph, src *source) (*model.Package, []Diagnostic, error) {
	a := &analysis{
		graph: g, src: src, b: newBuilder(g, src.types),
		out: &model.Package{
			Name: src.pkg.Name, Path: src.path, Dir: src.dir(),
			Names:   map[string]model.Pos{},
			Imports: map[string]bool{},
		},
		marked:  map[types.Object]*mark{},
		earlier: map[types.Object]*mark{},
		events:  map[types.Object]*event{},
		jobs:    map[types.Object]*event{},
		workers: map[*model.Event]*ast.FuncDecl{},
		colls:   map[types.Object]*model.Collection{},
		sets:    map[types.Object]*set{},
		told:    map[*model.Type]bool{},
		hushed:  map[*model.Type]map[string]bool{},
		used:    map[model.Pos]map[string]bool{},

		unimports:  map[unimport]bool{},
		undeclared: map[string]bool{},
	}
	a.scan()
	a.checkConstraints()
	a.declared()
	a.lineages = lineages(a.marks)
	a.addTypes()
	a.addVersions()
	a.lost = a.lost || src.handlesInTests
	a.addHandlers()
	a.addAdopted()
	a.checkWas()
	a.order()
	a.checkMarks()
	a.checkTimers()
	a.checkTombstones()
	a.checkClosed()
	a.checkJobs()
	a.checkWriters()
	a.checkNames()
	a.checkSerial()
	a.checkPII()
	a.checkReach()
	a.checkBuilds()
	a.checkTags()
	a.prove()
	a.captures()
	if err := a.code(); err != nil {
		return nil, nil, err
	}
	a.b.settle()
	if len(a.diags) == 0 {
		a.diags = a.later
	}
	return a.out, Sorted(a.diags), nil
}

// report notes a mistake between two places of the source.
func (a *analysis) report(at span, format string, args ...any) {
	d := Diagnostic{Pos: position(a.pos(at.from)), Message: fmt.Sprintf(format, args...)}
	if at.to.IsValid() {
		d.End = position(a.pos(at.to))
	}
	a.note(d)
}

// note adds a mistake.
func (a *analysis) note(d Diagnostic) {
	if strings.HasSuffix(d.Message, toldElsewhere) {
		a.later = append(a.later, d)
		return
	}
	a.diags = append(a.diags, d)
}

// reportAt notes a mistake about a name, at its place.
func (a *analysis) reportAt(pos model.Pos, name, format string, args ...any) {
	d := pointAt(pos, name)
	d.Message = fmt.Sprintf(format, args...)
	a.note(d)
}

func at(n ast.Node) span { return span{n.Pos(), n.End()} }

// place is the position of a node's start.
func (a *analysis) place(p token.Pos) model.Pos { return position(a.pos(p)) }

// scan collects the directives of all files.
func (a *analysis) scan() {
	for _, f := range a.src.files {
		marks, wrong := f.scan()
		a.marks = append(a.marks, marks...)
		for _, w := range wrong {
			a.report(span{w.from, w.to}, "%s", w.message)
			a.lost = a.lost || w.handles
		}
	}
}

// declared collects the package-level names of the package's own files, tests and other builds
// included, and the names of their imports.
func (a *analysis) declared() {
	files := slices.Concat(a.src.files, a.src.others())
	for _, f := range files {
		for _, id := range f.declares() {
			if _, known := a.out.Names[id.Name]; !known && id.Name != "_" {
				a.out.Names[id.Name] = a.place(id.Pos())
			}
		}
	}
	for _, f := range files {
		for _, spec := range f.ast.Imports {
			name := ""
			if spec.Name != nil {
				name = spec.Name.Name
			} else if dep := a.src.pkg.Imports[importPath(spec)]; dep != nil {
				name = dep.Name
			} else {
				name = path.Base(importPath(spec)) // mostly
			}
			if _, known := a.out.Names[name]; !known && token.IsIdentifier(name) && name != "_" {
				a.out.Names[name] = a.place(spec.Pos())
				a.out.Imports[name] = true
			}
		}
	}
}

// declares gives the names that a file declares at package level.
func (f *file) declares() []*ast.Ident {
	var names []*ast.Ident
	for _, d := range f.decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name)
				case *ast.ValueSpec:
					names = append(names, s.Names...)
				}
			}
		}
	}
	return names
}

// describe names a type as the package's author would: bare names for its own types and the
// runtime's.
func (a *analysis) describe(t types.Type) string {
	if a.b.large(t) {
		return "a very large type"
	}
	text := expr(t, func(p *types.Package) string {
		if p.Path() == a.src.path || p.Path() == runtimePath {
			return ""
		}
		return p.Name()
	})
	return strings.ReplaceAll(text, "]uint8", "]byte") // as people write it
}
