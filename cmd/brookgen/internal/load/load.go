// Package load reads annotated packages: it lists them with go/packages, type-checks their
// declarations without bodies, and turns directives, types and handlers into the model that the
// templates read, or into diagnostics that say where a mistake is and what to do about it.
package load

import (
	"context"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// Found is what Load finds.
type Found struct {
	Packages    []*model.Package // with directives and free of mistakes, by import path
	Diagnostics []Diagnostic     // every mistake in the others
	Inputs      Inputs
}

// Load reads the packages that patterns match, relative to dir. Packages without a directive are
// passed over. The error is for what is no mistake in source: go list failing, or no such package.
func Load(ctx context.Context, dir string, patterns []string) (*Found, error) {
	g, err := list(ctx, dir, patterns)
	if err != nil {
		return nil, err
	}
	targets, diags := g.annotated()
	for _, src := range targets {
		src.code = newCoder(ctx, g, src)
	}
	if err := g.check(ctx, targets); err != nil {
		return nil, err
	}
	var pkgs []*model.Package
	for _, src := range targets {
		p, found, err := analyse(g, src)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			diags = append(diags, found...)
			continue
		}
		if len(p.Events)+len(p.Jobs)+len(p.Collections)+len(p.Sets) > 0 { // else it only talks of directives
			pkgs = append(pkgs, p)
		}
	}
	return &Found{pkgs, Sorted(diags), g.inputs()}, nil
}

// annotated reads the sources of the matched packages and gives those with a directive. What is
// wrong in a way that hides the directives is told at once.
func (g *graph) annotated() ([]*source, []Diagnostic) {
	var targets []*source
	var diags []Diagnostic
	parsed := g.parse(g.roots)
	for _, src := range parsed {
		diags = append(diags, src.inTests()...)
		if !src.hasDirective() {
			continue
		}
		src.broken = append(src.broken, g.listed(src)...)
		if len(src.broken) > 0 {
			diags = append(diags, src.broken...)
			continue
		}
		targets = append(targets, src)
	}
	slices.SortFunc(targets, func(a, b *source) int { return compare(a.path, b.path) })
	return targets, diags
}

// listed gives what go list has against a package as a whole.
func (g *graph) listed(src *source) []Diagnostic {
	var diags []Diagnostic
	for _, e := range src.pkg.Errors {
		if strings.Contains(e.Msg, "import cycle") || strings.Contains(e.Msg, "found packages") {
			name := src.files[0].ast.Name
			d := pointAt(position(g.pos(name.Pos())), name.Name)
			d.Message = e.Msg + ": move what both need to a package that imports neither"
			if strings.Contains(e.Msg, "found packages") {
				d.Message = e.Msg + ": a folder has one package, so move the files of the other"
			}
			diags = append(diags, d)
		}
	}
	return diags
}
