package load

import (
	"context"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A graph is every package that go list names for the patterns, and what was read of them.
type graph struct {
	dir   string
	fset  *token.FileSet
	roots []*packages.Package
	all   map[string]*packages.Package // by import path
	local map[string]bool              // whose source is read, by import path

	sources  map[string]*source // read from source
	compiled types.Importer     // reads the export data of the others
	unread   error              // the first of these that could not be read, or nil
}

// list asks go list which packages there are, without compiling any.
func list(ctx context.Context, dir string, patterns []string) (*graph, error) {
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	roots, err := Packages(&packages.Config{
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Context: ctx,
		Dir:     dir,
	}, patterns...)
	if err != nil {
		if outside := outsideModules(ctx, dir); outside != "" {
			err = errors.New(outside)
		}
		return nil, err
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("no package matches %s: write one, or have brookgen init write one",
			strings.Join(patterns, " "))
	}
	g := &graph{
		dir:     dir,
		fset:    token.NewFileSet(),
		roots:   roots,
		all:     map[string]*packages.Package{},
		local:   map[string]bool{},
		sources: map[string]*source{},
	}
	g.compiled = importer.ForCompiler(g.fset, "gc", g.openExport)
	var errs []error
	for _, p := range roots {
		for _, e := range p.Errors {
			// Files that don't parse are reported with their positions when they are read.
			if len(p.GoFiles) == 0 || p.Name == "" {
				errs = append(errs, errors.New(g.explain(ctx, e.Msg)))
			}
		}
	}
	if len(errs) > 0 {
		if outside := outsideModules(ctx, dir); outside != "" {
			return nil, errors.New(outside)
		}
		return nil, errors.Join(errs...)
	}
	if err := checkLanguage(roots); err != nil {
		return nil, err
	}
	packages.Visit(roots, nil, func(p *packages.Package) {
		g.all[p.PkgPath] = p
		g.local[p.PkgPath] = inTree(p) ||
			slices.ContainsFunc(imported(p), func(path string) bool { return g.local[path] })
	})
	for _, p := range roots {
		g.local[p.PkgPath] = true
	}
	return g, nil
}

// inTree reports whether p lies in a module that is being worked on: a main module, or one that is
// replaced by a folder. Such packages may not compile yet, so they have no export data.
func inTree(p *packages.Package) bool {
	m := p.Module
	if m == nil {
		return false
	}
	return m.Main || m.Replace != nil && m.Replace.Version == ""
}

func imported(p *packages.Package) []string {
	paths := make([]string, 0, len(p.Imports))
	for _, dep := range p.Imports {
		paths = append(paths, dep.PkgPath)
	}
	return paths
}
