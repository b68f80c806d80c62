package brook_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
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
	marked := regexp.MustCompile(`Generated\s+code\s+uses\s+it[.:;]|Package\s+engine\s+(uses|implements|calls)\s+it\b`)
	exists := map[string]bool{}
	each(d, func(name, text string) {
		exists[name] = true
		switch says := marked.MatchString(text); {
		case says && !listed[name]:
			t.Errorf("%s says that generated code uses it, and the package comment does not list it", name)
		case !says && listed[name]:
			t.Errorf("the package comment lists %s, whose own comment does not say so: %s", name, text)
		}
	})
	for name := range listed {
		if !exists[name] {
			t.Errorf("the package comment lists %s, which there is not", name)
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

// documentation reads the comments of package brook.
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
