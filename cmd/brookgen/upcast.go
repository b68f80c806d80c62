package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
)

func upcastCommand() command {
	return command{
		name: "upcast", args: "NAME [folder]", maximum: 2,
		short: "write the type that an event or a job had before, and its upcaster",
		long:  upcastManual,
		run:   upcast,
	}
}

// upcast writes the type that an event had before.
func upcast(j *job) int {
	if len(j.args) == 0 {
		j.complain("upcast takes the name of an event or a job\nusage: %s", usage(upcastCommand()))
		return misuse
	}
	dir := j.dir
	if len(j.args) == 2 {
		dir = filepath.Join(dir, j.args[1])
	}
	old, next, err := earlier(dir, j.args[0])
	if err != nil {
		j.complain("upcast: %v", err)
		return failure
	}
	t := newOldType(old, next)
	source, err := t.source()
	if err != nil {
		j.complain("upcast: %v", err)
		return failure
	}
	path := filepath.Join(dir, t.fileName())
	if err := createAlone(path, source); err != nil {
		j.complain("upcast: %v", err)
		return failure
	}
	fmt.Fprintf(j.out, "wrote %s: %s, as %s has %s, and its upcaster. Now\n\n", j.short(path), t.name, lock.FileName, old.Name)
	step := func(format string, args ...any) { fmt.Fprintf(j.out, "\t"+format+"\n", args...) }
	if next.version <= old.Version {
		step("write version=%d above %s (%s): //brook:%s %s version=%d …",
			old.Version+1, next.name, j.short(next.place), next.kind, old.Name, old.Version+1)
	}
	if old.Version > 1 {
		step("have the upcaster of version %d return %s", old.Version-1, t.name)
	}
	step("write what %s.Upcast returns", t.name)
	step("run brookgen")
	return success
}

// createAlone writes a file that is not there yet.
func createAlone(path string, source []byte) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: nothing was written", path)
	}
	return commit([]change{{path: path, new: source}})
}

// present is the type of today of an event or a job.
type present struct {
	pkg     string
	kind    string          // lock.Event or lock.Job
	name    string          // of the type
	version int             // 0: its directive has none
	place   string          // file:line
	taken   map[string]bool // what the package declares
}

// earlier returns how the lock of a package has an event, and its type of today.
func earlier(dir, name string) (*lock.Entry, *present, error) {
	path := filepath.Join(dir, lock.FileName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s is not there, so nobody knows what %s was before: run brookgen before a type changes", path, name)
	}
	if err != nil {
		return nil, nil, err
	}
	l, err := lock.Parse(path, text)
	if err != nil {
		return nil, nil, err
	}
	next, versions, err := todayOf(dir, name)
	if err != nil {
		return nil, nil, err
	}
	old := l.Newest(next.kind, name)
	if old == nil {
		return nil, nil, unknown(l, next.kind, name)
	}
	if at, there := versions[old.Version]; there && old.Version < next.version {
		return nil, nil, fmt.Errorf("version %d of %s, which is the last that %s has, has its type already, at %s", old.Version, name, lock.FileName, at)
	}
	if next.version > old.Version+1 {
		return nil, nil, fmt.Errorf("%s is of version %d at %s, and %s has version %d: write version=%d first", next.name, next.version, next.place, lock.FileName, old.Version, old.Version+1)
	}
	return old, next, nil
}

// unknown returns the error of an event or a job that a lock does not have.
func unknown(l *lock.Lock, kind, name string) error {
	var names []string
	for _, e := range l.Entries {
		if e.Kind == kind && !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	hint := ""
	if near := spelling.Nearest(name, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return fmt.Errorf("%s has no %s %s: it is new, and what is new has no earlier version%s", lock.FileName, kind, name, hint)
}

// todayOf finds the type of today of an event in the source of a package, and where the types of
// its versions are.
func todayOf(dir, name string) (*present, map[int]string, error) {
	paths, err := filepath.Glob(filepath.Join(escape(dir), "*.go"))
	if err != nil {
		return nil, nil, err
	}
	var today *present
	versions := map[int]string{}
	taken := map[string]bool{}
	fset := token.NewFileSet()
	for _, path := range paths {
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		for _, d := range f.Decls {
			declared(d, taken)
			gen, ok := d.(*ast.GenDecl)
			if !ok || strings.HasSuffix(path, "_test.go") {
				continue
			}
			for _, s := range gen.Specs {
				spec, ok := s.(*ast.TypeSpec)
				if !ok {
					continue
				}
				doc := spec.Doc
				if doc == nil {
					doc = gen.Doc
				}
				kind, version := load.VersionOf(doc, name)
				if kind == "" {
					continue
				}
				if today != nil && today.kind != kind {
					return nil, nil, fmt.Errorf("%s is an event, and a job is called so too: write the type by hand, or give one of them another name", name)
				}
				if spec.Assign.IsValid() {
					return nil, nil, fmt.Errorf("%s is an alias: run this in the package that declares the type", spec.Name.Name)
				}
				at := fset.Position(spec.Pos())
				place := fmt.Sprintf("%s:%d", filepath.Base(at.Filename), at.Line)
				versions[version] = place
				if today == nil || version == 0 || today.version > 0 && version > today.version {
					today = &present{pkg: f.Name.Name, kind: kind, name: spec.Name.Name,
						version: version, place: place, taken: taken}
				}
			}
		}
	}
	if today == nil {
		return nil, nil, fmt.Errorf("no type in %s has //brook:event %s above it, or //brook:job", dir, name)
	}
	return today, versions, nil
}

// declared adds the names that a declaration declares.
func declared(d ast.Decl, names map[string]bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names[s.Name.Name] = true
			case *ast.ValueSpec:
				for _, id := range s.Names {
					names[id.Name] = true
				}
			}
		}
	}
}
