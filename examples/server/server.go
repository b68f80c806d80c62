package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
)

// server answers requests from the views of an app.
type server struct {
	app       *tasks.App
	log       *slog.Logger
	mux       *http.ServeMux
	inspector *brookhttp.Inspection
	ending    chan struct{} // closed by end
	patience  time.Duration // how long a write waits until the views show it
	ping      time.Duration // how often a stream without changes shows that it is alive
}

func newServer(app *tasks.App, log *slog.Logger) *server {
	s := &server{
		app: app, log: log, mux: http.NewServeMux(), ending: make(chan struct{}),
		patience: 5 * time.Second, ping: 15 * time.Second,
	}
	s.operate()
	s.mux.HandleFunc("GET /tasks", s.answer(s.list))
	s.mux.HandleFunc("POST /tasks", s.answer(s.add))
	s.mux.HandleFunc("GET /tasks/{id}", s.answer(s.get))
	s.mux.HandleFunc("POST /tasks/{id}/done", s.answer(s.done))
	s.mux.HandleFunc("GET /tasks/{id}/changes", s.watch)
	s.mux.HandleFunc("GET /changes", s.changes)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// end makes the server say that it is not ready any more, and ends all streams. It is called once.
func (s *server) end() { close(s.ending) }

// close ends what the inspector does by itself. It is called before the app is closed.
func (s *server) close() error { return s.inspector.Close() }

// errBadRequest is wrapped by errors that are the client's.
var errBadRequest = errors.New("bad request")

func badRequest(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errBadRequest}, args...)...)
}

// An action returns a status and what is to be sent as JSON.
type action func(http.ResponseWriter, *http.Request) (status int, body any, err error)

// answer makes a handler of an action.
func (s *server) answer(f action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body, err := f(w, r)
		if err != nil {
			status = statusOf(err)
			body = map[string]string{"error": err.Error()}
			if status >= http.StatusInternalServerError && r.Context().Err() == nil {
				s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
				// What went wrong inside is not for clients.
				body = map[string]string{"error": http.StatusText(status)}
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // an error is the client's, who is gone
	}
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, errBadRequest):
		return http.StatusBadRequest
	case errors.Is(err, brook.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, brook.ErrDeadLetter): // the event is in the log, and can't be applied
		return http.StatusConflict
	}
	return http.StatusServiceUnavailable
}

// published waits until the views show what was published at pos, and answers with the task as it
// is then. If that takes too long, the answer is that the event is accepted: it is in the log, and
// will be applied.
func (s *server) published(
	w http.ResponseWriter, r *http.Request, id string, pos brook.Position, status int,
) (int, any, error) {
	w.Header().Set("Location", "/tasks/"+id)
	ctx, cancel := context.WithTimeout(r.Context(), s.patience)
	defer cancel()
	err := s.app.WaitFor(ctx, pos)
	if errors.Is(err, context.DeadlineExceeded) {
		return http.StatusAccepted, map[string]string{"id": id}, nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("task %s: %w", id, err)
	}
	task, err := s.app.Views.WithContext(r.Context()).Tasks.Get(id)
	return status, task, err
}
