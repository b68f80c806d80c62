package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
)

func TestAWriteIsReadAtOnce(t *testing.T) {
	s := newSite(t).run()
	var added, got, done, again tasks.Task
	location := s.do("POST", "/tasks", `{"title":"water","owner":"ada"}`, http.StatusCreated,
		&added)
	if added.Title != "water" || added.Owner != "ada" || added.Added.IsZero() ||
		!added.Done.IsZero() {
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
