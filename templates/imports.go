package templates

import (
	"maps"
	"path"
	"regexp"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/brookgen/brookgen/templates/model"
)

// The packages of the runtime that generated code imports.
const (
	brookPath  = "github.com/brookgen/brookgen/runtime"
	enginePath = brookPath + "/engine"
	keyPath    = brookPath + "/key"
	wirePath   = brookPath + "/wire"
	packPath   = brookPath + "/pack"
)

// An imported package is one that generated files may name.
type imported struct {
	path, alias string
	plain       bool // the path tells the name, so none is written
}

// fixedImports are the packages that emitters name themselves, with their names.
var fixedImports = [][2]string{
	{brookPath, "brook"}, {enginePath, "engine"}, {keyPath, "key"}, {wirePath, "wire"},
	{packPath, "pack"},
	{"context", "context"}, {"encoding", "encoding"}, {"encoding/base64", "base64"},
	{"encoding/json", "json"}, {"errors", "errors"},
	{"fmt", "fmt"}, {"iter", "iter"}, {"maps", "maps"}, {"math", "math"}, {"slices", "slices"},
	{"strconv", "strconv"}, {"time", "time"},
}

// locals are the names, besides single letters, that emitters give to parameters and variables; no
// import may hide behind one.
var locals = []string{
	"add", "app", "at", "config", "ctx", "data", "dst", "encoded", "err", "ok", "options", "out",
	"payload", "seen",
	"src", "tx", "typ", "value",
}

// imports gives every package that the files of p may name a local name that nothing else in the
// package has: neither its declarations, nor another import, nor a local variable of generated
// code.
func imports(p *model.Package, top *scope) []imported {
	var list []imported
	add := func(importPath, name string, known bool) {
		wanted := []string{name, importAlias(importPath, name)}
		if len(name) == 1 || slices.Contains(locals, name) {
			wanted = wanted[1:]
		}
		alias := top.pick(wanted...)
		list = append(list, imported{importPath, alias, known && alias == path.Base(importPath)})
	}
	done := map[string]bool{p.Path: true}
	for _, i := range fixedImports {
		done[i[0]] = true
		add(i[0], i[1], true)
	}
	found := foreignPackages(p)
	for _, importPath := range slices.Sorted(maps.Keys(found)) {
		if name := found[importPath]; done[importPath] {
			continue
		} else if name != "" {
			add(importPath, name, true)
		} else {
			add(importPath, packageName(importPath), false)
		}
	}
	return list
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// importAlias is what a package is called where its name is taken: its folder's name comes first.
func importAlias(importPath, name string) string {
	if importPath == brookPath || importPath == enginePath || importPath == keyPath ||
		importPath == wirePath || importPath == packPath {
		return "brookgen" + name
	}
	dir := path.Dir(importPath)
	if majorVersion.MatchString(path.Base(importPath)) {
		dir = path.Dir(dir)
	}
	prefix := notLetters.ReplaceAllString(path.Base(dir), "")
	if prefix == "" || dir == "." {
		prefix = "std"
	}
	return prefix + name
}

var notLetters = regexp.MustCompile(`[^a-z]`)

// foreignPackages gives the packages of all types that generated code may name, path to name.
func foreignPackages(p *model.Package) map[string]string {
	found := map[string]string{}
	seen := map[*model.Type]bool{}
	var walk func(t *model.Type)
	walk = func(t *model.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		if t.Named != nil {
			if t.Named.PkgPath != "" {
				found[t.Named.PkgPath] = t.Named.PkgName
			}
			for _, arg := range t.Named.Args {
				walk(arg)
			}
		}
		walk(t.Elem)
		walk(t.Key)
		for _, f := range t.Fields {
			walk(f.Type)
		}
		for _, piece := range t.Source {
			walk(piece.Type)
		}
		for _, f := range t.JSON {
			walk(f.Type)
		}
	}
	for _, e := range p.Payloads() {
		walk(e.Type)
		for _, v := range e.Earlier {
			walk(v.Type)
		}
		if e.Key != nil {
			walk(e.Key.Type)
		}
		if k := tombstoneKey(p, e); k != nil {
			walk(k.Type)
		}
	}
	for _, c := range p.Collections {
		walk(c.Type)
		walk(c.Key.Type)
		for _, i := range c.Indexes {
			walk(i.Type)
		}
	}
	for _, e := range p.Events {
		if e.Foreign() && found[e.CodecPkg] == "" {
			found[e.CodecPkg] = "" // its name is not known
		}
	}
	return found
}

// packageName makes a name from a path.
func packageName(importPath string) string {
	base := path.Base(importPath)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(importPath))
	}
	return notLetters.ReplaceAllString(base, "")
}

// file starts a file of the package; its imports are settled.
func (n *names) file() *jen.File {
	f := jen.NewFilePathName(n.pkg.Path, n.pkg.Name)
	f.HeaderComment(n.header)
	if n.pkg.Constraint != "" {
		f.HeaderComment("//go:build " + n.pkg.Constraint)
	}
	for _, i := range n.imports {
		if i.plain {
			f.ImportName(i.path, i.alias)
		} else {
			f.ImportAlias(i.path, i.alias)
		}
	}
	return f
}
