package load

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
	"github.com/brookgen/brookgen/templates/model"
)

// An unimport is a package name that a file uses and does not import.
type unimport struct {
	file *file
	name string
}

// modulePath is the module of the runtime, which has no package at its top.
const modulePath = "github.com/brookgen/brookgen"

const importRuntime = `import brook "` + runtimePath + `"`

const unnameable = "annotated types, what they contain and handlers' signatures can't name it"

// handlerTypes are the types of the runtime that handlers name.
var handlerTypes = []string{"Event", "Tombstone", "View", "Index", "Change", "Emission", "Timer", "Request",
	"Effect", "Job"}

// undefined says what to do about a name that is not declared, and where that name stands. It
// returns "" if that is told.
func (a *analysis) undefined(src *source, node ast.Node, pos token.Pos,
	name string) (span, string) {
	message := "undefined: " + name
	place := span{pos, pos + token.Pos(len(name)-strings.LastIndex(name, ".")-1)}
	pkg, selected, qualified := strings.Cut(name, ".")
	f := src.fileAt(pos)
	switch {
	case a.undeclared[name]:
		return span{}, ""
	case name == "brook" || !qualified && qualifies(node, pos):
		return place, a.unimported(f, name)
	case qualified && f != nil && f.importedAs(pkg, src) == runtimePath:
		if spelling.Nearest(selected, handlerTypes) != "" {
			return place, message + didYouMean(selected, handlerTypes, pkg+".")
		}
		return place, message +
			": handlers name brook.Event, Tombstone, View, Index, Change, Emission, Timer, Request and Effect, and workers brook.Job"
	case name == "runtime."+selected && slices.Contains(handlerTypes, selected):
		if a.unimports[unimport{f, pkg}] {
			return place, ""
		}
		a.unimports[unimport{f, pkg}] = true
		return place, fmt.Sprintf("%s: Go has a package runtime too: write %s, and brook.%s",
			message, importRuntime, selected)
	case a.willBe(name):
		return place, name + " is what brookgen generates: " + unnameable +
			a.insteadOf(src, pos, name)
	case qualified && a.annotates(src, pkg):
		return place, message + ": if brookgen generates it there, " + unnameable
	case src != a.src || qualified:
		return place, message
	case indexes(node, pos):
		return place, message + ": the first type of brook.Index is that of the indexed field"
	}
	return place, message + didYouMean(name, slices.Sorted(maps.Keys(a.out.Names)), "")
}

// insteadOf says what a handler takes in place of the generated type of a view.
func (a *analysis) insteadOf(src *source, pos token.Pos, name string) string {
	for _, c := range a.out.Collections {
		if name == c.GoName+"View" && c.Key.Type.Kind != model.Invalid && src.inSignature(pos) {
			key, value := a.b.goType[c.Key.Type], a.b.goType[c.Type]
			return fmt.Sprintf(": write brook.View[%s, %s]", a.describe(key), a.describe(value))
		}
	}
	return ""
}

// unimported says how to import the package of a name that a file does not declare, once for each
// file.
func (a *analysis) unimported(f *file, name string) string {
	message := "undefined: " + name
	if f == nil {
		return message
	}
	if a.unimports[unimport{f, name}] {
		return ""
	}
	a.unimports[unimport{f, name}] = true
	if name == "brook" {
		for _, spec := range f.ast.Imports {
			switch path := importPath(spec); {
			case path == runtimePath && spec.Name != nil:
				return fmt.Sprintf("%s: this file imports the runtime as %s", message,
					spec.Name.Name)
			case path == modulePath:
				return fmt.Sprintf("%s: package %s holds no code: write %s", message, path,
					importRuntime)
			}
		}
		return message + ": add the " + importRuntime
	}
	for _, spec := range f.ast.Imports {
		if importPath(spec) == runtimePath && spec.Name == nil && name == "runtime" {
			return fmt.Sprintf("%s: package %s is called brook: write brook in its place",
				message, runtimePath)
		}
	}
	if path := wellKnown[name]; path != "" {
		return fmt.Sprintf("%s: add the import %q", message, path)
	}
	return message + ": add the import of that package"
}

// wellKnown are packages whose types often stand in events and handlers, by name.
var wellKnown = map[string]string{
	"big": "math/big", "context": "context", "json": "encoding/json", "netip": "net/netip",
	"sql": "database/sql", "sync": "sync", "time": "time", "url": "net/url",
}

// fileAt returns the file that a place is in, or nil.
func (s *source) fileAt(pos token.Pos) *file {
	for _, f := range s.files {
		if f.ast.FileStart <= pos && pos <= f.ast.FileEnd {
			return f
		}
	}
	return nil
}

// importedAs returns the path that a file imports under a name, or "".
func (f *file) importedAs(name string, s *source) string {
	for _, spec := range f.ast.Imports {
		path := importPath(spec)
		dep := s.pkg.Imports[path]
		if spec.Name != nil && spec.Name.Name == name ||
			spec.Name == nil && dep != nil && dep.Name == name {
			return path
		}
	}
	return ""
}

// inSignature reports whether a place is in the signature of a function.
func (s *source) inSignature(pos token.Pos) bool {
	f := s.fileAt(pos)
	return f != nil && slices.ContainsFunc(f.decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Type.Pos() <= pos && pos < fn.Type.End()
	})
}

// qualifies reports whether the name at pos stands before a dot.
func qualifies(node ast.Node, pos token.Pos) bool {
	found := false
	ast.Inspect(node, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		found = found || ok && sel.X.Pos() == pos
		return !found
	})
	return found
}

// indexes reports whether the name at pos is the first type argument of the runtime's Index.
func indexes(node ast.Node, pos token.Pos) bool {
	found := false
	ast.Inspect(node, func(n ast.Node) bool {
		if x, ok := n.(*ast.IndexListExpr); ok && x.Indices[0].Pos() == pos {
			sel, ok := x.X.(*ast.SelectorExpr)
			found = found || ok && sel.Sel.Name == "Index"
		}
		return !found
	})
	return found
}
