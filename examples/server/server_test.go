package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
		if err := errors.Join(s.close(), app.Close()); err != nil {
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
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path,
		strings.NewReader(body))
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
	s.do("POST", "/tasks", fmt.Sprintf(`{"title":%q,"owner":%q}`, title, owner), http.StatusCreated,
		&t)
	return t
}
