package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// site is a server with a client.
type site struct {
	*server
	t      *testing.T
	url    string
	driver *memdriver.Driver
}

// newSite starts a server, whose app does not run yet.
func newSite(t *testing.T) *site {
	t.Helper()
	driver := memdriver.New()
	app, err := tasks.NewApp(brook.Config{
		Author: "tasks", Driver: driver, Store: mapstore.New(), Log: slog.New(slog.DiscardHandler),
	}, tasks.Board{})
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(app, slog.New(slog.DiscardHandler))
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{s, t, h.URL, driver}
}

// run runs the app until the test ends.
func (s *site) run() *site {
	ctx, stop := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.app.Run(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	return s
}

// do sends a request, wants a status, and reads the answer into result. It returns the header
// Location.
func (s *site) do(method, path, body string, status int, result any) (location string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode != status {
		s.t.Fatalf("%s %s: %s, want %d: %s", method, path, response.Status, status, text)
	}
	if result != nil {
		if err := json.Unmarshal(text, result); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return response.Header.Get("Location")
}

func (s *site) add(title, owner string) (t tasks.Task) {
	s.t.Helper()
	s.do("POST", "/tasks", fmt.Sprintf(`{"title":%q,"owner":%q}`, title, owner), http.StatusCreated, &t)
	return t
}

func TestAWriteIsReadAtOnce(t *testing.T) {
	s := newSite(t).run()
	var added, got, done, again tasks.Task
	location := s.do("POST", "/tasks", `{"title":"water","owner":"ada"}`, http.StatusCreated, &added)
	if added.Title != "water" || added.Owner != "ada" || added.Added.IsZero() || !added.Done.IsZero() {
		t.Errorf("added %+v", added)
	}
	s.do("GET", location, "", http.StatusOK, &got)
	if got != added {
		t.Errorf("got %+v, want %+v", got, added)
	}
	s.do("POST", "/tasks/"+added.ID+"/done", "", http.StatusOK, &done)
	if done.Done.IsZero() {
		t.Errorf("done %+v", done)
	}
	s.do("POST", "/tasks/"+added.ID+"/done", "", http.StatusOK, &again)
	if again != done {
		t.Errorf("done twice: %+v, want %+v", again, done)
	}
}

// A write that the views do not show in time is accepted: it is in the log.
func TestAWriteThatTakesLongIsAccepted(t *testing.T) {
	s := newSite(t) // nothing folds yet
	s.patience = time.Millisecond
	var accepted struct{ ID string }
	location := s.do("POST", "/tasks", `{"title":"water"}`, http.StatusAccepted, &accepted)
	s.do("GET", "/tasks/"+accepted.ID, "", http.StatusNotFound, nil)
	if err := s.app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.do("GET", location, "", http.StatusOK, nil)
}

func TestPages(t *testing.T) {
	s := newSite(t).run()
	var all []string
	add := func(n int) {
		for range n {
			id := fmt.Sprintf("t%02d", len(all))
			owner := []string{"ada", "bob"}[len(all)%2]
			task := tasks.TaskAdded{ID: id, Title: "water", Owner: owner}
			pos, err := s.app.Publish.TaskAdded(t.Context(), task)
			if err == nil {
				err = s.app.WaitFor(t.Context(), pos)
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
	}
	add(7)
	read := func(query string, between func()) (ids []string, pages int) {
		for after := ""; ; pages++ {
			var p page
			s.do("GET", "/tasks?limit=3&after="+after+query, "", http.StatusOK, &p)
			for _, task := range p.Tasks {
				ids = append(ids, task.ID)
			}
			if after = p.Next; after == "" {
				return ids, pages + 1
			}
			between()
		}
	}
	if ids, pages := read("", func() {}); fmt.Sprint(ids) != fmt.Sprint(all) || pages != 3 {
		t.Errorf("%d pages: %v, want %v", pages, ids, all)
	}
	if ids, pages := read("&owner=ada", func() {}); len(ids) != 4 || pages != 2 {
		t.Errorf("ada's: %d pages: %v", pages, ids)
	}
	once := true
	ids, pages := read("", func() {
		if once {
			add(2)
		}
		once = false
	})
	if fmt.Sprint(ids) != fmt.Sprint(all) || pages != 3 {
		t.Errorf("added between pages: %d pages: %v, want %v", pages, ids, all)
	}
	var p page
	if s.do("GET", "/tasks?after=zzz", "", http.StatusOK, &p); p.Tasks == nil || len(p.Tasks) != 0 {
		t.Errorf("past the end: %+v", p)
	}
}

func TestRefusals(t *testing.T) {
	s := newSite(t).run()
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/tasks", `{"title":`, 400, "title"},
		{"POST", "/tasks", `{"titel":"water"}`, 400, "titel"},
		{"POST", "/tasks", `{"title":" "}`, 400, "title is missing"},
		{"POST", "/tasks", `{"title":"` + strings.Repeat("a", 70_000) + `"}`, 400, "too large"},
		{"GET", "/tasks?limit=0", "", 400, "limit"},
		{"GET", "/tasks?limit=201", "", 400, "limit"},
		{"GET", "/tasks?limit=all", "", 400, "limit"},
		{"GET", "/tasks/none", "", 404, "none"},
		{"POST", "/tasks/none/done", "", 404, "none"},
	} {
		var got struct{ Error string }
		if s.do(c.method, c.path, c.body, c.status, &got); !strings.Contains(got.Error, c.says) {
			t.Errorf("%s %s: %q does not say %q", c.method, c.path, got.Error, c.says)
		}
	}
	s.do("DELETE", "/tasks", "", 405, nil)
	s.do("GET", "/nothing", "", 404, nil)

	// What somebody else published may fail.
	pos, err := s.app.Publish.TaskDone(t.Context(), tasks.TaskDone{ID: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.app.WaitFor(t.Context(), pos); statusOf(err) != http.StatusConflict {
		t.Errorf("a dead letter has status %d: %v", statusOf(err), err)
	}
	// What goes wrong inside is not for clients.
	if err := s.app.Close(); err != nil {
		t.Fatal(err)
	}
	var got struct{ Error string }
	if s.do("POST", "/tasks", `{"title":"water"}`, 503, &got); got.Error != "Service Unavailable" {
		t.Errorf("a closed app: %q", got.Error)
	}
}

// A process is ready once its views show what the log held when it started, dead letters or not,
// and until it ends.
func TestReadiness(t *testing.T) {
	s := newSite(t)
	for _, id := range []string{"none", "neither"} {
		if _, err := s.app.Publish.TaskDone(t.Context(), tasks.TaskDone{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	ready := make(chan bool)
	go func() {
		s.becomeReady(t.Context(), s.driver, "tasks")
		close(ready)
	}()
	s.do("GET", "/livez", "", 200, nil)
	s.do("GET", "/readyz", "", 503, nil)
	s.run()
	<-ready
	s.do("GET", "/readyz", "", 200, nil)
	s.end()
	s.do("GET", "/readyz", "", 503, nil)
	s.do("GET", "/livez", "", 200, nil)
}

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
		"event: missed\ndata: {}\n\n":                                      {Missed: true}, // after a rebuild
		"event: missed\ndata: {}\n\nevent: gone\ndata: {\"id\":\"a\"}\n\n": {Missed: true, Key: "a"},
	} {
		if got := event(u); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
}
