package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A brookgen that was built with an older Go than the one on PATH says so in one line, and what to
// do: it can't read what that compiles.
func TestNewerGo(t *testing.T) {
	dir := tempModule(t, "example.com/shop")
	write(t, filepath.Join(dir, "shop.go"), []byte("package shop\n\nimport \"time\"\n\n//brook:event paid\ntype Paid struct{ At time.Time }\n"))

	// What go compiled, with a version that nobody knows.
	file, err := goTool(dir, "list", "-export", "-f", "{{.Export}}", "time")
	if err != nil {
		t.Fatal(file, err)
	}
	export, err := os.ReadFile(strings.TrimSpace(file))
	if err != nil {
		t.Fatal(err)
	}
	mark := []byte("$$B\nu") // the version follows, in four bytes
	at := bytes.Index(export, mark)
	if at < 0 {
		t.Fatal("there is no export data in", file)
	}
	export[at+len(mark)] = 99
	bin := t.TempDir()
	write(t, filepath.Join(bin, "export"), export)

	edit := `s|"Export": ".*"|"Export": "` + bin + `/export"|`
	t.Run("newer", func(t *testing.T) {
		installGo(t, "go1.99.1", edit)
		want := "brookgen: this brookgen was built with " + built() +
			", and can't read what go1.99.1 compiles: " + again
		for _, command := range []string{"generate", "check", "graph"} {
			if status, out, errs := brookgen(t, dir, command); status != failure || out != "" ||
				errs != want {
				t.Errorf("%s: status %d, %s%s", command, status, out, errs)
			}
		}
	})
	t.Run("same", func(t *testing.T) { // the file is to blame
		installGo(t, built(), edit)
		status, _, errs := brookgen(t, dir)
		if status != failure || strings.Count(errs, "\n") != 1 || !strings.Contains(errs,
			"what go compiled of package time: ") || !strings.Contains(errs, "go clean -cache") {
			t.Errorf("status %d, %s", status, errs)
		}
	})
	if files := outputs(t, dir); len(files) > 0 {
		t.Errorf("%d files are written", len(files))
	}
}

// A module whose language is newer than the Go that built brookgen is told in the same way,
// whatever that makes of its source.
func TestNewerLanguage(t *testing.T) {
	dir := tempModule(t, "example.com/shop")
	write(t, filepath.Join(dir, "shop.go"),
		[]byte("package shop\n\n//brook:event paid\ntype Paid = struct of the future\n"))
	installGo(t, "go1.99.1", `s|"GoVersion": "1.26"|"GoVersion": "1.99"|`)
	status, out, errs := brookgen(t, dir)
	want := "brookgen: module example.com/shop is written in go1.99, and this brookgen was built with " + built() + ": " + again
	if status != failure || out != "" || errs != want {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
}

const again = "build brookgen again with that Go, or run it as \"go tool brookgen\", which go builds itself\n"

func built() string { return strings.Fields(runtime.Version())[0] }

// installGo puts a go in front of PATH: one of another version, whose output is edited.
func installGo(t *testing.T, version, edit string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the go of this test is a shell script")
	}
	bin, path := t.TempDir(), os.Getenv("PATH")
	name, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1 $2\" = 'env GOVERSION' ]; then echo '%s'; exit; fi\nPATH='%s'\n'%s' \"$@\" | sed '%s'\n", version, path, name, edit)
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+path)
}
