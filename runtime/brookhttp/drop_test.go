package brookhttp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/errands"
)

// failed has the app fold orders that fail, each of which makes a dead letter.
func failed(t *testing.T, app *errands.App, orders ...string) {
	t.Helper()
	for _, order := range orders {
		if _, err := app.Publish.Placed(t.Context(), errands.Placed{
			Order: order, User: order, Fail: "the desk is <b>closed</b>",
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The page that asks whether all letters are to be dropped says how many that are, and drops those:
// none that came since, and none at all if those that it showed are others by now.
func TestDropOfAll(t *testing.T) {
	app := newErrands(t, 20, 3)
	s := newSite(t, app, anybody)
	ask := func(filter, count string) string {
		t.Helper()
		w := s.post("drop", "scope=all&filter="+escape(filter))
		checkMarkup(t, "drop", w.Body.String())
		seen := between(w.Body.String(), `name="seen" value="`, `"`)
		if seen == "" || !strings.Contains(w.Body.String(), count) {
			t.Errorf("%q: not asked about %s: %d %s", filter, count, w.Code, w.Body)
		}
		return "scope=all&confirmed=1&filter=" + escape(filter) + "&seen=" + seen
	}
	left := func(want string) {
		t.Helper()
		s.want("letters", http.StatusOK, want)
	}
	form := ask("", "all 3 dead letters?")
	failed(t, app, "new")
	left("4 of 4")
	if w := s.post("drop", form); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "3 dead letters dropped") {
		t.Errorf("dropped: %d %s", w.Code, w.Body)
	}
	left("1 of 1") // which nobody saw
	if !strings.Contains(s.log.String(), "filter=all") {
		t.Errorf("the log does not say what was meant: %s", s.log.String())
	}

	form = ask("error=closed", "all 1 dead letter that fit the filter?")
	if w := s.post("redrive", "scope=all"); w.Code != http.StatusOK { // it fails again
		t.Errorf("redriven: %d %s", w.Code, w.Body)
	}
	if w := s.post("drop", form); w.Code != http.StatusConflict ||
		!strings.Contains(w.Body.String(), "look at them again") {
		t.Errorf("others are dropped: %d %s", w.Code, w.Body)
	}
	left("1 of 1")
	for _, seen := range []string{"", "&seen=", "&seen=x", "&seen=1.1.00"} {
		w := s.post("drop", "scope=all&confirmed=1&filter="+seen)
		if w.Code != http.StatusBadRequest && w.Code != http.StatusConflict {
			t.Errorf("dropped without having seen them (%q): %d", seen, w.Code)
		}
	}
	left("1 of 1")
	if w := s.post("drop", ask("", "all 1 dead letter?")); w.Code != http.StatusOK {
		t.Errorf("dropped: %d %s", w.Code, w.Body)
	}
	left("There are no dead letters")
	if w := s.post("drop", "scope=all&filter="); w.Code != http.StatusOK ||
		!strings.Contains(w.Body.String(), "No dead letter is meant") {
		t.Errorf("none are left: %d %s", w.Code, w.Body)
	}
}

// Letters that are chosen by their IDs and are none are named.
func TestUnknownLetters(t *testing.T) {
	app := newErrands(t, 20, 3)
	s := newSite(t, app, anybody)
	id := between(s.want("letters", http.StatusOK), `name="id" value="`, `"`)
	for _, page := range []string{"dry-run", "redrive", "drop"} {
		w := s.post(page+".json", `{"ids":["AAAA","`+id+`","AAAA","BBBB"]}`)
		body := strings.Join(strings.Fields(w.Body.String()), "")
		if w.Code != http.StatusOK || !strings.Contains(body, `"unknown":["AAAA","BBBB"]`) {
			t.Errorf("%s: %d %s", page, w.Code, w.Body)
		}
		w = s.post(page, "id=AAAA&id=BBBB&confirmed=1")
		if !strings.Contains(w.Body.String(), "2 of those that were chosen are no dead letters, perhaps no longer: AAAA, BBBB") {
			t.Errorf("%s: %d %s", page, w.Code, w.Body)
		}
		checkMarkup(t, page, w.Body.String())
		if w = s.post(page+".json", `{"ids":["?"]}`); w.Code != http.StatusBadRequest {
			t.Errorf("%s of an ID that is none: %d %s", page, w.Code, w.Body)
		}
	}
	w := s.post("dry-run.json", `{"all":true}`)
	if strings.Contains(w.Body.String(), "unknown") {
		t.Errorf("all: %s", w.Body)
	}
}

// How many letters a filter accepts is said if the page has them all.
func TestTotalOfAFilter(t *testing.T) {
	s := newSite(t, newErrands(t, 20, 3), anybody)
	for query, total := range map[string]string{
		"": "3", "?limit=1": "3", "?error=closed": "3", "?error=nothing": "0", "?error=closed&limit=1": "null",
	} {
		w := s.get("letters.json" + query)
		if got := between(w.Body.String(), `"total": `, "\n"); got != total {
			t.Errorf("%s: %s, want %s", query, got, total)
		}
	}
	s.want("letters?error=closed", http.StatusOK, "3 of 3 that fit the filter", "all 3 that fit the filter")
	s.want("letters?error=closed&limit=1", http.StatusOK, "1 that fit the filter, the oldest first")
}

// The JSON of a page refuses what it would not read; pages pass it over.
func TestUnknownNames(t *testing.T) {
	s := newSite(t, newErrands(t, 20, 3), anybody)
	for query, name := range map[string]string{
		"overview.json?x=1": "x", "rows.json?collection=orders&form=o1": "form",
		"letters.json?typ=a&limit=1": "typ", "row.json?collection=orders&key=o000001&k=1": "k",
		"jobs.json?type=a": "type", "rebuild.json?preview=1": "preview",
		"letters.json?type=a&Type=b": "Type",
	} {
		s.want(query, http.StatusBadRequest, `the query has \"`+name+`\"`, "it takes ")
		page, rest, _ := strings.Cut(query, ".json")
		body := s.want(page+rest, http.StatusOK)
		if strings.Contains(body, ".json"+strings.ReplaceAll(rest, "&", "&amp;")) {
			t.Errorf("%s links to the JSON that refuses it", page+rest)
		}
	}
	s.want("rows.json?collection=orders&from=o1&index=&value=&exact=&after=&limit=1&order=newest",
		http.StatusOK)
	s.want("letters.json?topic=&type=&stage=&set=&error=&tried=&key=&order=newest", http.StatusOK)
	r := s.form("drop.json", `{"all":true}`)
	r.URL.RawQuery = "type=a"
	if w := s.do(r); w.Code != http.StatusBadRequest {
		t.Errorf("what is meant is in the query: %d %s", w.Code, w.Body)
	}
	s.want("letters", http.StatusOK, "3 of 3")
}

// A body of JSON is one value.
func TestTrailingData(t *testing.T) {
	app := newErrands(t, 5, 3)
	s := newSite(t, app, anybody)
	for _, page := range []string{"redrive", "drop", "dry-run", "begin", "decide", "rows"} {
		for _, body := range []string{`{} {"all":true}`, `{"all":true}]`, `{}x`, ``} {
			if w := s.post(page+".json", body); w.Code != http.StatusBadRequest {
				t.Errorf("%s %s: %d %s", page, body, w.Code, w.Body)
			}
		}
	}
	s.want("letters", http.StatusOK, "3 of 3")
}
