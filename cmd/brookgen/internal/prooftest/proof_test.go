package prooftest

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/templates/model"
)

var update = flag.Bool("update", false, "rewrite the golden")

// handlers loads this package.
func handlers(t *testing.T) (sets []*model.Set) {
	t.Helper()
	found, err := load.Load(t.Context(), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Packages) != 1 {
		var out bytes.Buffer
		if err := load.Print(&out, ".", found.Diagnostics); err != nil {
			t.Fatal(err)
		}
		t.Fatalf("%s", &out)
	}
	return found.Packages[0].Sets
}

// Each handler is proved or left open as its comment says (rule 8), and what is left open is told
// in the words of the golden.
func TestProofOfEachHandler(t *testing.T) {
	said := verdicts(t)
	var got strings.Builder
	for _, s := range handlers(t) {
		for _, h := range s.Handlers {
			want := said[s.Name]
			delete(said, s.Name)
			if proved := len(h.Doubts) == 0 && h.Obstacle == ""; proved != (want == "proved") {
				t.Errorf("%s is %s, but the proof says %v %q", s.Name, want, h.Doubts, h.Obstacle)
			}
			for _, d := range h.Doubts {
				fmt.Fprintf(&got, "%s: %s:%d: %s: %s\n", s.Name, filepath.Base(d.File), d.Line, d.Text, d.Why)
			}
			if h.Obstacle != "" {
				fmt.Fprintf(&got, "%s: it %s\n", s.Name, h.Obstacle)
			}
		}
	}
	for name := range said {
		t.Errorf("%s was not judged", name)
	}
	golden := filepath.Join("testdata", "open.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got.String() {
		t.Errorf("%v; got\n%s\nwant\n%s", err, got.String(), want)
	}
}

// verdicts reads what the comments say.
func verdicts(t *testing.T) map[string]string {
	t.Helper()
	said := map[string]string{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE || gen.Doc == nil {
				continue
			}
			set := gen.Specs[0].(*ast.TypeSpec).Name.Name
			if verdict, ok := strings.CutPrefix(strings.TrimSpace(gen.Doc.Text()), set+" is "); ok {
				if verdict = strings.TrimSuffix(verdict, "."); verdict == "proved" || verdict == "open" {
					said[set] = verdict
				}
			}
		}
	}
	if len(said) < 100 {
		t.Fatalf("%d handlers", len(said))
	}
	return said
}
