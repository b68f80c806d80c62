package load

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"
)

// A source is a package read from its files, without bodies.
type source struct {
	path   string
	pkg    *packages.Package
	fset   *token.FileSet
	files  []*file // by name; without our own outputs
	broken []Diagnostic

	target bool // generated for
	types  *types.Package
	info   *types.Info
	errs   []types.Error    // what the type check found, for where it matters
	failed map[string]error // imports that could not be had
	needs  map[string]bool  // see imports
	marks  []*mark          // see scan
	beside []*file          // see others

	handlesInTests bool // a handler in a test file was found, which is told
	seen           bool // its imports are being followed

	code *coder // of a target
}

// A file is one source file. The syntax tree lacks what nobody asks for: functions, bodies, methods
// that are neither handlers nor marshallers.
type file struct {
	path   string
	ast    *ast.File
	decls  []ast.Decl // all of them
	bodies []span     // of functions, to tell a local declaration
	marked bool       // the text may hold a directive
	err    error

	constraint string // see constraintOf
	test       bool

	whole   map[*ast.FuncDecl]*ast.BlockStmt // the bodies that were dropped, for proof and code
	emptied map[*ast.FuncLit]*ast.BlockStmt  // those of literals, for code
	text    []byte
	runtime bool // of the runtime, whose functions the proof knows by name
}

type span struct{ from, to token.Pos }

func (s span) contains(p token.Pos) bool { return s.from <= p && p < s.to }

// parse reads packages, each once, two files or more at a time.
func (g *graph) parse(pkgs []*packages.Package) []*source {
	var sources, fresh []*source
	var work []*file
	for _, p := range pkgs {
		if src := g.sources[p.PkgPath]; src != nil {
			sources = append(sources, src)
			continue
		}
		src := &source{path: p.PkgPath, pkg: p, fset: g.fset, failed: map[string]error{}}
		g.sources[p.PkgPath] = src
		sources = append(sources, src)
		fresh = append(fresh, src)
		names := slices.Clone(p.GoFiles)
		slices.Sort(names)
		for _, name := range names {
			src.files = append(src.files, &file{path: name, runtime: p.PkgPath == runtimePath})
		}
		work = append(work, src.files...)
	}
	g.readAll(work)
	for _, src := range fresh {
		src.settle()
	}
	return sources
}

func (g *graph) readAll(files []*file) {
	var wg sync.WaitGroup
	next := make(chan *file)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for f := range next {
				f.read(g.fset)
			}
		})
	}
	for _, f := range files {
		next <- f
	}
	close(next)
	wg.Wait()
}

// read parses f. A file that brookgen wrote keeps a nil tree and no error.
func (f *file) read(fset *token.FileSet) {
	src, err := os.ReadFile(f.path)
	if err != nil {
		f.err = err
		return
	}
	if ownOutput(f.path, src) {
		return
	}
	f.text = src
	f.marked = bytes.Contains(src, []byte("rook"))
	f.ast, f.err = parser.ParseFile(fset, f.path, src,
		parser.ParseComments|parser.SkipObjectResolution)
	if f.ast != nil {
		f.decls = f.ast.Decls
		f.constraint = constraintOf(f.path, f.ast)
		f.strip()
	}
}

// ownOutput reports whether a file was written by brookgen.
func ownOutput(path string, src []byte) bool {
	name := filepath.Base(path)
	if !strings.HasPrefix(name, "brook_") || !strings.HasSuffix(name, "_gen.go") {
		return false
	}
	for line := range bytes.Lines(src) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("// Code generated ")) &&
			bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			return true
		}
		if bytes.HasPrefix(line, []byte("package ")) {
			return false
		}
	}
	return false
}

// settle drops our outputs, and keeps what did not parse as diagnostics.
func (s *source) settle() {
	s.files = slices.DeleteFunc(s.files, func(f *file) bool {
		if f.err != nil {
			s.broken = append(s.broken, syntaxErrors(f)...)
		}
		return f.ast == nil
	})
}

func syntaxErrors(f *file) []Diagnostic {
	var list scanner.ErrorList
	if !errors.As(f.err, &list) {
		return []Diagnostic{{Pos: position(token.Position{Filename: f.path, Line: 1, Column: 1}), Message: f.err.Error()}}
	}
	var diags []Diagnostic
	for _, e := range list {
		pos := position(e.Pos)
		pos.File = f.path // a //line comment may have renamed it
		diags = append(diags, Diagnostic{Pos: pos, Message: "syntax error: " + e.Msg})
	}
	return diags
}

// hasDirective reports whether any file holds a directive, or what was meant as one.
func (s *source) hasDirective() bool {
	for _, f := range s.files {
		if !f.marked {
			continue
		}
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, directivePrefix) || isSpaced(c.Text) {
					return true
				}
			}
		}
	}
	return false
}

// inTests tells of directives in test files, which nobody reads.
func (s *source) inTests() []Diagnostic {
	names, err := filepath.Glob(filepath.Join(escaped(s.dir()), "*_test.go"))
	if err != nil {
		return nil // only for a malformed pattern
	}
	var diags []Diagnostic
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(src, []byte(directivePrefix)) {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, src,
			parser.ParseComments|parser.SkipObjectResolution)
		if f == nil || err != nil {
			continue // not ours to judge
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if !strings.HasPrefix(c.Text, directivePrefix) {
					continue
				}
				s.handlesInTests = s.handlesInTests ||
					strings.HasPrefix(c.Text, directivePrefix+verbHandle)
				diags = append(diags, Diagnostic{
					Pos:     position(fset.PositionFor(c.Pos(), false)),
					End:     position(fset.PositionFor(c.End(), false)),
					Message: "brookgen does not read test files: move what this directive marks to a file whose name does not end in _test.go",
				})
			}
		}
	}
	return diags
}

// others are the files of the package that the present build leaves out: its tests, and what build
// constraints exclude. Their names count as taken. Files that can't be parsed, and those that never
// belong to it, are nobody's business here.
func (s *source) others() []*file {
	if s.beside != nil {
		return s.beside
	}
	s.beside = []*file{}
	names, err := filepath.Glob(filepath.Join(escaped(s.dir()), "*.go"))
	if err != nil {
		return s.beside // only for a malformed pattern
	}
	present := map[string]bool{}
	for _, name := range s.pkg.GoFiles {
		present[filepath.Base(name)] = true
	}
	for _, name := range names {
		base := filepath.Base(name)
		if present[base] || strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
			continue
		}
		f := &file{path: name, test: strings.HasSuffix(base, "_test.go")}
		f.read(s.fset)
		if f.err == nil && f.ast != nil && f.ast.Name.Name == s.pkg.Name &&
			f.constraint != "ignore" {
			s.beside = append(s.beside, f)
		}
	}
	return s.beside
}

// escaped makes a path that a glob takes literally.
func escaped(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func (s *source) dir() string {
	if s.pkg.Dir != "" {
		return s.pkg.Dir
	}
	return filepath.Dir(s.pkg.GoFiles[0])
}
