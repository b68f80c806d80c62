package brookhttp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// Every page is well formed and shows what there is; empty ones say that there is nothing.
func TestPages(t *testing.T) {
	full := newSite(t, filled("some-text"), anybody)
	app := &fake{}
	app.structure.Collections = []inspect.Collection{
		{Name: "c", Indexes: []inspect.Index{{Field: "F"}}},
	}
	empty := newSite(t, app, anybody)
	for _, page := range readable {
		checkMarkup(t, page, full.want(strings.Replace(page, "=c&", "=some-text&", 1),
			http.StatusOK, "some-text", "<title>"))
		checkMarkup(t, page, empty.want(page, http.StatusOK))
	}
	for page, says := range map[string]string{
		"letters": "There are no dead letters", "letters?type=t": "No dead letter fits",
		"jobs": "No job waits", "timers": "No timer waits", "parked": "No event is parked",
		"rows?collection=c": "no rows", "row?collection=c&key=k": "keeps no history",
		"": "Nothing has failed", "rebuild": "no views yet",
	} {
		empty.want(page, http.StatusOK, says)
	}
	full.want("none", http.StatusNotFound, "there is no page none")
}

// All links of all pages lead somewhere.
func TestLinks(t *testing.T) {
	app := filled("text")
	s := newSite(t, app, anybody)
	href := regexp.MustCompile(`(?:href|src)="([^"#]+)"`)
	seen, next := map[string]bool{}, []string{"./"}
	for len(next) > 0 && len(seen) < 300 {
		at := next[0]
		next = next[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		w := s.get(strings.TrimPrefix(html.UnescapeString(at), "./"))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", at, w.Code, w.Body)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			for _, m := range href.FindAllStringSubmatch(w.Body.String(), -1) {
				next = append(next, m[1])
			}
		}
	}
	for _, want := range []string{"rows?collection=text", "letters", "overview.json", "rebuild"} {
		if !seen[want] {
			t.Errorf("no link leads to %s: %v", want, seen)
		}
	}
}

// The JSON of a page is what the page shows, by the names of package inspect.
func TestJSON(t *testing.T) {
	s := newSite(t, filled("text"), anybody)
	for page, members := range map[string]string{
		"overview.json":    "status events_per_second history flow",
		"collections.json": "collections", "rows.json?collection=text": "rows next query",
		"row.json?collection=text&key=k": "row steps earlier exact whole",
		"letters.json":                   "letters next filter total",
		"letter.json?id=i":               "id position error record behind waiting stack",
		"jobs.json":                      "jobs next total", "timers.json": "timers next total",
		"parked.json": "events next total", "rebuild.json": "here status generations",
	} {
		var got map[string]any
		w := s.get(page)
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v %s", page, err, w.Body)
		}
		for _, name := range strings.Fields(members) {
			if _, ok := got[name]; !ok {
				t.Errorf("%s has no %s: %s", page, name, w.Body)
			}
		}
	}
	var got struct{ Error string }
	w := s.get("none.json")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 404 || got.Error == "" {
		t.Errorf("none.json: %d %s", w.Code, w.Body)
	}
}

// What is empty is an empty list, and not null.
func TestEmptyJSON(t *testing.T) {
	app := &fake{}
	app.structure.Collections = []inspect.Collection{{Name: "c"}}
	s := newSite(t, app, anybody)
	for page, want := range map[string]string{
		"rows.json?collection=c": `"rows": []`, "letters.json": `"letters": []`,
		"jobs.json": `"jobs": []`, "timers.json": `"timers": []`, "parked.json": `"events": []`,
		"rebuild.json": `"generations": []`,
	} {
		s.want(page, http.StatusOK, want)
	}
}

func TestRowQueries(t *testing.T) {
	app := filled("text")
	app.structure.Collections = []inspect.Collection{{Name: "c", Indexes: []inspect.Index{
		{Field: "Open"}, {Field: "Secret", PII: true},
	}}}
	app.rows.Next = "n/e xt"
	s := newSite(t, app, anybody)
	value, none := "a b&c", (*string)(nil)
	for query, want := range map[string]inspect.RowQuery{
		"":                           {},
		"&from=k":                    {From: "k"},
		"&order=newest&limit=7":      {Page: inspect.Page{Reverse: true, Limit: 7}},
		"&after=x":                   {Page: inspect.Page{After: "x"}},
		"&index=Open&value=a+b%26c":  {Index: "Open", Value: &value},
		"&index=Open&value=":         {Index: "Open", Value: none},
		"&index=Open&value=&exact=1": {Index: "Open", Value: new("")},
		"&index=Secret":              {Index: "Secret"},
		"&value=x":                   {},
	} {
		s.want("rows?collection=c"+query, http.StatusOK)
		if got := app.query; fmt.Sprintf("%+v", deref(got)) != fmt.Sprintf("%+v", deref(want)) {
			t.Errorf("%s: %+v, want %+v", query, deref(got), deref(want))
		}
	}
	// The link to the next page asks for the same, behind the cursor.
	body := s.want("rows?collection=c&index=Open&value=a+b%26c&order=newest&limit=7", 200)
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(body)
	if next == nil {
		t.Fatalf("no link to the next page: %s", body)
	}
	s.want(html.UnescapeString(next[1]), http.StatusOK)
	if q := app.query; q.After != "n/e xt" || *q.Value != value || !q.Reverse || q.Limit != 7 {
		t.Errorf("the next page: %+v", q)
	}
	// Values that are masked are in no URL.
	for _, page := range []string{"rows", "rows.json"} {
		s.want(page+"?collection=c&index=Secret&value=x", http.StatusBadRequest, "by POST")
	}
	w := s.post("rows", "collection=c&index=Secret&value=x")
	if body := w.Body.String(); w.Code != 200 || strings.Contains(body, "value=x") ||
		strings.Contains(body, "<b>x</b>") || *app.query.Value != "x" {
		t.Errorf("by POST: %d %s", w.Code, body)
	}
	checkMarkup(t, "rows by POST", w.Body.String())
	w = s.post("rows.json", `{"collection":"c","index":"Secret","value":"y","newest":true}`)
	if w.Code != 200 || *app.query.Value != "y" || !app.query.Reverse {
		t.Errorf("by POST of JSON: %d %s", w.Code, w.Body)
	}
}

type rowQuery struct {
	inspect.Page
	From, Index, Value string
}

func deref(q inspect.RowQuery) rowQuery {
	r := rowQuery{q.Page, q.From, q.Index, "none"}
	if q.Value != nil {
		r.Value = "=" + *q.Value
	}
	return r
}

// A filter comes through links, forms and hidden fields as it is.
func TestLetterFilters(t *testing.T) {
	app := filled("text")
	app.letters.Next = "next/one"
	s := newSite(t, app, anybody)
	hidden := regexp.MustCompile(`name="filter" value="([^"]*)"`)
	key, empty := "a/b c%2F\x00\xff", ""
	for _, want := range []inspect.LetterFilter{
		{Type: "order.placed"}, {Topic: "t", Stage: "handle", Set: "S", Error: `say "no" & <go>`},
		{Key: &key, Tried: true}, {Key: &empty, Type: "a"},
	} {
		query := queryOf(want)
		body := s.want("letters?order=newest&"+query, http.StatusOK)
		same(t, "letters", app.lastFilter(), want)
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(body)
		s.want(html.UnescapeString(next[1]), http.StatusOK)
		same(t, "next page", app.lastFilter(), want)
		if app.paging.After != "next/one" || !app.paging.Reverse {
			t.Errorf("next page: %+v", app.paging)
		}
		filter := html.UnescapeString(hidden.FindStringSubmatch(body)[1])
		for _, page := range []string{"dry-run", "redrive", "drop"} {
			form := "scope=all&filter=" + escape(filter)
			w := s.post(page, form)
			if page == "drop" { // it asks first
				same(t, page, app.lastFilter(), want)
				w = s.post(page, form+"&confirmed=1&seen="+between(w.Body.String(), `name="seen" value="`, `"`))
				want.IDs = []string{"text", "text", "text", "text"} // two on each of two pages
			}
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", page, w.Code, w.Body)
			}
			same(t, page, app.lastFilter(), want)
			want.IDs = nil
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if want.Key == nil || *want.Key != key { // JSON has no such key
			s.post("redrive.json", string(data))
			same(t, "redrive.json", app.lastFilter(), want)
		}
	}
}

func queryOf(f inspect.LetterFilter) string {
	pairs := []string{"topic=" + escape(f.Topic), "type=" + escape(f.Type), "stage=" + f.Stage,
		"set=" + escape(f.Set), "error=" + escape(f.Error)}
	if f.Tried {
		pairs = append(pairs, "tried=1")
	}
	if f.Key != nil {
		pairs = append(pairs, "key="+escape(*f.Key), "exact=1")
	}
	return strings.Join(pairs, "&")
}

func same(t *testing.T, where string, got, want inspect.LetterFilter) {
	t.Helper()
	if g, w := written(got), written(want); g != w {
		t.Errorf("%s: the filter is %s, want %s", where, g, w)
	}
}

func written(f inspect.LetterFilter) string {
	key := "no key"
	if f.Key != nil {
		key = "key " + *f.Key
	}
	f.Key = nil
	return fmt.Sprintf("%+v %q", f, key)
}

// One, many or all letters are redriven; dropping has to be confirmed; both are in the log.
func TestActing(t *testing.T) {
	app := filled("text")
	s := newSite(t, app, anybody)
	w := s.post("redrive", "id=a&id=b&scope=chosen&filter=type%3Dx")
	if got := app.lastFilter(); !slices.Equal(got.IDs, []string{"a", "b"}) || got.Type != "" {
		t.Errorf("redriven: %+v", got)
	}
	if !strings.Contains(w.Body.String(), "2 dead letters applied") {
		t.Errorf("redriven: %s", w.Body)
	}
	checkMarkup(t, "redrive", w.Body.String())
	w = s.post("drop", "id=a&id=b")
	if did := app.changes(); !slices.Equal(did, []string{"redrive"}) {
		t.Errorf("dropped without being asked: %v", did)
	}
	if body := w.Body.String(); !strings.Contains(body, "Drop 2 dead letters?") ||
		!strings.Contains(body, `name="id" value="b"`) {
		t.Errorf("not asked: %s", body)
	}
	checkMarkup(t, "drop", w.Body.String())
	w = s.post("drop", "scope=all&confirmed=1&filter=eror%3Dpanic")
	if did := app.changes(); w.Code != 400 || !slices.Equal(did, []string{"redrive"}) {
		t.Errorf("dropped by a filter that is none: %d %v", w.Code, did)
	}
	s.post("drop", "id=a&id=b&confirmed=1")
	r := s.form("drop.json", `{"all":true}`)
	r.SetBasicAuth("ada", "")
	if w := s.do(r); strings.TrimSpace(w.Body.String()) != "{\n  \"count\": 2\n}" {
		t.Errorf("drop.json: %s", w.Body)
	}
	s.post("pause", "")
	if got := app.Status().State; got != brook.StatePaused {
		t.Errorf("paused: %s", got)
	}
	if w := s.post("resume.json", ""); !strings.Contains(w.Body.String(), `"state": "live"`) {
		t.Errorf("resumed: %s", w.Body)
	}
	want := []string{"redrive", "drop", "drop", "pause", "resume"}
	if did := app.changes(); !slices.Equal(did, want) {
		t.Errorf("did %v, want %v", did, want)
	}
	app.err = errors.New("the store refuses")
	if w := s.post("redrive", "id=a"); w.Code != 500 ||
		!strings.Contains(w.Body.String(), "2 dead letters applied, and then: the store refuses") {
		t.Errorf("an error: %d %s", w.Code, w.Body)
	}
	log := s.log.String()
	for _, line := range []string{
		"dead letters redriven", "dead letters dropped", "paused", "resumed", "user=ada",
		"address=192.0.2.1:1234", `error="the store refuses"`, "filter=",
	} {
		if !strings.Contains(log, line) {
			t.Errorf("the log has no %q:\n%s", line, log)
		}
	}
}

// A rebuild shows how the views differ, and goes on as somebody decides.
func TestRebuildIsDecided(t *testing.T) {
	for choice, want := range map[string]bool{"promote": true, "keep": false} {
		app := filled("text")
		reviewed, ended := make(chan error, 1), make(chan bool)
		app.rebuilt = func(o brook.RebuildOptions) error {
			if o.Review == nil || !o.Accept {
				t.Errorf("options %+v", o)
				return nil
			}
			err := o.Review(app.diff)
			reviewed <- err
			close(ended)
			return err
		}
		s := newSite(t, app, anybody)
		if w := s.post("begin", "what=rebuild&review=1&accept=1"); w.Code != http.StatusSeeOther {
			t.Fatalf("begin: %d %s", w.Code, w.Body)
		}
		body := s.until("rebuild", "wait for a decision")
		checkMarkup(t, "rebuild", body)
		if !strings.Contains(body, "Promote the rebuilt views") || !strings.Contains(body, "<del>text") {
			t.Errorf("what is to be decided: %s", body)
		}
		if w := s.post("begin.json", `{"preview":true}`); w.Code != http.StatusConflict {
			t.Errorf("a second one: %d %s", w.Code, w.Body)
		}
		if w := s.post("decide", "choice="+choice); w.Code != http.StatusSeeOther {
			t.Errorf("decide: %d %s", w.Code, w.Body)
		}
		if err := <-reviewed; (err == nil) != want {
			t.Errorf("%s: the review says %v", choice, err)
		}
		<-ended
		if w := s.post("decide", "choice="+choice); w.Code != http.StatusConflict {
			t.Errorf("decided twice: %d %s", w.Code, w.Body)
		}
		if !want {
			s.until("rebuild", "somebody decided to keep the live views")
		}
	}
}

// until asks for a page until it has a text.
func (s *site) until(page, text string) string {
	s.t.Helper()
	limit := time.After(time.Minute)
	for {
		body := s.get(page).Body.String()
		if strings.Contains(body, text) {
			return body
		}
		select {
		case <-limit:
			s.t.Fatalf("%s never has %q: %s", page, text, body)
		case <-time.After(time.Millisecond):
		}
	}
}

// Close ends a rebuild that waits, and starts no other.
func TestCloseEndsRebuilds(t *testing.T) {
	app := filled("text")
	app.rebuilt = func(o brook.RebuildOptions) error { return o.Review(app.diff) }
	s := newSite(t, app, anybody)
	s.post("begin", "what=rebuild&review=1")
	s.until("rebuild", "wait for a decision")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.want("rebuild", http.StatusOK, "context canceled")
	if w := s.post("begin", "what=preview"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("after Close: %d %s", w.Code, w.Body)
	}
}

// A preview's rows are shown to those who may read rows.
func TestPreview(t *testing.T) {
	app := filled("sample-text")
	read := true
	s := newSite(t, app, func(_ *http.Request, a brookhttp.Action) error {
		if a == brookhttp.ActionRead && !read {
			return errors.New("no")
		}
		return nil
	})
	app.status.Stale, app.status.Rebuild = nil, nil
	s.post("begin", "what=preview")
	s.until("rebuild", "<del>sample-text")
	if body := s.until("rebuild.json", `"running": false`); !strings.Contains(body, `"samples"`) ||
		!strings.Contains(body, `"live": "sample-text"`) {
		t.Errorf("the preview as JSON: %s", body)
	}
	read = false
	for _, page := range []string{"rebuild", "rebuild.json"} {
		if body := s.want(page, http.StatusOK); strings.Contains(body, "sample-text {") ||
			strings.Contains(body, "<del>sample-text") || strings.Contains(body, `"samples"`) {
			t.Errorf("%s shows rows: %s", page, body)
		}
	}
	if did := app.changes(); !slices.Equal(did, []string{"preview"}) {
		t.Errorf("did %v", did)
	}
}

// Files may be kept by browsers: their links change with what is in them.
func TestFiles(t *testing.T) {
	s := newSite(t, filled("text"), anybody)
	body := s.want("", http.StatusOK)
	for _, m := range regexp.MustCompile(`(?:href|src)="(inspector\.\w+\?\w+)"`).
		FindAllStringSubmatch(body, -1) {
		w := s.get(m[1])
		if w.Code != 200 || w.Body.Len() == 0 || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %v", m[1], w.Code, w.Header())
		}
		r := httptest.NewRequestWithContext(t.Context(), "GET", prefix+"/"+m[1], nil)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if w := s.do(r); w.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", m[1], w.Code)
		}
	}
	if n := strings.Count(body, "inspector."); n != 3 {
		t.Errorf("the page names %d files", n)
	}
}
