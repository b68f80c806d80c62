package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
)

// The commands of docs/inspector.md print what it says that they print.
func TestInspectorByCurl(t *testing.T) {
	for _, name := range []string{"sh", "curl", "grep"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("SKIPPED: there is no %s, so docs/inspector.md is NOT tested", name)
		}
	}
	page, err := os.ReadFile("../../docs/inspector.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "examples/server runs it -->\n```sh\n")
	commands, rest, ended := strings.Cut(rest, "```\n\n<!-- text -->\n```\n")
	want, _, whole := strings.Cut(rest, "```\n")
	if !found || !ended || !whole {
		t.Fatal("docs/inspector.md has no commands with what they print")
	}

	t.Setenv("INSPECTOR_PASSWORD", "secret")
	s := newSite(t).run()
	s.add("water", "ada")
	pos, err := s.app.Publish.TaskDone(t.Context(), tasks.TaskDone{ID: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.WaitFor(t.Context(), pos); !errors.Is(err, brook.ErrDeadLetter) {
		t.Fatalf("the event failed with %v", err)
	}
	s.ready()

	commands = strings.ReplaceAll(commands, "localhost:8080", strings.TrimPrefix(s.url, "http://"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", commands)
	shell.Env = append(os.Environ(), "PASSWORD=secret")
	shell.WaitDelay = time.Second // its children may hold the pipe
	out, err := shell.CombinedOutput()
	if err != nil || string(out) != want {
		t.Errorf("the commands print (%v)\n%sand the page says\n%s", err, out, want)
	}
}
