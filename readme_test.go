package brookgen_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/brookgen/brookgen/internal/checkout"
)

// A block is a fenced text of the README. A comment before it says what it is for: <!-- file: main.go -->.
type block struct {
	role, language, text string
}

var fence = regexp.MustCompile("(?m)(?:^<!-- ([^\n]*) -->\n)?^```(\\w*)\n((?s:.*?))^```$")

func readme(t *testing.T) (string, []block) { return document(t, "README.md") }

func document(t *testing.T, name string) (string, []block) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, m := range fence.FindAllStringSubmatch(string(b), -1) {
		blocks = append(blocks, block{m[1], m[2], m[3]})
	}
	return string(b), blocks
}

// find gives the one block with a role.
func find(t *testing.T, blocks []block, role string) string {
	t.Helper()
	i := slices.IndexFunc(blocks, func(b block) bool { return b.role == role })
	if i < 0 {
		t.Fatalf("README.md has no block %q", role)
	}
	return blocks[i].text
}

// newcomer is somebody with an empty folder outside of the repository, and Go.
type newcomer struct {
	t   *testing.T
	dir string
	env []string
}

func newNewcomer(t *testing.T) *newcomer {
	t.Helper()
	return &newcomer{t, t.TempDir(), append(checkout.Env(t), "GOFLAGS=-buildvcs=false")}
}

func (n *newcomer) write(name, text string) {
	n.t.Helper()
	name = filepath.Join(n.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		n.t.Fatal(err)
	}
}

// run runs a command and gives what it writes.
func (n *newcomer) run(args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(n.t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = n.dir, n.env, &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// must runs a command that has to succeed, and gives what it writes to its standard output.
func (n *newcomer) must(args ...string) string {
	n.t.Helper()
	stdout, stderr, err := n.run(args...)
	if err != nil {
		n.t.Fatalf("%q: %v\n%s%s", args, err, stdout, stderr)
	}
	return stdout
}

// TestReadme does what the README says, in its order, as a newcomer would.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles programs")
	}
	_, blocks := readme(t)
	n := newNewcomer(t)
	for _, b := range blocks {
		if name, ok := strings.CutPrefix(b.role, "file: "); ok {
			n.write(name, b.text)
		}
	}
	var out string
	installs := slices.IndexFunc(blocks, func(b block) bool { return b.language == "sh" && strings.Contains(b.text, "go get -tool") })
	if installs < 0 {
		t.Fatal("README.md does not say how to install")
	}
	for line := range strings.Lines(blocks[installs].text) {
		command, _, _ := strings.Cut(line, "#")
		out = n.must(strings.Fields(command)...)
		if strings.HasPrefix(command, "go mod init") {
			n.must("go", "mod", "edit", "-replace="+module+"="+filepath.ToSlash(checkout.Root(t)))
		}
	}
	if want := find(t, blocks, "output"); out != want {
		t.Errorf("the program prints\n%sand README.md says\n%s", out, want)
	}
	n.must("go", "tool", "brookgen", "check", "./...")
	if got, want := n.must("go", "tool", "brookgen", "graph", "./shop"), find(t, blocks, "graph"); got != want {
		t.Errorf("the graph is\n%sand README.md says\n%s", got, want)
	}

	n.write("snippets_test.go", snippets(t, blocks))
	n.must("go", "vet", "./...")
	n.must("go", "test", "./...")

	source := find(t, blocks, "file: shop/shop.go")
	n.write("shop/shop.go", strings.Replace(source, "//brook:event order.placed", "//brook:event order.placed histroy=10", 1))
	_, got, err := n.run("go", "tool", "brookgen", "./shop")
	if err == nil {
		t.Error("a misspelt option is accepted")
	}
	got, _, _ = strings.Cut(got, "exit status")
	if want := find(t, blocks, "mistake"); got != want {
		t.Errorf("a misspelt option is told as\n%sand README.md says\n%s", got, want)
	}
}

// TestTryFromCheckout does what CONTRIBUTING.md says for who wants to use a checkout from a module of their own.
func TestTryFromCheckout(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles programs")
	}
	_, blocks := document(t, "CONTRIBUTING.md")
	i := slices.IndexFunc(blocks, func(b block) bool { return strings.Contains(b.text, "go mod edit -require=") })
	if i < 0 {
		t.Fatal("CONTRIBUTING.md does not say how to use a checkout")
	}
	n := newNewcomer(t)
	out := ""
	for line := range strings.Lines(blocks[i].text) {
		command, _, _ := strings.Cut(line, "#")
		args := strings.Fields(command)
		for i := range args {
			args[i] = strings.Replace(args[i], "=../brookgen", "="+filepath.ToSlash(checkout.Root(t)), 1)
		}
		out = n.must(args...)
	}
	if out != "apples sold: 3\n" {
		t.Errorf("the program prints %q", out)
	}
	n.must("go", "tool", "brookgen", "check", "./...")
	if got := n.must("go", "tool", "brookgen", "version"); !strings.HasPrefix(got, "brookgen ") {
		t.Errorf("go tool brookgen version prints %q", got)
	}
}

// snippets makes a test of the README's Go blocks that are no files: they run one after the other.
func snippets(t *testing.T, blocks []block) string {
	t.Helper()
	var body, calls strings.Builder
	count := 0
	for _, b := range blocks {
		if b.language == "go" && b.role == "" {
			count++
			fmt.Fprintf(&body, "\nfunc snippet%d(ctx context.Context, app *shop.App) error {\n%s\treturn nil\n}\n", count, indent(b.text))
			fmt.Fprintf(&calls, "\t\t%d: snippet%d,\n", count-1, count)
		}
	}
	if count == 0 {
		t.Fatal("README.md has no snippets")
	}
	var imports strings.Builder
	for _, imported := range []string{"errors", "fmt", "slices", module + "/runtime/elixir"} {
		if strings.Contains(body.String(), path.Base(imported)+".") {
			fmt.Fprintf(&imports, "\t%q\n", imported)
		}
	}
	return `package main

import (
	"context"
	"testing"
` + imports.String() + `
	"example.com/first/shop"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func TestSnippets(t *testing.T) {
	ctx := t.Context()
	app, err := shop.NewApp(brook.Config{Author: "shop", Driver: memdriver.New(), Store: mapstore.New()}, shop.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	run, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(run) }()
	for i, snippet := range []func(context.Context, *shop.App) error{
` + calls.String() + `	} {
		if err := snippet(ctx, app); err != nil {
			t.Errorf("snippet %d: %v", i+1, err)
		}
		if i == 0 {
			// What was read before there was anything is read again once there is.
			if _, err := app.Publish.UserRegistered(ctx, shop.UserRegistered{ID: "ada", Email: "ada@example.com"}); err != nil {
				t.Fatal(err)
			}
			pos, err := app.Publish.OrderPlaced(ctx, shop.OrderPlaced{OrderID: "o1", UserID: "ada", Cents: 995})
			if err != nil {
				t.Fatal(err)
			}
			if err := app.WaitFor(ctx, pos); err != nil {
				t.Fatal(err)
			}
			if err := snippet(ctx, app); err != nil {
				t.Errorf("snippet 1: %v", err)
			}
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for letter := range app.DeadLetters() {
		t.Errorf("left: %v", letter)
	}
	for _, id := range []string{"ada", "bob", "zoe", "eve"} {
		if _, err := app.Views.Users.Get(id); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"o1", "o2", "o3", "o4"} {
		if _, err := app.Views.Orders.Get(id); err != nil {
			t.Error(err)
		}
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}
` + body.String()
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("\t" + line)
	}
	return b.String()
}

// TestReadmeQuickstart wants the package that the README begins with to be that of the quickstart, which has a few comments more.
func TestReadmeQuickstart(t *testing.T) {
	_, blocks := readme(t)
	b, err := os.ReadFile("examples/quickstart/shop/shop.go")
	if err != nil {
		t.Fatal(err)
	}
	rest := slices.Collect(strings.Lines(string(b)))
	for line := range strings.Lines(find(t, blocks, "file: shop/shop.go")) {
		i := slices.Index(rest, line)
		if i < 0 {
			t.Fatalf("examples/quickstart/shop/shop.go lacks, or has elsewhere: %s", line)
		}
		rest = rest[i+1:]
	}
}

// TestReadmeNames wants all names of packages that documents mention to exist, and what they link to.
func TestReadmeNames(t *testing.T) {
	packages := map[string]map[string]bool{"brook": exported(t, "runtime")}
	for _, name := range []string{"brooktest", "memdriver", "mapstore", "storetest", "drivertest", "elixir", "key", "wire"} {
		packages[name] = exported(t, "runtime/"+name)
	}
	names := strings.Join(slices.Sorted(maps.Keys(packages)), "|")
	named := regexp.MustCompile(`\b(` + names + `)\.([A-Z]\w*)`)
	config := regexp.MustCompile(`\bConfig\.([A-Z]\w*)`)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	for _, file := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			if !packages[m[1]][m[2]] {
				t.Errorf("%s: package %s has no %s", file, m[1], m[2])
			}
		}
		for _, m := range config.FindAllStringSubmatch(text, -1) {
			if !packages["brook"]["Config."+m[1]] {
				t.Errorf("%s: brook.Config has no field %s", file, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			target, anchor, _ := strings.Cut(m[1], "#")
			if target != "" {
				if _, err := os.Stat(target); err != nil {
					t.Errorf("%s links to %s: %v", file, m[1], err)
				}
			} else if !slices.Contains(anchors(text), anchor) {
				t.Errorf("%s links to #%s, and has no such heading", file, anchor)
			}
		}
	}
}

// anchors gives those of a document's headings.
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

// exported gives the exported names of a package, and the fields of its struct Config.
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
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.ValueSpec:
						for _, name := range s.Names {
							names[name.Name] = true
						}
					case *ast.TypeSpec:
						names[s.Name.Name] = true
						if fields, ok := s.Type.(*ast.StructType); ok && s.Name.Name == "Config" {
							for _, field := range fields.Fields.List {
								for _, name := range field.Names {
									names["Config."+name.Name] = true
								}
							}
						}
					}
				}
			}
		}
	}
	return names
}
