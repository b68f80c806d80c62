package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// Methods that the model asks for; no other method of a type matters, unless it handles events.
var asked = map[string]bool{
	"MarshalJSON": true, "UnmarshalJSON": true,
	"MarshalText": true, "UnmarshalText": true,
	"MarshalBinary": true, "UnmarshalBinary": true,
	"IsZero": true,
	"Lock":   true, "Unlock": true, // what has them can't be copied
}

// strip drops what can't change any model, so that nobody has to load what only it needs.
func (f *file) strip() {
	var kept []ast.Decl
	f.whole = map[*ast.FuncDecl]*ast.BlockStmt{}
	f.emptied = map[*ast.FuncLit]*ast.BlockStmt{}
	for _, d := range f.decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			f.stripLiterals(d)
			kept = append(kept, d)
			continue
		}
		if fn.Body != nil {
			f.bodies = append(f.bodies, span{fn.Body.Pos(), fn.Body.End()})
			f.whole[fn] = fn.Body
			fn.Body = nil
		}
		if f.runtime && fn.Name.IsExported() ||
			fn.Recv != nil && (asked[fn.Name.Name] || mayHandle(fn)) {
			kept = append(kept, d)
		}
	}
	f.ast.Decls = kept
}

// stripLiterals empties function literals, as in var x = func() { … }.
func (f *file) stripLiterals(d ast.Decl) {
	gen, ok := d.(*ast.GenDecl)
	if !ok || gen.Tok != token.VAR {
		return
	}
	ast.Inspect(gen, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			f.bodies = append(f.bodies, span{lit.Body.Pos(), lit.Body.End()})
			f.emptied[lit] = lit.Body
			lit.Body = &ast.BlockStmt{Lbrace: lit.Body.Lbrace, Rbrace: lit.Body.Rbrace}
			return false
		}
		return true
	})
}

// mayHandle reports whether a method is a handler, or looks enough like one to be asked.
func mayHandle(fn *ast.FuncDecl) bool {
	if fn.Doc != nil {
		for _, c := range fn.Doc.List {
			if strings.HasPrefix(c.Text, directivePrefix) || isSpaced(c.Text) {
				return true
			}
		}
	}
	if !fn.Name.IsExported() || fn.Type.Params == nil {
		return false
	}
	for i, p := range fn.Type.Params.List {
		switch t := ast.Unparen(p.Type).(type) {
		case *ast.IndexExpr, *ast.IndexListExpr:
			return true
		case *ast.Ident: // perhaps an alias
			return types.Universe.Lookup(t.Name) == nil
		case *ast.SelectorExpr: // perhaps context.Context
			if i > 0 || len(p.Names) > 1 {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// imports are the packages that f's remaining declarations name, by import path.
func (f *file) imports(nameOf func(path string) string) map[string]bool {
	used := map[string]bool{}
	for _, d := range f.ast.Decls {
		if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.IMPORT {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok {
					used[x.Name] = true
				}
			}
			return true
		})
	}
	for _, name := range f.keyPackages() {
		used[name] = true
	}
	needed := map[string]bool{}
	for _, spec := range f.ast.Imports {
		path := importPath(spec)
		name := ""
		if spec.Name != nil {
			name = spec.Name.Name
		} else {
			name = nameOf(path)
		}
		if name == "." || name == "" || used[name] {
			needed[path] = true
		}
	}
	return needed
}

// keyPackages are the package names in key=pkg.Type options: they count as uses of an import.
func (f *file) keyPackages() []string {
	var names []string
	if !f.marked {
		return nil
	}
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, directivePrefix) {
				continue
			}
			for _, word := range strings.Fields(c.Text) {
				if value, ok := strings.CutPrefix(word, "key="); ok {
					if name, _, ok := strings.Cut(value, "."); ok {
						names = append(names, name)
					}
				}
			}
		}
	}
	return names
}

// imported reports whether f imports a package by that name.
func (f *file) imported(name string, src *source) bool { return f.importedAs(name, src) != "" }

func importPath(spec *ast.ImportSpec) string {
	return strings.Trim(spec.Path.Value, "`\"")
}
