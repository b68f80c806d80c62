package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
)

// TestLock generates for the packages below "before" of each archive in testdata/lock, puts those
// below "after" into their places and generates again. What is said then has to be what "want"
// says, and behind it how the locks changed, unless something was wrong.
func TestLock(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/lock/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases:", err)
	}
	dir := tempModule(t, "example.com")
	archives := map[string]*txtar.Archive{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		if archives[name], err = txtar.ParseFile(path); err != nil {
			t.Fatal(err)
		}
		place(t, dir, name, archives[name], "before")
	}
	if status, out, errs := brookgen(t, dir, "./..."); status != success || out+errs != "" {
		t.Fatalf("before: status %d\n%s%s", status, out, errs)
	}
	before := locksBelow(t, dir)
	for name, a := range archives {
		place(t, dir, name, a, "after")
	}
	said := generateAll(t, dir, failure)
	if again := generateAll(t, dir, failure); strings.Join(said[""], "") != strings.Join(again[""], "") {
		t.Error("what is wrong is not told again in the same words")
	}
	wrong := map[string]bool{}
	for name := range archives {
		wrong[name] = len(said[name]) > 0
		if breaking := strings.HasPrefix(name, "breaking"); breaking != wrong[name] {
			t.Errorf("%s: something is wrong: %t\n%s", name, wrong[name], strings.Join(said[name], ""))
		}
		if wrong[name] {
			remove(t, filepath.Join(dir, name))
		}
	}
	for name, lines := range generateAll(t, dir, success) {
		said[name] = lines
	}
	if status, out, errs := brookgen(t, dir, "check", "./..."); status != success || out+errs != "" {
		t.Errorf("check afterwards: status %d\n%s%s", status, out, errs)
	}
	after := locksBelow(t, dir)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		got := strings.Join(said[name], "")
		if !wrong[name] {
			for file, was := range before {
				if strings.HasPrefix(file, name+"/") {
					got += string(diff.Diff(file, was, file, after[file]))
				}
			}
		}
		set(archives[name], "want", []byte(got))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		formatted := txtar.Format(archives[name])
		switch {
		case bytes.Equal(text, formatted):
		case *update:
			write(t, path, formatted)
		default:
			t.Errorf("%s differs (go test -update accepts it):\n%s", path, diff.Diff("want", text, "got", formatted))
		}
	}
}

// place puts the files of an archive that are below a folder into the place of its package.
func place(t *testing.T, dir, name string, a *txtar.Archive, folder string) {
	t.Helper()
	for _, f := range a.Files {
		if path, ok := strings.CutPrefix(f.Name, folder+"/"); ok {
			write(t, filepath.Join(dir, name, path), f.Data)
		}
	}
}

// generateAll runs brookgen and returns what it says of each folder, line by line, and as a whole
// under "".
func generateAll(t *testing.T, dir string, want int) map[string][]string {
	t.Helper()
	status, out, errs := brookgen(t, dir, "./...")
	if status != want || out != "" {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	said := map[string][]string{"": {errs}}
	folder := ""
	for line := range strings.Lines(errs) {
		if first, _, ok := strings.Cut(filepath.ToSlash(line), "/"); ok && line[0] != '\t' {
			folder = first
		}
		said[folder] = append(said[folder], line)
	}
	return said
}

func locksBelow(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	locks := map[string][]byte{}
	for _, f := range outputs(t, dir) {
		if filepath.Base(f.Name) == lock.FileName {
			locks[f.Name] = f.Data
		}
	}
	return locks
}

func remove(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}
