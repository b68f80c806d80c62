// Package checkout is for tests that run the go command in modules of their own, which use this
// checkout of brook. They get along on a fresh machine, and with its settings: what such a module
// needs is downloaded first, and then nothing else is.
package checkout

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/modfile"
)

const module = "github.com/brookgen/brookgen"

// Root returns the top folder of the checkout that the test runs in.
func Root(t testing.TB) string {
	t.Helper()
	root, err := top()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func top() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if mod, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil &&
			modfile.ModulePath(mod) == module {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no go.mod of %s above the test", module)
		}
		dir = filepath.Dir(dir)
	}
}

// Settings returns the variables for go in a module that uses the checkout. Modules come out of the
// module cache alone, and what the machine's settings say about other modules (GOFLAGS=-modfile=…,
// a workspace) does not reach it. The first call downloads what go.mod requires, if it is not
// there.
func Settings(t testing.TB) map[string]string {
	t.Helper()
	settings, err := prepare()
	if err != nil {
		t.Fatal(err)
	}
	return maps.Clone(settings)
}

// Env returns the environment of the test with Settings.
func Env(t testing.TB) []string {
	t.Helper()
	env := os.Environ()
	for name, value := range Settings(t) {
		env = append(env, name+"="+value)
	}
	return env
}

var prepare = sync.OnceValues(func() (map[string]string, error) {
	root, err := top()
	if err != nil {
		return nil, err
	}
	settings := map[string]string{"GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off"}
	run := func(args ...string) (string, error) {
		cmd := exec.Command("go", args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		out, err := cmd.Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
		}
		return strings.TrimSpace(string(out)), err
	}
	if _, err := run("mod", "download"); err != nil {
		return nil, fmt.Errorf("the module cache lacks what tests need, and \"go mod download\" does not get it: %w", err)
	}
	cache, err := run("env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	settings["GOPROXY"] = fileURL(filepath.Join(cache, "cache", "download"))
	settings["GONOPROXY"], settings["GONOSUMDB"] = "none", "*"
	return settings, nil
})

// fileURL returns the URL of a folder, for GOPROXY, where a comma or a bar separates URLs.
func fileURL(dir string) string {
	dir = filepath.ToSlash(dir)
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir // C:/…
	}
	u := url.URL{Scheme: "file", Path: dir}
	return strings.NewReplacer(",", "%2C", "|", "%7C").Replace(u.String())
}

// Module returns go.mod and go.sum of a module that uses the checkout. What brook requires is
// required there too, so that go asks for nothing.
func Module(t testing.TB, path string) map[string][]byte {
	t.Helper()
	root := Root(t)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(mod), "\nrequire ")
	text := "module " + path + "\n\ngo 1.26\n\nrequire " + module + " v0.0.0\n\nrequire " +
		requires + "\nreplace " + module + " => " +
		modfile.AutoQuote(filepath.ToSlash(root)) + "\n"
	return map[string][]byte{"go.mod": []byte(text), "go.sum": sum}
}
