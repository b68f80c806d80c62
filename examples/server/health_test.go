package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
)

// A process is ready once its views show what the log held when it started, dead letters or not,
// and until it ends.
func TestReadiness(t *testing.T) {
	s := newSite(t)
	for _, id := range []string{"none", "neither"} {
		if _, err := s.app.Publish.TaskDone(t.Context(), tasks.TaskDone{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	s.do("GET", "/livez", "", 200, nil)
	s.do("GET", "/readyz", "", 503, nil)
	s.run()
	s.ready()
	s.end()
	s.do("GET", "/readyz", "", 503, nil)
	s.do("GET", "/livez", "", 200, nil)
}

// ready waits until the site is ready.
func (s *site) ready() {
	s.t.Helper()
	for limit := time.Now().Add(time.Minute); ; {
		status, text := s.ask("/readyz", "")
		if status == http.StatusOK {
			return
		}
		if time.Now().After(limit) {
			s.t.Fatalf("not ready within a minute: %s", text)
		}
		time.Sleep(time.Millisecond)
	}
}

// ask reads a page as the user operator with a password.
func (s *site) ask(path, password string) (status int, text string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.SetBasicAuth("operator", password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// The inspector lets in who knows the password.
func TestInspector(t *testing.T) {
	t.Setenv("INSPECTOR_PASSWORD", "secret")
	s := newSite(t).run()
	added := s.add("water", "ada")
	if status, _ := s.ask("/inspect/", "guess"); status != http.StatusUnauthorized {
		t.Errorf("a wrong password: status %d", status)
	}
	for path, want := range map[string]string{
		"/inspect/":                      "task.added",
		"/inspect/rows?collection=tasks": added.ID,
		"/inspect/row.json?collection=tasks&key=" + added.ID: `"water"`,
	} {
		if status, text := s.ask(path, "secret"); status != http.StatusOK ||
			!strings.Contains(text, want) {
			t.Errorf("%s: %d, lacks %s: %s", path, status, want, text)
		}
	}
}
