package brook_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What only generated code or package brooktest uses stands under the last heading of the package
// comment, and its own comment says so: a reader of the package knows what is theirs.
func TestDocSaysWhatIsForGeneratedCode(t *testing.T) {
	d := documentation(t)
	_, last, ok := strings.Cut(d.Doc, "\n# For generated code\n")
	if !ok || strings.Contains(last, "\n# ") {
		t.Fatalf("the package comment does not end with what is for generated code:\n%s", d.Doc)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile(`\[(\w+)\]`).FindAllStringSubmatch(last, -1) {
		listed[m[1]] = true
	}
	marked := regexp.MustCompile(`Generated\s+code\s+uses\s+it[.:;]|` +
		`Package\s+engine\s+(uses|implements|calls)\s+it\b`)
	exists := map[string]bool{}
	each(d, func(name, text string) {
		exists[name] = true
		switch says := marked.MatchString(text); {
		case says && !listed[name]:
			t.Errorf("%s is for generated code, and the package comment does not list it there",
				name)
		case !says && listed[name]:
			t.Errorf("the package comment lists %s for generated code, and its own does not say so: %s",
				name, text)
		}
	})
	for name := range listed {
		if !exists[name] {
			t.Errorf("the package comment lists %s, which does not exist", name)
		}
	}
}

// The package comment names every exported type, function, variable and policy, each in the section
// of those who need it, and all of them exist.
func TestDocListsEverything(t *testing.T) {
	d := documentation(t)
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile(`\[(\w{2,})\]`).FindAllStringSubmatch(d.Doc, -1) {
		listed[m[1]] = true
	}
	each(d, func(name, _ string) {
		constant := strings.HasPrefix(name, "Op") && name != "Op" && name != "Operation" &&
			name != "OperationKind" ||
			strings.HasPrefix(name, "Outcome") && name != "Outcome" ||
			strings.HasPrefix(name, "Stage")
		if !listed[name] && !constant && name != "Put" && name != "Remove" {
			t.Errorf("the package comment does not list %s", name)
		}
		delete(listed, name)
	})
	for name := range listed {
		t.Errorf("the package comment lists %s, which does not exist", name)
	}
}

// Every exported name has a comment that begins with it, or stands in a group that has one.
func TestDocOfEveryName(t *testing.T) {
	d := documentation(t)
	each(d, func(name, text string) {
		if text == "" {
			t.Errorf("%s has no comment", name)
		}
	})
	method := func(owner string, fn *doc.Func) {
		if !strings.HasPrefix(fn.Doc, fn.Name+" ") {
			t.Errorf("the comment of %s.%s does not begin with its name: %s", owner, fn.Name,
				fn.Doc)
		}
	}
	for _, typ := range d.Types {
		if !strings.HasPrefix(typ.Doc, typ.Name+" ") {
			t.Errorf("the comment of %s does not begin with its name: %s", typ.Name, typ.Doc)
		}
		for _, fn := range slices.Concat(typ.Funcs, typ.Methods) {
			method(typ.Name, fn)
		}
	}
	for _, fn := range d.Funcs {
		method("brook", fn)
	}
}

// Comments of the package are plain English in lines of 100 columns.
func TestDocForm(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`\b(gives?|gave|tells?|told)\b`)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Errorf("%s:%d: %d columns", name, i+1, n)
			}
			if _, comment, ok := strings.Cut(line, "// "); ok && word.MatchString(comment) {
				t.Errorf("%s:%d: say returns, says, reports, passes …: %s", name, i+1, comment)
			}
		}
	}
}

// each calls f with all that the package exports but methods, and the comment of each.
func each(d *doc.Package, f func(name, text string)) {
	values := func(list []*doc.Value) {
		for _, v := range list {
			for _, name := range v.Names {
				f(name, v.Doc)
			}
		}
	}
	funcs := func(list []*doc.Func) {
		for _, fn := range list {
			f(fn.Name, fn.Doc)
		}
	}
	values(slices.Concat(d.Consts, d.Vars))
	funcs(d.Funcs)
	for _, typ := range d.Types {
		f(typ.Name, typ.Doc)
		values(slices.Concat(typ.Consts, typ.Vars))
		funcs(typ.Funcs)
	}
}

// documentation returns the comments of package brook.
func documentation(t *testing.T) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, "github.com/brookgen/brookgen/runtime")
	if err != nil {
		t.Fatal(err)
	}
	return d
}
