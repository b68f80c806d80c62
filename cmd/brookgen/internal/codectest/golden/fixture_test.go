package golden

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/templates"
)

var update = flag.Bool("update", false, "write what is generated instead of comparing it")

// TestFixture keeps the generated files of package codectest up to date. It is no test of that
// package, as it must run while that does not compile.
func TestFixture(t *testing.T) {
	for _, f := range generate(t, "..", ".")[0] {
		path := filepath.Join("..", f.Name)
		if *update {
			if err := os.WriteFile(path, f.Source, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if present, err := os.ReadFile(path); err != nil || !bytes.Equal(present, f.Source) {
			t.Errorf("%s is stale: run this test with -update", f.Name)
		}
	}
}

// generate gives the codec files of each package that the pattern matches.
func generate(t *testing.T, dir, pattern string) [][]templates.File {
	t.Helper()
	found, err := load.Load(context.Background(), dir, []string{pattern})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found.Diagnostics {
		t.Fatal(d)
	}
	if len(found.Packages) == 0 {
		t.Fatal("no package")
	}
	var all [][]templates.File
	for _, p := range found.Packages {
		files, err := templates.Generate(p)
		if err != nil {
			t.Fatal(err)
		}
		var codecs []templates.File
		for _, f := range files {
			if strings.HasPrefix(f.Name, "brook_json") || strings.HasPrefix(f.Name,
				"brook_clone") || strings.HasPrefix(f.Name, "brook_store") {
				codecs = append(codecs, f)
			}
		}
		all = append(all, codecs)
	}
	return all
}
