package brookhttp

import (
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// StatusSource is an app, as far as Health asks it. Generated apps implement it.
type StatusSource interface {
	Status() brook.Status
}

// Health returns a handler that answers on two paths, whatever they begin with:
//
//   - /livez, whether the process is worth keeping: always, unless Run ended with an error. A store
//     or log that fails is no reason to restart a process.
//   - /readyz, whether requests that read the views should come here: once the app has folded what
//     the log held, and until it ends or its store fails. An app that was ready stays so if it
//     falls behind, is paused or loses the log, because its views can be read; [MaxLag] and
//     [MaxBehind] set bounds to that.
//
// The status is 200 for yes and 503 for no. The body is a line of text, or JSON if the request
// accepts application/json. It has numbers and the state and no texts of errors, since anybody may
// ask. The handler reads no store, and is safe for concurrent use.
func Health(app StatusSource, options ...HealthOption) http.Handler {
	h := &health{app: app, now: time.Now}
	for _, option := range options {
		option(&h.readiness)
	}
	return h
}

// health is the handler that Health returns.
type health struct {
	app StatusSource
	now func() time.Time
	readiness
}

// answer is the body of an answer as JSON.
type answer struct {
	OK     bool        `json:"ok"`
	Reason string      `json:"reason,omitempty"` // why not
	State  brook.State `json:"state"`
	Since  time.Time   `json:"since,omitzero"`
	Lag    int64       `json:"lag"`
	Behind float64     `json:"behind_seconds"`
}

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	question := path.Base(r.URL.Path)
	if question != "livez" && question != "readyz" {
		http.Error(w, "not found: ask for /livez or /readyz", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET", http.StatusMethodNotAllowed)
		return
	}
	s := h.app.Status()
	a := answer{State: s.State, Since: s.Since, Lag: s.Lag(), Behind: s.Behind().Seconds()}
	if question == "livez" {
		a.Reason = notAlive(&s)
	} else {
		a.Reason = h.notReady(&s, h.now())
	}
	a.OK = a.Reason == ""
	a.write(w, r)
}

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	if !a.OK {
		status = http.StatusServiceUnavailable
	}
	w.Header().Add("Vary", "Accept")
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		text := "ok"
		if !a.OK {
			text = a.Reason
		}
		_, _ = w.Write([]byte(text + "\n")) // an error is the client's, who is gone
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}

// notAlive returns why the process is not worth keeping, or "".
func notAlive(s *brook.Status) string {
	if s.State == brook.StateStopped && s.Reason != "" {
		return "stopped by an error"
	}
	return ""
}
