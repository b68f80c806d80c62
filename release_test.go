package brookgen_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/checkout"
	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
)

// notes runs scripts/release-notes.
func notes(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(filepath.Join(checkout.Root(t), "scripts", "release-notes"), args...).CombinedOutput()
	return string(out), err
}

func TestReleaseNotes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a changelog.md")
	const text = `# Changelog

What changes. [Keep a Changelog](https://keepachangelog.com)

## Unreleased

## [1.10.0] - 2026-11-28

### Added

- What is new, see [1.1.0].

## 1.1.0 - 2026-01-02

### Fixed

- A fault.

[1.1.0]: https://example.com/1.1.0
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const newer, older = "### Added\n\n- What is new, see [1.1.0].\n", "### Fixed\n\n- A fault.\n"
	for version, want := range map[string]string{
		"1.10.0": newer, "v1.10.0": newer, "1.1.0": older, "v1.1.0": older,
	} {
		if got, err := notes(t, version, file); err != nil || got != want {
			t.Errorf("%s: %q, %v", version, got, err)
		}
	}
	for _, c := range []struct{ version, says string }{
		{"", "Unreleased of"}, // the newest section, which is empty
		{"Unreleased", "is empty: say what changed"},
		{"1.1", "no section 1.1: its versions are Unreleased 1.10.0 1.1.0"},
		{"2.0.0", "no section 2.0.0"},
	} {
		if got, err := notes(t, c.version, file); err == nil || !strings.Contains(got, c.says) {
			t.Errorf("%q: %q, %v", c.version, got, err)
		}
	}
	if got, err := notes(t, "1.0", file+".gone"); err == nil || !strings.Contains(got, "can't be read") {
		t.Errorf("without a changelog: %q, %v", got, err)
	}
}

// What is not released yet would be the notes of a release.
func TestOwnReleaseNotes(t *testing.T) {
	got, err := notes(t, "Unreleased")
	if err != nil || !strings.HasPrefix(got, "### Added\n") || !strings.Contains(got, "\n### Fixed\n") {
		t.Errorf("%.200q, %v", got, err)
	}
}

// TestReproducible builds brookgen in two folders, as "make build" does, and wants equal bytes:
// whoever has the source and the same Go can find out that a brookgen was made of them.
func TestReproducible(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("it compiles brookgen without paths, which nothing else does")
	}
	makefile, err := os.ReadFile(filepath.Join(checkout.Root(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	const recipe = "\tCGO_ENABLED=0 $(GO) build -trimpath -o bin/brookgen ./cmd/brookgen\n"
	if !strings.Contains(string(makefile), recipe) {
		t.Fatalf("make build does something else than %q, which is what is tested", recipe)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	var built [][]byte
	for _, name := range []string{"one", "another folder"} {
		dir := filepath.Join(t.TempDir(), name)
		copySource(t, dir)
		cmd := exec.Command("go", "build", "-trimpath", "-o", "bin/brookgen", "./cmd/brookgen")
		cmd.Dir = dir
		cmd.Env = append(checkout.Env(t), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		binary, err := os.ReadFile(filepath.Join(dir, "bin", "brookgen"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{dir, strings.TrimSpace(string(goroot))} {
			if bytes.Contains(binary, []byte(path)) {
				t.Errorf("the brookgen of %q names the folder %s", name, path)
			}
		}
		built = append(built, binary)
		if name == "one" {
			out, err := exec.Command(filepath.Join(dir, "bin", "brookgen"), "version").CombinedOutput()
			if want := "brookgen " + brook.Version + " " + runtime.Version(); err != nil ||
				!strings.HasPrefix(string(out), want) {
				t.Errorf("brookgen version: %q, %v; want %q", out, err, want)
			}
		}
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Errorf("two builds differ: %d and %d bytes", len(built[0]), len(built[1]))
	}
}

// copySource copies what brookgen is built from.
func copySource(t *testing.T, to string) {
	t.Helper()
	root := checkout.Root(t)
	copyFile := func(name string) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyFile("go.mod")
	copyFile("go.sum")
	for _, name := range sourceFiles(t) {
		if !strings.HasSuffix(name, "_test.go") {
			copyFile(name)
		}
	}
}

// TestVulnerabilities has scripts/vulnerabilities install a govulncheck that ends in all ways.
func TestVulnerabilities(t *testing.T) {
	script := filepath.Join(checkout.Root(t), "scripts", "vulnerabilities")
	for _, c := range []struct {
		name, prints, says string
		install, status    int
		fails              bool
	}{
		{"nothing found", "No vulnerabilities found.", "No vulnerabilities found.", 0, 0, false},
		{"one found", "Vulnerability #1", "upgrade the module", 0, 3, true},
		{"no database", "govulncheck: fetching vulnerabilities: no such host", "NOT CHECKED", 0, 1, false},
		{"code that does not load", "govulncheck: loading packages", "failed with status 1", 0, 1, true},
		{"no tool", "", "can't be installed", 1, 0, true},
	} {
		bin := t.TempDir()
		tool := fmt.Sprintf("#!/bin/sh\necho '%s' >&2\nexit %d\n", c.prints, c.status)
		fake := fmt.Sprintf("#!/bin/sh\ncat > \"$GOBIN/govulncheck\" << 'END'\n%sEND\nchmod +x \"$GOBIN/govulncheck\"\nexit %d\n",
			tool, c.install)
		if err := os.WriteFile(filepath.Join(bin, "go"), []byte(fake), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(script)
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if (err != nil) != c.fails || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
}
