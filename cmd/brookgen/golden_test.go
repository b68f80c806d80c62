package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
	"github.com/brookgen/brookgen/internal/checkout"
	"github.com/brookgen/brookgen/internal/race"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

// TestGenerate generates for the packages of each archive in testdata/generate, compares with the
// files that stand in it, compiles all, and runs the programs, whose output stands there too.
func TestGenerate(t *testing.T) {
	if race.Enabled {
		t.Skip("it compiles programs, of which the race detector sees nothing")
	}
	paths, err := filepath.Glob("../../testdata/generate/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases:", err)
	}
	dir := tempModule(t, "example.com")
	archives := map[string]*txtar.Archive{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		archives[name] = a
		for _, f := range a.Files {
			if f.Name != "stdout" && !isOutput(f.Name) {
				write(t, filepath.Join(dir, name, f.Name), f.Data)
			}
		}
	}
	if status, out, errs := brookgen(t, dir, "./..."); status != success || out+errs != "" {
		t.Fatalf("brookgen ./...: status %d\n%s%s", status, out, errs)
	}
	for name, a := range archives {
		for _, f := range outputs(t, filepath.Join(dir, name)) {
			set(a, f.Name, f.Data)
		}
	}
	if out, err := goTool(dir, "vet", "-composites=false", "./..."); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
	bin := t.TempDir()
	failed := map[string]bool{}
	for name, a := range archives {
		if !slices.ContainsFunc(a.Files, func(f txtar.File) bool { return f.Name == "stdout" }) {
			continue
		}
		program := filepath.Join(bin, name)
		if out, err := goTool(dir, "build", "-o", program, "./"+name+"/cmd"); err != nil {
			t.Errorf("%s: go build: %v\n%s", name, err, out)
			continue
		}
		var stderr bytes.Buffer
		cmd := exec.Command(program)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, stderr.Bytes())
			failed[name] = true
			continue
		}
		set(a, "stdout", out)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		a := archives[name]
		got := txtar.Format(a)
		want, err := os.ReadFile(path)
		switch {
		case err != nil:
			t.Error(err)
		case bytes.Equal(got, want):
		case *update && !failed[name]:
			write(t, path, got)
		default:
			t.Errorf("%s differs (go test -update accepts it):\n%s", path,
				diff.Diff("want", want, "got", got))
		}
	}
}

// TestOrderWithoutMeaning moves what may stand anywhere, and wants the same bytes.
func TestOrderWithoutMeaning(t *testing.T) {
	dir := tempModule(t, "example.com/order")
	const head = "package order\n\nimport brook \"github.com/brookgen/brookgen/runtime\"\n"
	types := []string{
		"//brook:event made\ntype Made struct{ ID string `brook:\"key\"` }\n",
		"//brook:event gone\ntype Gone struct{ ID string `brook:\"key\"` }\n",
		"//brook:collection things\ntype Thing struct{ ID string `brook:\"key\"`; Name string `brook:\"index\"`; At Place }\n",
		"type Set struct{}\n",
		"//brook:collection others key=Ref\ntype Other struct{ Name string; At map[string]*Place }\n",
	}
	free := []string{
		"type Place struct{ X, Y int }\n",
		"type Ref struct{ A, B string }\n",
		"//brook:handle\nfunc (Set) Made(e brook.Event[Made], _ brook.View[Ref, Other]) (c brook.Change[string, Thing], o brook.Change[Ref, Other]) { return c, o }\n",
		"//brook:handle\nfunc (Set) Gone(e brook.Event[Gone]) (o brook.Change[Ref, Other], c brook.Change[string, Thing]) { return o, c }\n",
		"func help() {}\n",
	}
	var first []txtar.File
	for i := range 6 {
		rotated := slices.Concat(free[i%len(free):], free[:i%len(free)])
		var parts []string
		for k := range types {
			parts = append(parts, types[k], rotated[k])
			if i == 5 { // the marked types alone, then all else backwards
				parts = slices.Concat(types, []string{free[4], free[3], free[2], free[1], free[0]})
			}
		}
		write(t, filepath.Join(dir, "order.go"), []byte(head+strings.Join(parts, "\n")))
		if status, _, errs := brookgen(t, dir); status != success {
			t.Fatalf("status %d\n%s", status, errs)
		}
		got := outputs(t, dir)
		if i == 0 {
			first = got
			continue
		}
		if !slices.EqualFunc(got, first,
			func(a, b txtar.File) bool { return a.Name == b.Name && bytes.Equal(a.Data, b.Data) }) {
			t.Errorf("order %d gives other files:\n%s", i, diff.Diff("first",
				txtar.Format(&txtar.Archive{Files: first}), "this", txtar.Format(&txtar.Archive{Files: got})))
		}
	}
}

func isOutput(name string) bool {
	base := filepath.Base(name)
	return strings.HasPrefix(base, "brook_") && strings.HasSuffix(base, "_gen.go") || base == lock.FileName
}

// outputs gives the generated files below dir, by name.
func outputs(t *testing.T, dir string) []txtar.File {
	t.Helper()
	var files []txtar.File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isOutput(path) {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, txtar.File{Name: filepath.ToSlash(rel), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// set puts a file into an archive: in its place, or else behind the others.
func set(a *txtar.Archive, name string, data []byte) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = data
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: data})
}

func brookgen(t *testing.T, dir string, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), args, stdio{strings.NewReader(""), &stdout, &stderr}, dir)
	return status, stdout.String(), stderr.String()
}

// tempModule makes a module that uses this checkout of brook.
func tempModule(t *testing.T, path string) string {
	t.Helper()
	for name, value := range checkout.Settings(t) {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	for name, data := range checkout.Module(t, path) {
		write(t, filepath.Join(dir, name), data)
	}
	return dir
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func goTool(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
