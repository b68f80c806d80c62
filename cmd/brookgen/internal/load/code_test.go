package load

import (
	"bytes"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/brookgen/brookgen/internal/checkout"
)

// codeOf loads a module and returns the hashes of its handlers' code by name, and what they cover.
func codeOf(t *testing.T, archive *txtar.Archive, patterns ...string) (hashes, covers map[string]string) {
	t.Helper()
	dir := extract(t, archive)
	found, err := Load(context.Background(), dir, patterns)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Print(&out, dir, found.Diagnostics); err != nil || out.Len() > 0 {
		t.Fatal(err, out.String())
	}
	hashes, covers = map[string]string{}, map[string]string{}
	for _, p := range found.Packages {
		for _, s := range p.Sets {
			for _, h := range s.Handlers {
				hashes[h.Event.Name] = h.Code
				covers[h.Event.Name] = strings.Join(h.Covers, " ")
			}
		}
	}
	return hashes, covers
}

func codeArchive(t *testing.T) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join(checkout.Root(t), "testdata", "load", "code.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// replaceIn changes a file of an archive. Without old, it adds one.
func replaceIn(t *testing.T, a *txtar.Archive, name, old, with string) {
	t.Helper()
	if old == "" {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(with)})
		return
	}
	for i := range a.Files {
		if f := &a.Files[i]; f.Name == name {
			if !bytes.Contains(f.Data, []byte(old)) {
				t.Fatalf("%s does not have %q", name, old)
			}
			f.Data = bytes.ReplaceAll(f.Data, []byte(old), []byte(with))
			return
		}
	}
	t.Fatalf("no %s", name)
}

// A change of what a handler does changes its hash, wherever in the module it is, and no other
// hash.
func TestCode(t *testing.T) {
	type edit struct{ file, old, with string }
	was, covers := codeOf(t, codeArchive(t))
	for name, want := range map[string]string{
		"paid": "Paid PaidV1 PaidV1.Upcast Purse example.com/shop/money.Amount " +
			"example.com/shop/money.Amount.MarshalJSON example.com/shop/money.Amount.Round " +
			"example.com/shop/money.Amount.UnmarshalJSON example.com/decimal@v1.0.0 example.com/digits@v1.0.0",
		"refunded": "Purse Refunded Set.put fee",
		"taxed":    "Purse Taxed example.com/shop/tax/flat.Flat example.com/shop/tax/flat.Flat.Of example.com/shop/tax/flat.Flat.Other example.com/shop/tax/flat.Flat.percent",
		"rated":    "Purse Rated init one scale table",
		"named":    "Name Named Purse",
	} {
		if covers[name] != want {
			t.Errorf("%s covers\n%s\nwant\n%s", name, covers[name], want)
		}
	}
	for name, c := range map[string]struct {
		edits []edit
		want  string
	}{
		"a handler":                   {[]edit{{"shop.go", "-e.Data.Cents*fee", "-e.Data.Cents*fee*2"}}, "refunded"},
		"its helper":                  {[]edit{{"shop.go", "Cents: cents}", "Cents: 2*cents}"}}, "refunded"},
		"a constant":                  {[]edit{{"helpers.go", "zero = iota", "zero = iota + 1"}}, "refunded"},
		"a constant's place":          {[]edit{{"helpers.go", "zero = iota", "zero = iota\n\tother"}}, "refunded"},
		"a variable":                  {[]edit{{"helpers.go", "return one()", "return 2 * one()"}}, "rated"},
		"a function of a variable":    {[]edit{{"helpers.go", "return scale", "return -scale"}}, "rated"},
		"what init gives a variable":  {[]edit{{"helpers.go", "scale = 3", "scale = 4"}}, "rated"},
		"a method":                    {[]edit{{"money/money.go", "a.exact.Round()", "-a.exact.Round()"}}, "paid"},
		"a marshaller":                {[]edit{{"money/money.go", "json.Marshal(a.Cents)", "json.Marshal(&a.Cents)"}}, "paid"},
		"a decoder":                   {[]edit{{"money/money.go", "return json.Unmarshal", "a.Cents = 0; return json.Unmarshal"}}, "paid"},
		"an upcaster":                 {[]edit{{"shop.go", "Cents: p.Cents", "Cents: -p.Cents"}}, "paid"},
		"an earlier version":          {[]edit{{"shop.go", "Cents int64\n}\n\n//brook:upcast", "Cents int64 `json:\"c\"`\n}\n\n//brook:upcast"}}, "paid"},
		"an implementation":           {[]edit{{"tax/flat/flat.go", "/ 100", "/ 1000"}}, "taxed"},
		"a new implementation":        {[]edit{{"tax/free/free.go", "", "package free\n\ntype F struct{}\n\nfunc (F) Of(int64) int64 { return 0 }\n"}}, "taxed"},
		"another method of that name": {[]edit{{"tax/free/free.go", "", "package free\n\ntype F struct{}\n\nfunc (F) Of() int64 { return 0 }\n"}}, ""},
		"a module": {[]edit{{"go.mod", "decimal v1.0.0", "decimal v1.0.1"},
			{"vendor/modules.txt", "decimal v1.0.0", "decimal v1.0.1"}}, "paid"},
		"a module of that": {[]edit{{"go.mod", "digits v1.0.0", "digits v1.0.1"},
			{"vendor/modules.txt", "digits v1.0.0", "digits v1.0.1"}}, "paid"},
		"brook": {[]edit{{"go.mod", "brookgen v1.0.0", "brookgen v1.0.1"},
			{"vendor/modules.txt", "brookgen v1.0.0", "brookgen v1.0.1"}}, ""},
		"a field of a payload":   {[]edit{{"shop.go", "Stars int\n", "Stars int\n\tBy string\n"}}, "rated"},
		"a field of a row":       {[]edit{{"shop.go", "Name string\n}\n\n// A Set", "Name string\n\tAge int\n}\n\n// A Set"}, {"shop.go", "Name{e.Data.ID, name}", "Name{ID: e.Data.ID, Name: name}"}}, "named"},
		"a tag":                  {[]edit{{"shop.go", "Stars int", "Stars int `json:\"stars\"`"}}, "rated"},
		"an index":               {[]edit{{"shop.go", "Name string\n}\n\n// A Set", "Name string `brook:\"index\"`\n}\n\n// A Set"}}, ""},
		"what nobody calls":      {[]edit{{"helpers.go", `"unused"`, `"not used"`}, {"money/money.go", "int { return 1 }", "int { return 2 }"}, {"helpers.go", "Get(string) int { return 1 }", "Get(string) int { return 2 }"}}, ""},
		"comments":               {[]edit{{"shop.go", "//brook:handle", "// Some comment.\n//\n//brook:handle"}, {"helpers.go", "return scale", "/* so */ return scale /* much */"}}, ""},
		"directives":             {[]edit{{"shop.go", "//brook:handle\nfunc (Set) Paid", "//brook:handle partitioned\nfunc (Set) Paid"}, {"shop.go", "//brook:event rated", "//brook:event rated history=5"}}, ""},
		"formatting":             {[]edit{{"shop.go", "Purse{e.Data.ID, e.Data.Amount.Round()})", "Purse{\n\t\te.Data.ID,\n\t\te.Data.Amount.Round(),\n\t})"}, {"money/money.go", "{ return a.exact.Round() }", "{\n\treturn a.exact.Round()\n}"}}, ""},
		"lines of Windows":       {[]edit{{"shop.go", "\n", "\r\n"}, {"helpers.go", "\n", "\r\n"}}, ""},
		"a set's name":           {[]edit{{"shop.go", "Set)", "Shop)"}, {"shop.go", "type Set struct", "type Shop struct"}}, ""},
		"a handler's name":       {[]edit{{"shop.go", "(Set) Paid(", "(Set) Payment("}}, ""},
		"names of functions":     {[]edit{{"helpers.go", "one()", "single()"}, {"shop.go", "s.rates", "s.taxes"}, {"shop.go", "{ rates", "{ taxes"}, {"helpers.go", "fee", "part"}, {"shop.go", "*fee", "*part"}}, "taxed"},
		"names of types":         {[]edit{{"money/money.go", "Amount", "Sum"}, {"shop.go", "money.Amount", "money.Sum"}}, ""},
		"names of locals":        {[]edit{{"shop.go", "name :=", "given :="}, {"shop.go", "e.Data.ID, name}", "e.Data.ID, given}"}, {"helpers.go", "(unrelated)", "(u unrelated)"}}, ""},
		"an import's name":       {[]edit{{"shop.go", `"example.com/shop/money"`, `cash "example.com/shop/money"`}, {"shop.go", "money.Amount", "cash.Amount"}}, ""},
		"another set":            {[]edit{{"shop.go", "func (Set) Rated", "func (Other) Rated"}, {"shop.go", "// A Set has", "type Other struct{ limit int }\n\n// A Set has"}}, ""},
		"a field of the set":     {[]edit{{"shop.go", "rates tax.Rates }", "rates tax.Rates; limit int }"}}, ""},
		"what is generated":      {[]edit{{"brook_name_gen.go", "", "// Code generated by brookgen; DO NOT EDIT.\n\npackage shop\n\nfunc AppendName(s string) string { return s }\n"}}, ""},
		"files in another order": {[]edit{{"a.go", "", "package shop\n\nfunc one() int64 { return scale }\n"}, {"helpers.go", "func one() int64 { return scale }\n", ""}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := codeArchive(t)
			for _, e := range c.edits {
				replaceIn(t, a, e.file, e.old, e.with)
			}
			is, _ := codeOf(t, a)
			var changed []string
			for event, hash := range is {
				if hash != was[event] {
					changed = append(changed, event)
				}
			}
			slices.Sort(changed)
			if got := strings.Join(changed, " "); got != c.want {
				t.Errorf("changed: %q, want %q", got, c.want)
			}
		})
	}
}

// The hashes are the same whatever else is loaded with the package, and in each build.
func TestCodeElsewhere(t *testing.T) {
	a := codeArchive(t)
	replaceIn(t, a, "helpers.go", "func one() int64 { return scale }\n", "")
	for _, goos := range []string{"linux", "windows"} {
		replaceIn(t, a, "one_"+goos+".go", "", "package shop\n\nfunc one() int64 { return scale*int64(len(\""+goos+"\")) }\n")
	}
	replaceIn(t, a, "other/other.go", "", "package other\n\nimport (\n\tbrook \"github.com/brookgen/brookgen/runtime\"\n\n"+
		"\t\"example.com/shop/tax/flat\"\n)\n\n//brook:event other\ntype Other struct{ ID string `brook:\"key\"` }\n\n"+
		"type Set struct{}\n\n//brook:handle\nfunc (Set) Other(e brook.Event[Other]) { flat.Flat{}.Other() }\n")
	t.Setenv("GOOS", "linux")
	alone, _ := codeOf(t, a)
	all, _ := codeOf(t, a, "./...")
	delete(all, "other")
	if !maps.Equal(alone, all) {
		t.Errorf("alone: %v\nwith others: %v", alone, all)
	}
	t.Setenv("GOOS", "windows")
	windows, _ := codeOf(t, a)
	if !maps.Equal(alone, windows) {
		t.Errorf("linux: %v\nwindows: %v", alone, windows)
	}
	replaceIn(t, a, "one_linux.go", "return scale", "return -scale")
	if is, _ := codeOf(t, a); is["rated"] == windows["rated"] || is["paid"] != windows["paid"] {
		t.Errorf("what another build has: %v, before %v", is, windows)
	}
}

// The files of a module that is replaced by a folder count as those of the module do.
func TestCodeOfReplacedModule(t *testing.T) {
	a := codeArchive(t)
	replaceIn(t, a, "go.mod", "require (", "replace example.com/decimal => ./decimal\n\nrequire (")
	replaceIn(t, a, "go.mod", "decimal v1.0.0", "decimal v0.0.0")
	replaceIn(t, a, "decimal/go.mod", "", "module example.com/decimal\n")
	replaceIn(t, a, "decimal/decimal.go", "", "package decimal\n\ntype Decimal struct{ n int64 }\n\nfunc (d Decimal) Round() int64 { return d.n }\n\nfunc (d Decimal) Floor() int64 { return d.n }\n\nfunc Unused() {}\n")
	replaceIn(t, a, "go.mod", "brookgen v1.0.0\n)", "brookgen v1.0.0\n)\n\nreplace github.com/brookgen/brookgen => ./vendor/github.com/brookgen/brookgen")
	replaceIn(t, a, "go.mod", "\texample.com/digits v1.0.0\n", "")
	replaceIn(t, a, "vendor/github.com/brookgen/brookgen/go.mod", "", "module github.com/brookgen/brookgen\n")
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool {
		return f.Name == "vendor/modules.txt" || strings.HasPrefix(f.Name, "vendor/example.com")
	})
	t.Setenv("GOFLAGS", "-mod=mod")
	was, covers := codeOf(t, a)
	if !strings.Contains(covers["paid"], "example.com/decimal.Decimal.Round") {
		t.Errorf("paid covers %s", covers["paid"])
	}
	replaceIn(t, a, "decimal/decimal.go", "func Unused() {}", "")
	if is, _ := codeOf(t, a); !maps.Equal(was, is) {
		t.Errorf("what nobody names: %v, before %v", is, was)
	}
	replaceIn(t, a, "decimal/decimal.go", "Round() int64 { return d.n }", "Round() int64 { return -d.n }")
	if is, _ := codeOf(t, a); is["paid"] == was["paid"] || is["rated"] != was["rated"] {
		t.Errorf("a method: %v, before %v", is, was)
	}
}
