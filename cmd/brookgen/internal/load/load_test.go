package load

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/txtar"

	"github.com/brookgen/brookgen/internal/checkout"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestMain keeps the machine's settings about other modules away from those of the tests.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"GOFLAGS": "", "GOWORK": "off"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestGoldens loads each archive under testdata/load as a module and compares what comes of it: the
// model, or the diagnostics as a user sees them.
func TestGoldens(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(checkout.Root(t), "testdata", "load", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("no case in testdata/load")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := extract(t, archive)
			patterns := strings.Fields(string(archive.Comment[:bytes.IndexByte(append(archive.Comment, '\n'), '\n')]))
			if len(patterns) == 0 || patterns[0] != "load" {
				patterns = []string{"load"}
			}
			got := outcome(t, dir, patterns[1:])
			compareGolden(t, name, archive, got)
		})
	}
}

// outcome loads and writes down what came of it.
func outcome(t *testing.T, dir string, patterns []string) []byte {
	t.Helper()
	found, err := Load(context.Background(), dir, patterns)
	var out bytes.Buffer
	if err != nil {
		fmt.Fprintf(&out, "error: %s\n", strings.ReplaceAll(err.Error(), dir, "$DIR"))
		found = &Found{}
	}
	if err := Print(&out, dir, found.Diagnostics); err != nil {
		t.Fatal(err)
	}
	for _, p := range found.Packages {
		out.WriteString(dump(p))
	}
	return bytes.ReplaceAll(out.Bytes(), []byte(dir), []byte("$DIR"))
}

func compareGolden(t *testing.T, name string, archive *txtar.Archive, got []byte) {
	t.Helper()
	for i := range archive.Files {
		f := &archive.Files[i]
		if f.Name != "want" {
			continue
		}
		if bytes.Equal(f.Data, got) {
			return
		}
		if !*update {
			t.Errorf("got\n%s\nwant\n%s", got, f.Data)
			return
		}
		f.Data = got
		write(t, name, txtar.Format(archive))
		return
	}
	if !*update {
		t.Fatal("no want section; run with -update")
	}
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: got})
	write(t, name, txtar.Format(archive))
}

// extract writes an archive as a module of its own that uses the stub runtime.
func extract(t testing.TB, archive *txtar.Archive) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	hasModule := false
	for _, f := range archive.Files {
		if f.Name == "want" {
			continue
		}
		hasModule = hasModule || f.Name == "go.mod"
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	if !hasModule {
		write(t, filepath.Join(dir, "go.mod"), fmt.Appendf(nil,
			"module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/brookgen/brookgen v0.0.0\n\nreplace github.com/brookgen/brookgen => %s\n",
			modfile.AutoQuote(filepath.ToSlash(filepath.Join(checkout.Root(t), "testdata", "load",
				"stub")))))
	}
	return dir
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
