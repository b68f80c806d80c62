package golden

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/brookgen/brookgen/internal/checkout"
)

// TestGoldens generates codecs for each package under testdata/codec and compares them with those
// beside it. With -update they are written. What was generated is compiled, and where the package
// has tests they are run.
func TestGoldens(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(checkout.Root(t), "testdata", "codec", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("no case in testdata/codec")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"),
			func(t *testing.T) { golden(t, name) })
	}
}

func golden(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var input []txtar.File
	want := map[string][]byte{}
	for _, f := range archive.Files {
		if strings.HasPrefix(filepath.Base(f.Name), "brook_") {
			want[f.Name] = f.Data
		} else {
			input = append(input, f)
		}
	}
	dir := t.TempDir()
	for name, value := range checkout.Settings(t) {
		t.Setenv(name, value)
	}
	for name, data := range checkout.Module(t, "example.com/codec") {
		write(t, filepath.Join(dir, name), data)
	}
	for _, f := range input {
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	out := input
	for _, f := range generate(t, dir, ".")[0] {
		write(t, filepath.Join(dir, f.Name), f.Source)
		out = append(out, txtar.File{Name: f.Name, Data: f.Source})
		if !*update && !bytes.Equal(f.Source, want[f.Name]) {
			t.Errorf("%s:\n got %s\nwant %s", f.Name, f.Source, want[f.Name])
		}
		delete(want, f.Name)
	}
	for left := range want {
		if !*update {
			t.Errorf("%s is not generated", left)
		}
	}
	if *update {
		archive.Files = out
		write(t, name, txtar.Format(archive))
	}
	cmd := exec.Command("go", "test", ".")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go test: %v\n%s", err, text)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
