package brookgen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/checkout"
	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
)

// A block is a fenced text of a document. A comment right before it says what it is for:
//
//	<!-- file: NAME -->        a file of the reader's module
//	<!-- package -->           Go declarations: a package of their own, which brookgen generates
//	<!-- compiled: WHY -->     a Go snippet that is compiled and not run
//	<!-- run in: checkout -->  commands for the checkout, and not for the reader's module
//	<!-- not run: WHY -->      commands that are not run; what they name has to exist
//	<!-- output -->            what the block before prints
//	<!-- output of: CMD -->    what a command prints in the reader's module
//	<!-- mistake: FILE: OLD becomes NEW -->
//	                           what brookgen says if a file has another text for a moment
//	<!-- text -->              nothing to check
//
// Without a comment, Go blocks are snippets that run one after the other, those of a page over an
// app of its own, and sh blocks are commands that run in the reader's module.
type block struct {
	role, language, text string
}

var fence = regexp.MustCompile("(?m)(?:^<!-- ([^\n]*) -->\n)?^```(\\w*)\n((?s:.*?))^```$")

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

// pages returns the README and the pages of docs, in the order in which the index names them.
func pages(t *testing.T) []string {
	t.Helper()
	index, _ := document(t, "docs/README.md")
	all := []string{"README.md", "docs/README.md"}
	for _, m := range link.FindAllStringSubmatch(index, -1) {
		if page := "docs/" + m[1]; path.Ext(page) == ".md" && !strings.HasPrefix(m[1], "..") {
			all = append(all, page)
		}
	}
	there, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range there {
		if !slices.Contains(all, filepath.ToSlash(page)) {
			t.Errorf("docs/README.md does not name %s", page)
		}
	}
	return all
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

// run runs a command and returns what it writes.
func (n *newcomer) run(args ...string) (stdout, stderr string, err error) {
	return n.runIn(n.dir, args...)
}

func (n *newcomer) runIn(dir string, args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(n.t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, n.env, &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// must runs a command that has to succeed, and returns what it writes to its standard output.
func (n *newcomer) must(args ...string) string {
	n.t.Helper()
	stdout, stderr, err := n.run(args...)
	if err != nil {
		n.t.Fatalf("%q: %v\n%s%s", args, err, stdout, stderr)
	}
	return stdout
}

// commands returns those of an sh block, without comments.
func commands(text string) (all [][]string) {
	for line := range strings.Lines(text) {
		command, _, _ := strings.Cut(line, "#")
		if args := strings.Fields(command); len(args) > 0 {
			all = append(all, args)
		}
	}
	return all
}

// do runs the commands of a block, and returns what the last one prints.
func (n *newcomer) do(page string, b block) (out string) {
	n.t.Helper()
	for _, args := range commands(b.text) {
		switch {
		case b.role == "run in: checkout" && args[0] != "make":
			stdout, stderr, err := n.runIn(checkout.Root(n.t), args...)
			if out = stdout; err != nil {
				n.t.Errorf("%s: %q: %v\n%s%s", page, args, err, stdout, stderr)
			}
		case b.role != "": // TestDocumentedCommands wants what it names to exist
		default:
			out = n.must(args...)
		}
		if slices.Equal(args[:min(3, len(args))], []string{"go", "mod", "init"}) && b.role == "" {
			n.must("go", "mod", "edit", "-replace="+module+"="+filepath.ToSlash(checkout.Root(n.t)))
		}
	}
	return out
}

// TestReadme does what the README and the pages of docs say, in their order, as a newcomer would.
func TestReadme(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it compiles programs, of which the race detector sees nothing")
	}
	n := newNewcomer(t)
	all := pages(t)
	for _, page := range all {
		_, blocks := document(t, page)
		for i, b := range blocks {
			if name, ok := strings.CutPrefix(b.role, "file: "); ok {
				n.write(name, b.text)
			}
			if b.role == "package" {
				name := goName(page)
				n.write(name+"/"+name+string(rune('a'+i))+".go",
					"package "+name+"\n\n"+imports(b.text)+"\n"+b.text)
			}
		}
	}
	var tests snippets
	for i, page := range all {
		_, blocks := document(t, page)
		out, before := "", ""
		for _, b := range blocks {
			command, isCommand := strings.CutPrefix(b.role, "output of: ")
			why, _, _ := strings.Cut(b.role, ": ")
			switch {
			case isCommand:
				if got := n.must(strings.Fields(command)...); got != b.text {
					t.Errorf("%s: %s prints\n%sand the page says\n%s", page, command, got, b.text)
				}
			case b.role == "output" && before == "go":
				tests.output(b.text)
			case b.role == "output" && before == "sh":
				if out != b.text {
					t.Errorf("%s: the command prints\n%sand the page says\n%s", page, out, b.text)
				}
			case why == "mistake":
				n.mistake(page, strings.TrimPrefix(b.role, "mistake: "), b.text)
			case b.language == "sh":
				out = n.do(page, b)
			case b.language == "go" && (b.role == "" || why == "compiled"):
				tests.add(page, b)
			case why != "file" && why != "package" && why != "text":
				t.Errorf("%s: what is this block for? Its comment is %q, its language %q:\n%s",
					page, b.role, b.language, b.text)
			}
			if b.language != "" {
				before = b.language
			}
		}
		if i == 0 {
			n.must("go", "tool", "brookgen", "./...") // the packages of other pages
		}
	}
	n.write("snippets/snippets_test.go", tests.source())
	n.must("go", "vet", "-mod=mod", "./...") // snippets use packages that need further modules
	n.must("go", "test", "./...")
}

// mistake changes a file for a moment, as FILE: OLD becomes NEW, and compares what brookgen says
// with what a page says.
func (n *newcomer) mistake(page, change, want string) {
	n.t.Helper()
	file, change, _ := strings.Cut(change, ": ")
	old, now, ok := strings.Cut(change, " becomes ")
	source, err := os.ReadFile(filepath.Join(n.dir, file))
	if err != nil {
		n.t.Fatal(err)
	}
	if !ok || !strings.Contains(string(source), old) {
		n.t.Fatalf("%s: %s has no text to make a mistake of: %s", page, file, change)
	}
	n.write(file, strings.Replace(string(source), old, now, 1))
	_, got, err := n.run("go", "tool", "brookgen", "./"+path.Dir(file))
	n.write(file, string(source))
	if err == nil {
		n.t.Errorf("%s: it is no mistake that %s", page, change)
	}
	if got, _, _ = strings.Cut(got, "exit status"); got != want {
		n.t.Errorf("%s: that %s is reported as\n%sand the page says\n%s", page, change, got, want)
	}
}

// TestTryFromCheckout does what CONTRIBUTING.md says for who wants to use a checkout from a module
// of their own.
func TestTryFromCheckout(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it compiles programs, of which the race detector sees nothing")
	}
	_, blocks := document(t, "CONTRIBUTING.md")
	i := slices.IndexFunc(blocks,
		func(b block) bool { return strings.Contains(b.text, "go mod edit -require=") })
	if i < 0 {
		t.Fatal("CONTRIBUTING.md does not say how to use a checkout")
	}
	n := newNewcomer(t)
	out := ""
	for _, args := range commands(blocks[i].text) {
		for i := range args {
			args[i] = strings.Replace(args[i], "=../brookgen",
				"="+filepath.ToSlash(checkout.Root(t)), 1)
		}
		out = n.must(args...)
	}
	if out != "apples sold: 3\n" {
		t.Errorf("the program prints %q", out)
	}
	n.must("go", "tool", "brookgen", "check", "./...")
	if got := n.must("go", "tool", "brookgen", "version"); !strings.HasPrefix(got,
		"brookgen "+brook.Version+" go") {
		t.Errorf("go tool brookgen version prints %q", got)
	}
}

// TestReadmeQuickstart wants the package that the README begins with to be that of the quickstart,
// which has a few comments more.
func TestReadmeQuickstart(t *testing.T) {
	_, blocks := document(t, "README.md")
	i := slices.IndexFunc(blocks, func(b block) bool { return b.role == "file: shop/shop.go" })
	if i < 0 {
		t.Fatal("README.md has no shop/shop.go")
	}
	b, err := os.ReadFile("examples/quickstart/shop/shop.go")
	if err != nil {
		t.Fatal(err)
	}
	rest := slices.Collect(strings.Lines(string(b)))
	for line := range strings.Lines(blocks[i].text) {
		i := slices.Index(rest, line)
		if i < 0 {
			t.Fatalf("examples/quickstart/shop/shop.go lacks, or has elsewhere: %s", line)
		}
		rest = rest[i+1:]
	}
}
