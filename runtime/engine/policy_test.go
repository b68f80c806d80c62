package engine_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// policies are the constants that each policy of Config takes.
var policies = map[string][]string{
	"OnFailure":   {"Wait", "GoOn", "Fail", "Stop"},
	"OnStale":     {"RebuildStale", "GoOn", "Fail"},
	"OnRetention": {"GoOn", "Fail"},
}

// A policy's constant in the place of another policy does not compile, and in its own place it
// does.
func TestWrongPolicyDoesNotCompile(t *testing.T) {
	brookTypes := exportData(t, "github.com/brookgen/brookgen/runtime")
	compile := func(source string) error {
		fset := token.NewFileSet()
		source = "package config\n\nimport brook \"github.com/brookgen/brookgen/runtime\"\n\n" +
			source
		f, err := parser.ParseFile(fset, "config.go", source, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&types.Config{Importer: brookTypes}).Check("config", fset, []*ast.File{f}, nil)
		return err
	}
	for field, takes := range policies {
		for _, constant := range []string{"Wait", "Stop", "GoOn", "Fail", "RebuildStale"} {
			source := fmt.Sprintf("var _ = brook.Config{%s: brook.%s}", field, constant)
			err := compile(source)
			switch right := strings.Contains(strings.Join(takes, " "), constant); {
			case right && err != nil:
				t.Errorf("%s does not compile: %v", source, err)
			case !right && err == nil:
				t.Errorf("%s compiles", source)
			case !right && !strings.Contains(err.Error(), constant):
				t.Errorf("%s: the error does not name the constant: %v", source, err)
			}
		}
	}
	for source, right := range map[string]bool{
		`func _(text string) brook.Config { return brook.Config{OnStale: brook.StalePolicy(text)} }`:             true,
		`func _(c *brook.Config) { p := brook.Wait; if c.Group { p = brook.GoOn }; c.OnFailure = p }`:            true,
		`func _(c brook.Config) bool { return c.OnFailure == brook.GoOn && c.OnStale == brook.GoOn }`:            true,
		`func _(text string) brook.Config { return brook.Config{OnFailure: text} }`:                              false,
		`func _(p brook.FailurePolicy) brook.Config { return brook.Config{OnRetention: p} }`:                     false,
		`func _(c brook.Config) bool { return c.OnRetention == brook.Stop || c.OnFailure == brook.RebuildStale}`: false,
	} {
		if err := compile(source); (err == nil) != right {
			t.Errorf("%s: compiles: %t, error: %v", source, err == nil, err)
		}
	}
}

// A policy that comes from text is checked by NewApp, which lists what there is.
func TestPolicyFromTextIsChecked(t *testing.T) {
	open := func(c brook.Config) error {
		c.Author, c.Driver, c.Store = "ledger", memdriver.New(), mapstore.New()
		app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
		if err != nil {
			return err
		}
		return app.Close()
	}
	for _, c := range []brook.Config{
		{OnFailure: "wait", OnStale: "go on", OnRetention: "fail"},
		{OnFailure: "stop", OnStale: "rebuild", OnRetention: "go on"},
		{OnFailure: "fail", OnStale: "fail"},
	} {
		if err := open(c); err != nil {
			t.Errorf("%q, %q, %q: %v", c.OnFailure, c.OnStale, c.OnRetention, err)
		}
	}
	err := open(brook.Config{OnFailure: "rebuild", OnStale: "wait", OnRetention: "stop"})
	if !errors.Is(err, brook.ErrConfig) {
		t.Fatal(err)
	}
	for _, want := range []string{
		`OnFailure is "rebuild", and can be one of ["wait" "go on" "fail" "stop"]`,
		`OnStale is "wait", and can be one of ["rebuild" "fail" "go on"]`,
		`OnRetention is "stop", and can be one of ["fail" "go on"]`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

// exportData returns an importer of a package of this module and of what it imports, by what the go
// command compiled of them.
func exportData(t *testing.T, name string) types.Importer {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps",
		"-f", "{{.ImportPath}}={{.Export}}", name).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Skipf("it needs the go command: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[name] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) {
		return os.Open(files[name])
	})
}
