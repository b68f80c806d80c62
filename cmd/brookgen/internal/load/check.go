package load

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"slices"

	"golang.org/x/tools/go/packages"
)

// check type-checks the declarations of targets and of the packages in the tree that they name.
// What other packages offer is read from export data.
func (g *graph) check(ctx context.Context, targets []*source) error {
	exports := map[string]bool{}
	for todo := targets; len(todo) > 0; {
		var deps []*packages.Package
		for _, src := range todo {
			for path := range src.imports() {
				dep := src.pkg.Imports[path]
				switch {
				case dep == nil || path == "unsafe" || path == "C":
				case !g.local[dep.PkgPath]:
					exports[dep.PkgPath] = true
				case g.sources[dep.PkgPath] == nil || !g.sources[dep.PkgPath].seen:
					deps = append(deps, dep)
				}
			}
			src.seen = true
		}
		slices.SortFunc(deps,
			func(a, b *packages.Package) int { return compare(a.PkgPath, b.PkgPath) })
		todo = g.parse(slices.Compact(deps))
	}
	for _, src := range targets {
		for _, path := range src.code.exports() {
			exports[path] = true
		}
	}
	if err := g.export(ctx, slices.Sorted(maps.Keys(exports))); err != nil {
		return err
	}
	for _, src := range targets {
		src.target = true
	}
	for _, src := range targets {
		g.checkSource(src)
	}
	return g.unreadable(ctx)
}

// imports are the paths that the declarations of s name.
func (s *source) imports() map[string]bool {
	if s.needs == nil {
		s.needs = map[string]bool{}
		for _, f := range s.files {
			maps.Copy(s.needs, f.imports(func(path string) string {
				if dep := s.pkg.Imports[path]; dep != nil {
					return dep.Name
				}
				return ""
			}))
		}
	}
	return s.needs
}

// export asks go list for the export data of packages that are not worked on.
func (g *graph) export(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	pkgs, err := Packages(&packages.Config{
		Mode:    packages.NeedName | packages.NeedExportFile,
		Context: ctx,
		Dir:     g.dir,
	}, paths...)
	if err != nil {
		return err
	}
	for _, p := range pkgs {
		if known := g.all[p.PkgPath]; known != nil {
			known.ExportFile = p.ExportFile
			known.Errors = append(known.Errors, p.Errors...)
		}
	}
	return nil
}

// checkSource type-checks one package, after those that it imports.
func (g *graph) checkSource(src *source) *types.Package {
	if src.types != nil {
		return src.types
	}
	src.types = types.NewPackage(src.path, src.pkg.Name) // until the check is done: an import cycle ends here
	files := make([]*ast.File, len(src.files))
	for i, f := range src.files {
		files[i] = f.ast
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{
		Importer:         importerFunc(func(path string) (*types.Package, error) { return g.imported(src, path) }),
		IgnoreFuncBodies: true,
		FakeImportC:      true,
		Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) {
				src.errs = append(src.errs, e)
			}
		},
	}
	pkg, err := conf.Check(src.path, g.fset, files, info)
	_ = err // every error is in errs, and most don't matter
	src.types, src.info = pkg, info
	return pkg
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// imported gives a package that src imports. One that no declaration names is an empty stand-in.
func (g *graph) imported(src *source, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	dep := src.pkg.Imports[path]
	if dep == nil {
		return nil, src.fail(path, fmt.Errorf("package %s is not found", path))
	}
	if !src.imports()[path] {
		p := types.NewPackage(path, dep.Name)
		p.MarkComplete()
		return p, nil
	}
	if g.local[dep.PkgPath] && len(dep.GoFiles) > 0 {
		if s := g.sources[dep.PkgPath]; s != nil {
			return g.checkSource(s), nil
		}
	}
	p, err := g.exported(dep)
	if err != nil {
		return nil, src.fail(path, err)
	}
	return p, nil
}

func (s *source) fail(path string, err error) error {
	s.failed[path] = err
	return err
}

// exported reads a package's export data.
func (g *graph) exported(p *packages.Package) (*types.Package, error) {
	if p.ExportFile == "" {
		if len(p.Errors) > 0 {
			return nil, errors.New(p.Errors[0].Msg)
		}
		return nil, fmt.Errorf("package %s does not compile", p.PkgPath)
	}
	return g.importExport(p.PkgPath)
}

// openExport opens the export data of a package for the importer.
func (g *graph) openExport(path string) (io.ReadCloser, error) {
	p := g.all[path]
	if p == nil || p.ExportFile == "" {
		return nil, fmt.Errorf("package %s has no export data", path)
	}
	return os.Open(p.ExportFile)
}

// pos is a place in the source as it is, whatever //line comments say.
func (g *graph) pos(p token.Pos) token.Position { return g.fset.PositionFor(p, false) }
