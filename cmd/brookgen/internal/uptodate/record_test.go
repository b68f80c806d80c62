package uptodate

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)

// writeOld writes a file that nobody changed for long.
func writeOld(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	writeNew(t, path, text)
	setTime(t, path, longAgo)
}

func writeNew(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func setTime(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// newTree makes a module, a go command and an empty cache, and records a run of ./... in it.
func newTree(t *testing.T) (dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the go command here is no .exe")
	}
	top := t.TempDir()
	goroot := filepath.Join(top, "goroot")
	writeOld(t, filepath.Join(goroot, "VERSION"), "go1.0")
	writeOld(t, filepath.Join(goroot, "src", "runtime", "doc.go"), "package runtime")
	command := filepath.Join(goroot, "bin", "go")
	writeOld(t, command, "")
	if err := os.Chmod(command, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(command))
	t.Setenv("BROOKGENCACHE", filepath.Join(top, "cache"))
	t.Setenv("GOENV", filepath.Join(top, "goenv"))
	for _, name := range []string{"GOWORK", "GOFLAGS", "GOPACKAGESDRIVER"} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(top, "src", "module")
	writeOld(t, filepath.Join(dir, "go.mod"), "module example.com")
	writeOld(t, filepath.Join(dir, "shop", "shop.go"), "package shop")
	writeOld(t, filepath.Join(dir, "shop", "testdata", "x.go"), "package x")
	writeOld(t, filepath.Join(top, "beside", "go.mod"), "module example.org")
	writeOld(t, filepath.Join(top, "beside", "money", "money.go"), "package money")
	writeOld(t, filepath.Join(top, "beside", "deep", "down", "down.go"), "package down")
	record(dir)
	if !Begin(dir, []string{"./..."}).UpToDate() {
		t.Fatal("not up to date right after it was recorded")
	}
	return dir
}

func record(dir string) {
	beside := filepath.Join(dir, "..", "..", "beside")
	Begin(dir, []string{"./..."}).Done(
		[]string{filepath.Join(dir, "shop"), filepath.Join(beside, "money"), filepath.Join(beside, "deep", "down")},
		[]string{filepath.Join(dir, "go.mod"), filepath.Join(beside, "go.mod")},
		nil,
		map[string]bool{filepath.Join(dir, "shop", "brook_app_gen.go"): true},
	)
}

func TestWhatChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string)
		same   bool // it is up to date all the same
	}{
		{name: "nothing", change: func(*testing.T, string) {}, same: true},
		{name: "another length", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "shop.go"), "package shops")
		}},
		{name: "the same length", change: func(t *testing.T, dir string) {
			writeNew(t, filepath.Join(dir, "shop", "shop.go"), "package soph")
		}},
		{name: "the same length, of an imported module", change: func(t *testing.T, dir string) {
			writeNew(t, filepath.Join(dir, "..", "..", "beside", "money", "money.go"), "package moyen")
		}},
		{name: "time alone", change: func(t *testing.T, dir string) {
			setTime(t, filepath.Join(dir, "shop", "shop.go"), time.Now())
		}, same: true},
		{name: "written again as it was", change: func(t *testing.T, dir string) {
			writeNew(t, filepath.Join(dir, "shop", "shop.go"), "package shop")
		}, same: true},
		{name: "the same length and time", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "shop.go"), "package soph")
		}},
		{name: "a module between a package and its own", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "..", "..", "beside", "money", "go.mod"), "module m")
		}},
		{name: "a module above a package that is deep in its own", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "..", "..", "beside", "deep", "go.mod"), "module m")
		}},
		{name: "settings of the release", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(os.Getenv("PATH"), "..", "go.env"), "GOOS=plan9")
		}},
		{name: "a file removed", change: func(t *testing.T, dir string) {
			remove(t, filepath.Join(dir, "shop", "shop.go"))
		}},
		{name: "a file more", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "a.go"), "package shop")
		}},
		{name: "a package more", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "deep", "below", "a.go"), "package below")
		}},
		{name: "testdata", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "testdata", "y.go"), "package x")
		}, same: true},
		{name: "a file of another kind", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "README.md"), "")
		}, same: true},
		{name: "a lock appears", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "brook.lock"), "")
		}},
		{name: "a lock", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "shop", "brook.lock"), "a")
			record(dir)
			writeNew(t, filepath.Join(dir, "shop", "brook.lock"), "b")
		}},
		{name: "go.mod", change: func(t *testing.T, dir string) {
			writeNew(t, filepath.Join(dir, "go.mod"), "module example.net")
		}},
		{name: "go.sum appears", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "go.sum"), "")
		}},
		{name: "go.work appears above", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "..", "go.work"), "go 1.26")
		}},
		{name: "vendored", change: func(t *testing.T, dir string) {
			writeOld(t, filepath.Join(dir, "vendor", "modules.txt"), "")
		}},
		{name: "module of an import", change: func(t *testing.T, dir string) {
			writeNew(t, filepath.Join(dir, "..", "..", "beside", "go.mod"), "module example.arg")
		}},
		{name: "environment", change: func(t *testing.T, dir string) {
			t.Setenv("GOOS", "plan9")
		}},
		{name: "go env -w", change: func(t *testing.T, dir string) {
			writeOld(t, os.Getenv("GOENV"), "GOOS=plan9")
		}},
		{name: "the present file of go generate", change: func(t *testing.T, dir string) {
			t.Setenv("GOFILE", "shop.go")
		}, same: true},
		{name: "another release of go", change: func(t *testing.T, dir string) {
			writeNew(t, filepath.Join(os.Getenv("PATH"), "..", "VERSION"), "go1.1")
		}},
		{name: "overlay", change: func(t *testing.T, dir string) {
			t.Setenv("GOFLAGS", "-overlay=x.json")
			record(dir)
		}},
		{name: "a driver", change: func(t *testing.T, dir string) {
			t.Setenv("GOPACKAGESDRIVER", "bazel")
			record(dir)
		}},
		{name: "a go that starts another one", change: func(t *testing.T, dir string) {
			remove(t, filepath.Join(os.Getenv("PATH"), "..", "VERSION"))
			record(dir)
		}},
		{name: "off", change: func(t *testing.T, dir string) {
			t.Setenv("BROOKGENCACHE", "off")
			record(dir)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := newTree(t)
			c.change(t, dir)
			if got := Begin(dir, []string{"./..."}).UpToDate(); got != c.same {
				t.Errorf("up to date: %t", got)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// Arguments and folders have records of their own.
func TestOtherRuns(t *testing.T) {
	dir := newTree(t)
	for _, patterns := range [][]string{{"."}, {"./shop"}, {"./...", "./shop"}} {
		if Begin(dir, patterns).UpToDate() {
			t.Errorf("%q is up to date", patterns)
		}
		Begin(dir, patterns).Done(nil, nil, nil, nil)
		if !Begin(dir, patterns).UpToDate() {
			t.Errorf("%q is not up to date once it is recorded", patterns)
		}
	}
	// What these match can't be told from folders.
	for _, pattern := range []string{"all", "work", "...", ".../shop", "example.com/...", "a.go"} {
		patterns := []string{"./shop", pattern}
		Begin(dir, patterns).Done(nil, nil, nil, nil)
		if Begin(dir, patterns).UpToDate() {
			t.Errorf("%q is up to date", patterns)
		}
	}
	if Begin(filepath.Join(dir, "shop"), []string{"./..."}).UpToDate() {
		t.Error("another folder is up to date")
	}
}

// A file that somebody changes while a run reads it is not recorded as it is then; what the run
// itself wrote is.
func TestWrittenMeanwhile(t *testing.T) {
	dir := newTree(t)
	patterns := []string{"./..."}
	run := Begin(dir, patterns)
	output := filepath.Join(dir, "shop", "brook_app_gen.go")
	writeNew(t, output, "package shop")
	run.Done([]string{filepath.Join(dir, "shop")}, nil, nil, map[string]bool{output: true})
	if !Begin(dir, patterns).UpToDate() {
		t.Error("what the run wrote keeps it from being up to date")
	}
	writeNew(t, output, "package soph") // perhaps within the same tick
	if Begin(dir, patterns).UpToDate() {
		t.Error("an output was changed, and all is up to date")
	}

	run = Begin(dir, patterns)
	writeNew(t, filepath.Join(dir, "shop", "b.go"), "package shop")
	run.Done([]string{filepath.Join(dir, "shop")}, nil, nil, nil)
	if Begin(dir, patterns).UpToDate() {
		t.Error("a file was written while the run read, and all is up to date")
	}
}

// A package that appears anywhere below a folder that was searched is found, whatever the patterns.
func TestSearchedFolders(t *testing.T) {
	dir := newTree(t)
	patterns := []string{"./shop"}
	Begin(dir, patterns).Done(nil, nil, []string{dir}, nil)
	if !Begin(dir, patterns).UpToDate() {
		t.Fatal("not up to date right after it was recorded")
	}
	writeOld(t, filepath.Join(dir, "fresh", "fresh.go"), "package fresh")
	if Begin(dir, patterns).UpToDate() {
		t.Error("there is a new package, and all is up to date")
	}
}

func TestDamagedRecord(t *testing.T) {
	dir := newTree(t)
	path := Begin(dir, []string{"./..."}).path
	for _, text := range []string{"", "{}", "null", `{"files":{}}`, "{", `{"files":3}`} {
		writeNew(t, path, text)
		if Begin(dir, []string{"./..."}).UpToDate() {
			t.Errorf("up to date by the record %q", text)
		}
	}
}

// Records that no run replaces are removed after a while.
func TestTrim(t *testing.T) {
	dir := newTree(t)
	path := Begin(dir, []string{"./..."}).path
	stray := filepath.Join(filepath.Dir(path), "stray")
	writeOld(t, stray, "")
	record(dir)
	if _, err := os.Stat(stray); !os.IsNotExist(err) {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
