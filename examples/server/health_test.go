package main

import (
	"testing"

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
