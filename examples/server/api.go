package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
)

// page is a part of the tasks, in the order of their IDs, which is that of time.
type page struct {
	Tasks []tasks.Task `json:"tasks"`
	Next  string       `json:"next,omitempty"` // what to ask for as after, if there are more
}

const (
	usualPage   = 50
	largestPage = 200
)

// list answers with a page. A page begins after a key and not at a number: so nothing is shown
// twice or left out if tasks are added between two requests, and the last page costs as much as the
// first one.
func (s *server) list(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	query := r.URL.Query()
	limit := usualPage
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > largestPage {
			return 0, nil, badRequest("limit is %q, and has to be a number from 1 to %d", text,
				largestPage)
		}
		limit = n
	}
	after, view := query.Get("after"), s.app.Views.WithContext(r.Context()).Tasks
	rows := view.Range(after+"\x00", "\xff") // the least string above after; no ID begins with 0xff
	if owner := query.Get("owner"); owner != "" {
		rows = view.OwnerIndex().All(owner)
	}
	p := page{Tasks: []tasks.Task{}}
	for row, err := range rows {
		if err != nil {
			return 0, nil, err
		}
		if row.Key <= after { // an index is read from its beginning
			continue
		}
		if len(p.Tasks) == limit {
			p.Next = p.Tasks[limit-1].ID
			break
		}
		p.Tasks = append(p.Tasks, row.Value)
	}
	return http.StatusOK, p, nil
}

func (s *server) get(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	task, err := s.app.Views.WithContext(r.Context()).Tasks.Get(r.PathValue("id"))
	return http.StatusOK, task, err
}

// add publishes a task and answers with its row.
func (s *server) add(w http.ResponseWriter, r *http.Request) (int, any, error) {
	var body struct{ Title, Owner string }
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		return 0, nil, badRequest(`the body has to be like {"title": "…", "owner": "…"}: %v`, err)
	}
	if strings.TrimSpace(body.Title) == "" {
		return 0, nil, badRequest("title is missing")
	}
	id := fmt.Sprintf("%013d-%s", time.Now().UnixMilli(), strings.ToLower(rand.Text()[:8]))
	task := tasks.TaskAdded{ID: id, Title: body.Title, Owner: body.Owner}
	pos, err := s.app.Publish.TaskAdded(r.Context(), task)
	if err != nil {
		return 0, nil, err
	}
	return s.published(w, r, id, pos, http.StatusCreated)
}

// done publishes that a task is done. What can't be is refused before it is in the log.
func (s *server) done(w http.ResponseWriter, r *http.Request) (int, any, error) {
	id := r.PathValue("id")
	task, err := s.app.Views.WithContext(r.Context()).Tasks.Get(id)
	if err != nil {
		return 0, nil, err
	}
	if !task.Done.IsZero() { // done twice is done
		return http.StatusOK, task, nil
	}
	pos, err := s.app.Publish.TaskDone(r.Context(), tasks.TaskDone{ID: id})
	if err != nil {
		return 0, nil, err
	}
	return s.published(w, r, id, pos, http.StatusOK)
}
