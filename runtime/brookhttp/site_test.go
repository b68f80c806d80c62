package brookhttp_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/brookgen/brookgen/runtime/brookhttp"
)

// site is an inspector below a path, with what it logs.
type site struct {
	t *testing.T
	*brookhttp.Inspection
	handler http.Handler
	log     *lines
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// prefix is where the inspector of a test is mounted.
const prefix = "/admin/inspect"

func anybody(*http.Request, brookhttp.Action) error { return nil }

// newSite mounts an inspector of an app, which allow guards.
func newSite(t *testing.T, app brookhttp.App, allow func(*http.Request, brookhttp.Action) error,
) *site {
	t.Helper()
	log := &lines{}
	i := brookhttp.Inspector(app, brookhttp.Options{
		Allow: allow, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{t, i, http.StripPrefix(prefix, i), log}
}

// get asks for a page.
func (s *site) get(page string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(httptest.NewRequestWithContext(s.t.Context(), "GET", prefix+"/"+page, nil))
}

// post sends a form as a page of the site does.
func (s *site) post(page, form string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do(s.form(page, form))
}

func (s *site) form(page, form string) *http.Request {
	kind := "application/x-www-form-urlencoded"
	if strings.HasSuffix(page, ".json") {
		kind = "application/json"
	}
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", prefix+"/"+page,
		strings.NewReader(form))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "http://example.com")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// want asks for a page that has to have a status and texts.
func (s *site) want(page string, status int, texts ...string) string {
	s.t.Helper()
	w := s.get(page)
	body := w.Body.String()
	if w.Code != status {
		s.t.Errorf("%s: %d, want %d: %s", page, w.Code, status, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			s.t.Errorf("%s does not have %q:\n%s", page, text, body)
		}
	}
	return body
}

// readable are the pages that are read, with queries by which they show all that they can.
var readable = []string{
	"", "collections", "rows?collection=c&after=x", "rows?collection=c&index=F&value=v",
	"row?collection=c&key=k", "letters?type=t&key=", "letter?id=i", "jobs", "timers", "parked",
	"rebuild",
}

func escape(s string) string { return url.QueryEscape(s) }
