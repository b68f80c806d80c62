package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/brookgen/brookgen/internal/checkout"
)

func TestMain(m *testing.M) {
	// Tests that want records of runs name a folder of their own.
	if os.Getenv("BROOKGENCACHE") == "" {
		if err := os.Setenv("BROOKGENCACHE", "off"); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"brookgen": main})
}

// TestScripts runs the scripts of testdata/script.
func TestScripts(t *testing.T) {
	const dir = "../../testdata/script"
	if found, err := filepath.Glob(dir + "/*.txtar"); err != nil || len(found) == 0 {
		t.Fatal("no scripts:", err)
	}
	goEnv := checkout.Settings(t)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOTOOLCHAIN", "GOROOT"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		goEnv[name] = strings.TrimSpace(string(out))
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			for name, value := range goEnv {
				env.Setenv(name, value)
			}
			env.Setenv("BROOK", checkout.Root(t))
			env.Setenv("BROOKGENCACHE", "off")
			env.Values[testKey{}] = t
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"module":  makeModule,
			"status":  wantStatus,
			"age":     age,
			"aged":    aged,
			"replace": replace,
			"crlf":    crlf,
			"mode":    wantMode,
		},
	})
}

// testKey is where scripts have their test.
type testKey struct{}

// module PATH makes the folder a module that uses this checkout.
func makeModule(ts *testscript.TestScript, _ bool, args []string) {
	for name, data := range checkout.Module(ts.Value(testKey{}).(*testing.T), args[0]) {
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o644))
	}
}

// status N COMMAND ARGS wants a command to end with status N.
func wantStatus(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if exit, ok := err.(*exec.ExitError); ok {
		status = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("status %d", status)
	}
}

var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// age FILES sets the files' times back.
func age(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.Chtimes(ts.MkAbs(name), longAgo, longAgo))
	}
}

// aged FILES wants files that nobody wrote since age.
func aged(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if !info.ModTime().Equal(longAgo) {
			ts.Fatalf("%s was written", name)
		}
	}
}

// replace OLD NEW FILE changes text in a file.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[2])
	data, err := os.ReadFile(path)
	ts.Check(err)
	if !bytes.Contains(data, []byte(args[0])) {
		ts.Fatalf("%s does not hold %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(path, bytes.ReplaceAll(data, []byte(args[0]), []byte(args[1])), 0o644))
}

// crlf FILE gives a file the line endings of Windows.
func crlf(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), 0o644))
}

// mode OCTAL FILE wants a file's permissions.
func wantMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}
