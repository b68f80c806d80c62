package load

import (
	"go/types"
	"slices"
)

// checkDotImports reports imports with a dot of the runtime and of annotated packages, which put
// names that are generated too among the package's own, and names of other packages that are in the
// way of generated ones.
func (a *analysis) checkDotImports() {
	generated := map[string]bool{}
	for _, g := range a.generated() {
		generated[g.name] = true
	}
	for _, f := range a.src.files {
		for _, spec := range f.ast.Imports {
			if spec.Name == nil || spec.Name.Name != "." {
				continue
			}
			dep := a.src.pkg.Imports[importPath(spec)]
			switch {
			case importPath(spec) == runtimePath:
				a.report(at(spec), "the runtime can't be imported with a dot, as it has names that are generated too: write brook %s", spec.Path.Value)
			case dep == nil:
			case a.sources[dep.PkgPath] != nil && a.sources[dep.PkgPath].hasDirective():
				a.report(at(spec), "package %s has //brook: directives and can't be imported with a dot, as what is generated there has names that are generated too: write %s",
					dep.Name, spec.Path.Value)
			default:
				for _, name := range a.exportedBy(dep.PkgPath) {
					if generated[name] {
						a.report(at(spec), "%s.%s is imported with a dot, and brookgen generates %s: import the package under its name", dep.Name, name, name)
					}
				}
			}
		}
	}
}

// exportedBy gives the exported names of a package, in order.
func (a *analysis) exportedBy(path string) []string {
	var names []string
	if src := a.sources[path]; src != nil {
		for _, f := range src.files {
			for _, id := range f.declares() {
				names = append(names, id.Name)
			}
		}
	} else if i := slices.IndexFunc(a.src.types.Imports(),
		func(p *types.Package) bool { return p.Path() == path }); i >= 0 {
		names = a.src.types.Imports()[i].Scope().Names()
	}
	slices.Sort(names)
	return slices.Compact(names)
}
