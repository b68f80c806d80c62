package codectest

import (
	"bytes"
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/templates"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

// TestGenerated keeps the generated files, which the other tests run, up to date.
func TestGenerated(t *testing.T) {
	pkgs, diags, err := load.Load(context.Background(), ".", []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diags {
		t.Error(d)
	}
	if len(pkgs) != 1 {
		t.Fatalf("%d packages", len(pkgs))
	}
	files, err := templates.Generate(pkgs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Name, "brook_json") && !strings.HasPrefix(f.Name, "brook_clone") {
			continue // other emitters have their own tests
		}
		if *update {
			if err := os.WriteFile(f.Name, f.Source, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if present, err := os.ReadFile(f.Name); err != nil || !bytes.Equal(present, f.Source) {
			t.Errorf("%s is stale: run this test with -update", f.Name)
		}
	}
}
