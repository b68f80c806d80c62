package brookhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
)

// statuses is an app of which a test says what its status is.
type statuses struct{ now brook.Status }

func (s *statuses) Status() brook.Status { return s.now }

// behind returns a status of an app that is behind by records and a time.
func behind(state brook.State, records int64, d time.Duration) brook.Status {
	return brook.Status{State: state, Since: time.Now(), Partitions: []brook.PartitionStatus{
		{Topic: "a", Next: 10, End: 10 + records, Behind: d},
		{Topic: "a", Partition: 1, Next: 5, End: 5},
	}}
}

func ask(t *testing.T, h http.Handler, method, target string, header ...string,
) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Each state, for an app that was never ready and for one that was.
func TestReadyByState(t *testing.T) {
	for _, c := range []struct {
		state       brook.State
		first, then int
	}{
		{brook.StateStarting, 503, 503},
		{brook.StateCatchingUp, 503, 200},
		{brook.StateLive, 200, 200},
		{brook.StateWaitingForStore, 503, 503},
		{brook.StateWaitingForLog, 503, 200},
		{brook.StatePaused, 503, 200},
		{brook.StateStopped, 503, 503},
		{"a state of another version", 503, 503},
	} {
		app := &statuses{behind(c.state, 7, time.Second)}
		h := brookhttp.Health(app)
		if w := ask(t, h, "GET", "/readyz"); w.Code != c.first ||
			w.Code != 200 && !strings.Contains(w.Body.String(), string(c.state)) {
			t.Errorf("%s: %d %s, want %d", c.state, w.Code, w.Body, c.first)
		}
		app.now = behind(brook.StateLive, 0, 0)
		if w := ask(t, h, "GET", "/readyz"); w.Code != 200 || w.Body.String() != "ok\n" {
			t.Errorf("live: %d %s", w.Code, w.Body)
		}
		app.now = behind(c.state, 7, time.Second)
		if w := ask(t, h, "GET", "/readyz"); w.Code != c.then {
			t.Errorf("%s after live: %d %s, want %d", c.state, w.Code, w.Body, c.then)
		}
	}
}

// An app that was live once is ready while it is paused, also if nobody asked when it was live; with
// bounds it is ready within them, and not before it knows how far it is.
func TestReadyThoughNobodyAsked(t *testing.T) {
	never, once := behind(brook.StatePaused, 7, time.Second), behind(brook.StatePaused, 7, time.Second)
	once.FirstLive = time.Now()
	unknown := brook.Status{State: brook.StatePaused}
	for _, c := range []struct {
		name    string
		status  brook.Status
		options []brookhttp.HealthOption
		want    int
	}{
		{"never live", never, nil, 503},
		{"live once", once, nil, 200},
		{"within a bound", never, []brookhttp.HealthOption{brookhttp.MaxLag(10)}, 200},
		{"beyond a bound", once, []brookhttp.HealthOption{brookhttp.MaxLag(5)}, 503},
		{"not known", unknown, []brookhttp.HealthOption{brookhttp.MaxLag(10)}, 503},
	} {
		h := brookhttp.Health(&statuses{c.status}, c.options...)
		for range 2 {
			if w := ask(t, h, "GET", "/readyz"); w.Code != c.want {
				t.Errorf("%s: %d %s, want %d", c.name, w.Code, w.Body, c.want)
			}
		}
	}
}

func TestReadyWithinBounds(t *testing.T) {
	old := behind(brook.StateWaitingForLog, 0, 0)
	old.Since = time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name    string
		status  brook.Status
		options []brookhttp.HealthOption
		want    int
		says    string
	}{
		{"few records", behind(brook.StateCatchingUp, 10, 0),
			[]brookhttp.HealthOption{brookhttp.MaxLag(10)}, 200, "ok"},
		{"many records", behind(brook.StateLive, 11, 0),
			[]brookhttp.HealthOption{brookhttp.MaxLag(10)}, 503, "11 records to go, and at most 10"},
		{"none allowed", behind(brook.StateLive, 1, 0),
			[]brookhttp.HealthOption{brookhttp.MaxLag(0)}, 503, "1 records to go"},
		{"a short time", behind(brook.StateCatchingUp, 10_000, time.Second),
			[]brookhttp.HealthOption{brookhttp.MaxBehind(time.Second)}, 200, "ok"},
		{"a long time", behind(brook.StateLive, 1, 2*time.Second),
			[]brookhttp.HealthOption{brookhttp.MaxBehind(time.Second)}, 503, "2s behind"},
		{"one of two", behind(brook.StateLive, 1, 2*time.Second),
			[]brookhttp.HealthOption{brookhttp.MaxLag(5), brookhttp.MaxBehind(time.Second)}, 503,
			"2s behind"},
		{"no log for long", old, []brookhttp.HealthOption{brookhttp.MaxBehind(time.Minute)}, 503,
			"waiting for the log for 1h0m0s"},
		{"starting", behind(brook.StateStarting, 0, 0),
			[]brookhttp.HealthOption{brookhttp.MaxLag(10)}, 503, "starting"},
		{"no store", behind(brook.StateWaitingForStore, 0, 0),
			[]brookhttp.HealthOption{brookhttp.MaxLag(10)}, 503, "waiting for the store"},
	} {
		app := &statuses{behind(brook.StateLive, 0, 0)}
		h := brookhttp.Health(app, c.options...)
		ask(t, h, "GET", "/readyz")
		app.now = c.status
		w := ask(t, h, "GET", "/readyz")
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s, want %d that says %q", c.name, w.Code, w.Body, c.want, c.says)
		}
	}
}

// A process whose store or log fails is not to be restarted for that.
func TestLive(t *testing.T) {
	failed := behind(brook.StateStopped, 0, 0)
	failed.Reason = "the log at secret-host:9092 is another one"
	for _, state := range []brook.State{
		brook.StateStarting, brook.StateCatchingUp, brook.StateLive, brook.StateWaitingForStore,
		brook.StateWaitingForLog, brook.StatePaused, brook.StateStopped,
	} {
		status := behind(state, 1, 0)
		if state != brook.StateStopped {
			status.Reason = "secret-host refuses"
		}
		w := ask(t, brookhttp.Health(&statuses{status}), "GET", "/livez")
		if w.Code != 200 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", state, w.Code, w.Body)
		}
	}
	w := ask(t, brookhttp.Health(&statuses{failed}), "GET", "/livez")
	if w.Code != 503 || w.Body.String() != "stopped by an error\n" {
		t.Errorf("Run ended with an error: %d %s", w.Code, w.Body)
	}
}

func TestHealthAsJSON(t *testing.T) {
	app := &statuses{behind(brook.StateCatchingUp, 7, 1500*time.Millisecond)}
	app.now.Reason = "secret-host refuses"
	for path, ok := range map[string]bool{"/livez": true, "/in/some/place/readyz": false} {
		w := ask(t, brookhttp.Health(app), "GET", path, "Accept", "text/html, application/json")
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["ok"] != ok || got["state"] != "catching up" || got["lag"] != 7.0 ||
			got["behind_seconds"] != 1.5 || (got["reason"] == nil) != ok || got["since"] == nil {
			t.Errorf("%s: %v", path, got)
		}
		if w.Header().Get("Content-Type") != "application/json" ||
			w.Header().Get("Cache-Control") != "no-store" || (w.Code == 200) != ok {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s shows the text of an error: %s", path, w.Body)
		}
	}
}

func TestHealthRefuses(t *testing.T) {
	h := brookhttp.Health(&statuses{behind(brook.StateLive, 0, 0)})
	if w := ask(t, h, "GET", "/elsewhere"); w.Code != 404 {
		t.Errorf("another path: %d", w.Code)
	}
	if w := ask(t, h, "POST", "/readyz"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
	if w := ask(t, h, "HEAD", "/readyz"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	for name, f := range map[string]func(){
		"MaxLag":    func() { brookhttp.MaxLag(-1) },
		"MaxBehind": func() { brookhttp.MaxBehind(0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s takes a bound that is none", name)
				}
			}()
			f()
		}()
	}
}
