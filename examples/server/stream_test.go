package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
)

// events opens a stream and returns what reads its next event, "" at its end. Comments are passed
// over but for pings.
func (s *site) events(path string) func() string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		s.t.Fatalf("%s: content type %q", path, kind)
	}
	lines := bufio.NewScanner(response.Body)
	return func() string {
		var text []string
		for lines.Scan() {
			switch line := lines.Text(); {
			case line == "" && len(text) > 0:
				return strings.Join(text, " ")
			case line != "" && line != ": open":
				text = append(text, line)
			}
		}
		return ""
	}
}

func TestStreams(t *testing.T) {
	s := newSite(t).run()
	absent := s.events("/tasks/none/changes")
	if got := absent(); got != `event: gone data: {"id":"none"}` {
		t.Errorf("no task: %q", got)
	}
	all := s.events("/changes")
	task := s.add("water", "ada")
	want, _ := json.Marshal(task)
	if got := all(); got != "event: task data: "+string(want) {
		t.Errorf("all: %q, want %s", got, want)
	}
	one := s.events("/tasks/" + task.ID + "/changes")
	if got := one(); got != "event: task data: "+string(want) {
		t.Errorf("one: %q, want %s", got, want)
	}
	s.do("POST", "/tasks/"+task.ID+"/done", "", http.StatusOK, &task)
	want, _ = json.Marshal(task)
	for name, next := range map[string]func() string{"all": all, "one": one} {
		if got := next(); got != "event: task data: "+string(want) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	s.end()
	for name, next := range map[string]func() string{"all": all, "one": one, "absent": absent} {
		if got := next(); got != "" {
			t.Errorf("%s: %q after the end", name, got)
		}
	}
}

// A stream shows that it is alive, and ends with the app.
func TestSilentStream(t *testing.T) {
	s := newSite(t)
	s.ping = time.Millisecond
	next := s.events("/changes")
	for range 2 {
		if got := next(); got != ": ping" {
			t.Errorf("%q, want a ping", got)
		}
	}
	if err := s.app.Close(); err != nil {
		t.Fatal(err)
	}
	for next() != "" {
	}
}

func TestEventsOfUpdates(t *testing.T) {
	for want, u := range map[string]brook.Update[string, tasks.Task]{
		"event: missed\ndata: {}\n\n": {Missed: true}, // after a rebuild
		"event: missed\ndata: {}\n\nevent: gone\ndata: {\"id\":\"a\"}\n\n": {Missed: true,
			Key: "a"},
	} {
		if got := event(u); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
}
