package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// invalid reports whether the type checker could not make out a type.
func (a *analysis) invalid(t types.Type) bool {
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && b.Kind() == types.Invalid
}

// unresolved reports why the type written at node, in this package, can't be made out.
func (a *analysis) unresolved(node ast.Node, where string) {
	place, why := a.why(a.src, node)
	if why == "" {
		return // told
	}
	if strings.HasPrefix(why, importFails) {
		a.report(place, "%s", why) // once, whatever names it
		return
	}
	a.report(place, "%s: %s", where, why)
}

// annotates reports whether a package that src imports by that name has directives.
func (a *analysis) annotates(src *source, name string) bool {
	for _, dep := range src.pkg.Imports {
		if s := a.sources[dep.PkgPath]; dep.Name == name && s != nil && s.hasDirective() {
			return true
		}
	}
	return false
}

const noType = "its type can't be made out: go vet tells more"

const importFails = "can't load package "

// why says what the type checker had against a type.
func (a *analysis) why(src *source, node ast.Node) (span, string) {
	for _, e := range src.errs {
		if node.Pos() <= e.Pos && e.Pos < node.End() {
			name, undefined := strings.CutPrefix(e.Msg, "undefined: ")
			if !undefined {
				first, _, _ := strings.Cut(e.Msg, "\n")
				return span{e.Pos, token.NoPos}, first + form(first)
			}
			return a.undefined(src, node, e.Pos, name)
		}
	}
	if e := src.declared(node); e != nil {
		first, _, _ := strings.Cut(e.Msg, "\n")
		return span{e.Pos, token.NoPos}, first + form(first)
	}
	place, why := at(node), noType
	ast.Inspect(node, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			if x.Name == "C" {
				place, why = at(sel), "types of cgo can't be read: use a Go type"
			}
			if spec, err := src.failure(x); err != nil {
				place = at(spec.Path)
				why = importFails + importPath(spec) + ": " +
					strings.Join(strings.Fields(err.Error()), " ")
				switch p := importPath(spec); {
				case p == modulePath:
					why = importFails + p + ", which holds no code: write " + importRuntime
				case p != runtimePath && strings.Contains(p, "brook") &&
					(x.Name == "brook" || strings.HasSuffix(p, "/runtime")):
					why += "; did you mean " + runtimePath + "?"
				}
			}
		}
		return true
	})
	return place, why
}

// declared returns what the type checker has against the declaration of a type of the package that
// node names, or nil.
func (s *source) declared(node ast.Node) *types.Error {
	names := map[string]bool{}
	ast.Inspect(node, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names[id.Name] = true
		}
		return true
	})
	for _, f := range s.files {
		for _, id := range f.declares() {
			if !names[id.Name] {
				continue
			}
			for i := range s.errs {
				if s.errs[i].Pos == id.Pos() {
					return &s.errs[i]
				}
			}
		}
	}
	return nil
}

// form shows how a type of the runtime is written of which there are too few or too many type
// arguments, and what a type may hold of itself.
func form(message string) string {
	if strings.HasPrefix(message, "invalid recursive type") {
		return ", which only a pointer, slice or map can"
	}
	for name, form := range map[string]string{
		"Event": "Event[E]", "View": "View[K, V]", "Index": "Index[I, K, V]",
		"Change": "Change[K, V]", "Emission": "Emission[E]", "Timer": "Timer[E]",
		"Tombstone": "Tombstone[K, E]",
	} {
		if strings.Contains(message, "for type "+name+":") {
			return ": write brook." + form
		}
	}
	return ""
}

// failure tells which failed import a package name stands for.
func (s *source) failure(x *ast.Ident) (*ast.ImportSpec, error) {
	for _, f := range s.files {
		if x.Pos() < f.ast.FileStart || f.ast.FileEnd < x.Pos() {
			continue
		}
		for _, spec := range f.ast.Imports {
			path := importPath(spec)
			err := s.failed[path]
			if err == nil {
				continue
			}
			name := path[strings.LastIndex(path, "/")+1:]
			if dep := s.pkg.Imports[path]; dep != nil && dep.Name != "" {
				name = dep.Name
			}
			if spec.Name != nil {
				name = spec.Name.Name
			}
			if name == x.Name {
				return spec, err
			}
		}
	}
	return nil, nil
}

// declaration finds where the field or type whose name stands at pos gets its type.
func (s *source) declaration(pos token.Pos) ast.Expr {
	var typ ast.Expr
	for _, f := range s.files {
		if pos < f.ast.FileStart || f.ast.FileEnd < pos {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if n == nil || pos < n.Pos() || n.End() <= pos {
				return false
			}
			switch n := n.(type) {
			case *ast.Field:
				typ = n.Type
			case *ast.TypeSpec:
				typ = n.Type
			}
			return true
		})
	}
	return typ
}

// short gives a place as messages about this package name it: without the folder.
func (a *analysis) short(p model.Pos) string {
	if filepath.Dir(p.File) == a.out.Dir {
		p.File = filepath.Base(p.File)
	}
	return p.String()
}

// missing reports a type that can't be made out, at the place where it is written.
func (w *walk) missing(path string, place Diagnostic) {
	message := noType
	w.unbuilt = true // what is behind it is not looked at
	if src, pos := w.locate(place.Pos); src != nil {
		if node := src.declaration(pos); node != nil {
			var at span
			at, message = w.why(src, node)
			if message == "" {
				return // told
			}
			place.Pos = w.place(at.from)
			if at.to.IsValid() {
				place.End = w.place(at.to)
			}
		}
	}
	if !strings.HasPrefix(message, importFails) {
		message = path + ": " + message
	}
	place.Message = message
	w.diags = append(w.diags, place)
}

// locate is the way back from a place to the syntax.
func (g *graph) locate(p model.Pos) (*source, token.Pos) {
	for _, src := range g.sources {
		for _, f := range src.files {
			if f.path == p.File && src.types != nil {
				return src, g.fset.File(f.ast.FileStart).LineStart(p.Line) + token.Pos(p.Col-1)
			}
		}
	}
	return nil, token.NoPos
}
