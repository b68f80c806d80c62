package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// init names each file that it writes.
func TestInitNamesWhatItWrote(t *testing.T) {
	for _, server := range []bool{false, true} {
		dir := t.TempDir()
		mod := filepath.Join(dir, "go.mod")
		if err := os.WriteFile(mod, []byte("module example.com/m\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if code := initialise(&job{stdio: stdio{out: &out, err: &out}, dir: dir, server: server}); code != 0 {
			t.Fatalf("init returns %d: %s", code, out.String())
		}
		files := 0
		err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || file == mod {
				return err
			}
			files++
			name, err := filepath.Rel(dir, file)
			if !strings.Contains(out.String(), filepath.ToSlash(name)) {
				t.Errorf("init does not name %s: %s", name, out.String())
			}
			return err
		})
		if want := map[bool]int{false: 2, true: 5}[server]; err != nil || files != want {
			t.Errorf("%d files, want %d: %v", files, want, err)
		}
	}
}
