package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
)

// updates are changes of tasks as a view gives them.
type updates = iter.Seq2[brook.Update[string, tasks.Task], error]

// writeTimeout is how long a client may take to receive an event of a stream.
const writeTimeout = 10 * time.Second

// changes streams every change from now on. A page that shows all tasks opens the stream first and
// reads them then.
func (s *server) changes(w http.ResponseWriter, r *http.Request) {
	s.stream(w, r, s.app.Views.Tasks.Changes)
}

// watch streams one task: as it is, and again after every change.
func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	s.stream(w, r, func(ctx context.Context) updates {
		return s.app.Views.Tasks.Watch(ctx, r.PathValue("id"))
	})
}

// stream sends updates as Server-Sent Events until the client is gone or the server ends. A client
// that was too slow for some of them is told with the event "missed", and reads anew what it shows.
func (s *server) stream(
	w http.ResponseWriter, r *http.Request, open func(context.Context) updates,
) {
	ctx, cancel := context.WithCancel(r.Context())
	events := make(chan string)
	go func(updates updates) {
		defer close(events)
		for u, err := range updates {
			if err != nil { // the app is closed
				return
			}
			select {
			case events <- event(u):
			case <-ctx.Done():
				return
			}
		}
	}(open(ctx)) // it misses nothing from here on
	defer func() {
		cancel()
		for range events { // the goroutine has ended then
		}
	}()

	out := http.NewResponseController(w)
	defer func() { _ = out.SetWriteDeadline(time.Time{}) }()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	send := func(text string) bool {
		// Without a deadline a client that reads nothing would hold on for ever.
		_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := fmt.Fprint(w, text)
		return err == nil && out.Flush() == nil
	}
	ticks := time.NewTicker(s.ping)
	defer ticks.Stop()
	for text, on := ": open\n\n", true; on && send(text); {
		select {
		case text, on = <-events:
		case <-ticks.C:
			text = ": ping\n\n" // a comment; proxies cut what is silent for long
		case <-s.ending:
			on = false
		case <-ctx.Done():
			on = false
		}
	}
}

// event returns an update as text of Server-Sent Events.
func event(u brook.Update[string, tasks.Task]) (text string) {
	if u.Missed {
		text = "event: missed\ndata: {}\n\n"
	}
	if u.Present {
		data, _ := json.Marshal(u.Value) // of strings and times that came as JSON
		text += "event: task\ndata: " + string(data) + "\n\n"
	} else if u.Key != "" { // there is none, or it was removed
		data, _ := json.Marshal(map[string]string{"id": u.Key})
		text += "event: gone\ndata: " + string(data) + "\n\n"
	}
	return text
}
