package brookgen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/brookgen/brookgen/internal/checkout"
	brook "github.com/brookgen/brookgen/runtime"
)

var (
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code  = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	inner = regexp.MustCompile("`([^`\n]+)`")
)

// documents returns all documents that tell of the present.
func documents(t *testing.T) []string {
	t.Helper()
	return append(pages(t), "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")
}

// TestDocumentedNames wants all names of packages that documents mention to exist.
func TestDocumentedNames(t *testing.T) {
	packages := map[string]map[string]bool{"brook": exported(t, "runtime"), "engine": exported(t, "runtime/engine")}
	for _, name := range []string{
		"badgerstore", "brookhttp", "brookotel", "brooktest", "drivertest", "elixir", "kafkadriver", "key", "mapstore", "memdriver", "pack", "redisstore", "storetest", "wire",
	} {
		packages[name] = exported(t, "runtime/"+name)
	}
	names := strings.Join(slices.Sorted(maps.Keys(packages)), "|")
	named := regexp.MustCompile(`\b(` + names + `)\.([A-Z]\w*)`)
	member := regexp.MustCompile(`\b(Config|Hooks|app)\.([A-Z]\w*)`)
	for _, file := range documents(t) {
		text, _ := document(t, file)
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !packages[m[1]][m[2]] {
				t.Errorf("%s: package %s has no %s", file, m[1], m[2])
			}
		}
		for _, m := range member.FindAllStringSubmatch(text, -1) {
			of, in := m[1], "brook"
			if of == "app" {
				if of, in = "App", "engine"; slices.Contains([]string{"Views", "Publish", "Process"}, m[2]) {
					continue
				}
			}
			if !packages[in][of+"."+m[2]] {
				t.Errorf("%s: %s has no %s", file, m[1], m[2])
			}
		}
	}
}

// TestDocumentedCommands wants targets of make, folders, scripts, files and topics of help that
// documents name to exist, also where commands are not run.
func TestDocumentedCommands(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("cmd/brookgen/help.go")
	if err != nil {
		t.Fatal(err)
	}
	sources := sourceNames(t)
	there := func(name string) bool { _, err := os.Stat(filepath.Join(checkout.Root(t), name)); return err == nil }
	for _, file := range documents(t) {
		text, blocks := document(t, file)
		var all [][]string
		for _, b := range blocks {
			if b.language == "sh" {
				all = append(all, commands(b.text)...)
			}
		}
		for _, m := range inner.FindAllStringSubmatch(text, -1) {
			all = append(all, strings.Fields(m[1]))
		}
		for _, args := range all {
			args = append(args, "", "")
			switch {
			case args[0] == "make" && args[1] != "" && !strings.Contains(string(makefile), "\n"+args[1]+":"):
				t.Errorf("%s: Makefile has no target %s", file, args[1])
			case strings.HasPrefix(args[0], "scripts/") && !there(args[0]),
				args[0] == "go" && args[1] == "run" && strings.HasPrefix(args[2], "./examples") && !there(args[2]):
				t.Errorf("%s names what is not there: %s", file, strings.Join(args, " "))
			case strings.HasSuffix(args[0], ".go") && !strings.Contains(args[0], "*") && !sources[args[0]]:
				t.Errorf("%s: no file is called %s", file, args[0])
			case args[0] == "brookgen" && args[1] == "help" && args[2] != "" &&
				!strings.Contains(string(manual), `"`+args[2]+`"`) && !there("cmd/brookgen/"+args[2]+".go"):
				t.Errorf("%s: brookgen help has no topic %s", file, args[2])
			}
		}
	}
}

// sourceNames returns the names of all Go files, with and without the folders that they are in, and
// of those of the shop in README.
func sourceNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"shop.go": true, "main.go": true}
	for _, name := range sourceFiles(t) {
		for more := true; more; _, name, more = strings.Cut(name, "/") {
			names[name] = true
		}
	}
	return names
}

// sourceFiles returns the paths of all Go files.
func sourceFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".go" {
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDocumentedFunctions wants a function or type that a document names right behind a file to be
// declared in that file.
func TestDocumentedFunctions(t *testing.T) {
	named := regexp.MustCompile("`([\\w/]+\\.go)`\\s+`(\\w+(?:\\.\\w+)?)`")
	files := sourceFiles(t)
	for _, page := range documents(t) {
		text, _ := document(t, page)
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !slices.ContainsFunc(files, func(name string) bool {
				return (name == m[1] || strings.HasSuffix(name, "/"+m[1])) && declares(t, name, m[2])
			}) {
				t.Errorf("%s: %s has no %s", page, m[1], m[2])
			}
		}
	}
}

// declares reports whether a file declares a function, method (as Type.Method) or type.
func declares(t *testing.T, file, name string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	of, method, isMethod := strings.Cut(name, ".")
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			switch {
			case d.Recv == nil && !isMethod && d.Name.Name == name:
				return true
			case d.Recv != nil && isMethod && d.Name.Name == method:
				recv := d.Recv.List[0].Type
				if star, ok := recv.(*ast.StarExpr); ok {
					recv = star.X
				}
				if id, ok := recv.(*ast.Ident); ok && id.Name == of {
					return true
				}
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.TypeSpec); ok && s.Name.Name == name {
					return true
				}
			}
		}
	}
	return false
}

// TestDocumentedLinks wants files and headings that documents link to to be there.
func TestDocumentedLinks(t *testing.T) {
	for _, file := range append(documents(t), "CHANGELOG.md") {
		text, _ := document(t, file)
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			target, anchor, anchored := strings.Cut(m[1], "#")
			name := file
			if target != "" {
				name = path.Join(path.Dir(file), target)
				if _, err := os.Stat(name); err != nil {
					t.Errorf("%s links to %s: %v", file, m[1], err)
					continue
				}
			}
			if anchored {
				if to, _ := document(t, name); !slices.Contains(anchors(to), anchor) {
					t.Errorf("%s links to %s, and %s has no such heading", file, m[1], name)
				}
			}
		}
	}
}

// TestDocumentForm wants a README that is read in a minute, and prose in lines of 100 columns at
// most.
func TestDocumentForm(t *testing.T) {
	if text, _ := document(t, "README.md"); len(text) > 9<<10 {
		t.Errorf("README.md has %d bytes, and may have %d: is there a page for it in docs?", len(text), 9<<10)
	}
	for _, file := range documents(t) {
		text, _ := document(t, file)
		fenced := false
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if n := utf8.RuneCountInString(line); n > 100 && !fenced && !strings.HasPrefix(line, "|") && strings.Contains(strings.TrimLeft(line, "*- "), " ") {
				t.Errorf("%s: a line has %d columns: %s", file, n, line)
			}
		}
	}
}

// TestVersion wants a version of the form X.Y.Z, or X.Y.Z-dev between releases, and the changelog
// to have a section of each release.
func TestVersion(t *testing.T) {
	m := regexp.MustCompile(`^(\d+\.\d+\.\d+)(-dev)?$`).FindStringSubmatch(brook.Version)
	if m == nil {
		t.Fatalf("brook.Version is %q", brook.Version)
	}
	text, _ := document(t, "CHANGELOG.md")
	if released := strings.Contains(text, "\n## ["+m[1]+"]"); released != (m[2] == "") {
		t.Errorf("brook.Version is %s, and CHANGELOG.md has a section [%s]: %t", brook.Version, m[1], released)
	}
}

// anchors returns those of a document's headings.
func anchors(text string) (all []string) {
	for line := range strings.Lines(text) {
		if heading := strings.TrimLeft(line, "#"); heading != line {
			all = append(all, strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r):
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(heading)))
		}
	}
	return all
}

// exported returns the exported names of a package, the fields of its structs Config and Hooks, and
// the methods of its type App.
func exported(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				} else if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
					if of, ok := star.X.(*ast.Ident); ok && of.Name == "App" {
						names["App."+d.Name.Name] = true
					}
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					exportedBy(s, names)
				}
			}
		}
	}
	return names
}

func exportedBy(s ast.Spec, names map[string]bool) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			names[name.Name] = true
		}
	case *ast.TypeSpec:
		names[s.Name.Name] = true
		if fields, ok := s.Type.(*ast.StructType); ok && (s.Name.Name == "Config" || s.Name.Name == "Hooks") {
			for _, field := range fields.Fields.List {
				for _, name := range field.Names {
					names[s.Name.Name+"."+name.Name] = true
				}
			}
		}
	}
}
