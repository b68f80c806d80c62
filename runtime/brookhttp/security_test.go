package brookhttp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/brookgen/brookgen/runtime/brookhttp"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// all are all pages, their JSON, files, and what is none.
func all() (names []string) {
	for _, page := range append(append([]string{}, readable...), acts...) {
		at, query, _ := strings.Cut(page, "?")
		if at == "" {
			at = "overview"
		}
		names = append(names, page, at+".json?"+query)
	}
	return append(names, "inspector.css", "inspector.js", "inspector.svg", "none", "../..", ".json")
}

// What Allow refuses is neither shown nor done, whatever is asked for and how.
func TestNothingWithoutAllow(t *testing.T) {
	const secret = "a-secret-of-the-app"
	refuse := func(*http.Request, brookhttp.Action) error { return errors.New("go away") }
	for name, allow := range map[string]func(*http.Request, brookhttp.Action) error{
		"nil": nil, "refusing": refuse, "no password": brookhttp.Password("", ""),
		"password": brookhttp.Password("ada", "lovelace"),
	} {
		app := filled(secret)
		s := newSite(t, app, allow)
		for _, page := range all() {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"} {
				r := s.form(page, `{"all":true}`)
				r.Method = method
				w := s.do(r)
				want := http.StatusForbidden
				if name == "password" {
					want = http.StatusUnauthorized
					if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
						t.Errorf("nobody is asked for a password: %v", w.Header())
					}
				}
				if w.Code != want || strings.Contains(w.Body.String(), secret) {
					t.Errorf("%s: %s %s: %d %s", name, method, page, w.Code, w.Body)
				}
			}
		}
		if did := app.changes(); len(did) > 0 {
			t.Errorf("%s: done: %v", name, did)
		}
	}
}

// Each page needs its action, and who may not do something is not offered it.
func TestActions(t *testing.T) {
	needs := map[string]brookhttp.Action{
		"redrive": brookhttp.ActionRedrive, "dry-run": brookhttp.ActionRedrive,
		"drop": brookhttp.ActionDrop, "pause": brookhttp.ActionPause, "resume": brookhttp.ActionPause,
		"begin": brookhttp.ActionRebuild, "decide": brookhttp.ActionRebuild,
	}
	forms := map[string]string{
		"redrive": "id=1", "dry-run": "id=1", "drop": "id=1&confirmed=1", "begin": "what=preview",
		"decide": "choice=keep",
	}
	for page, action := range needs {
		app := filled("text")
		only := func(_ *http.Request, a brookhttp.Action) error {
			if a == action {
				return fmt.Errorf("nobody may %s", a)
			}
			return nil
		}
		s := newSite(t, app, only)
		for _, at := range []string{page, page + ".json"} {
			if w := s.post(at, forms[page]); w.Code != http.StatusForbidden ||
				!strings.Contains(w.Body.String(), "nobody may "+string(action)) {
				t.Errorf("%s: %d %s", at, w.Code, w.Body)
			}
		}
		if did := app.changes(); len(did) > 0 {
			t.Errorf("%s: done: %v", page, did)
		}
		for _, at := range readable {
			body := s.get(at).Body.String()
			if strings.Contains(body, `action="`+page+`"`) ||
				page != "dry-run" && strings.Contains(body, `formaction="`+page+`"`) {
				t.Errorf("%s offers %s", at, page)
			}
		}
	}
	// Who may see how the app is, and not read what it holds.
	s := newSite(t, filled("hidden-text"), func(_ *http.Request, a brookhttp.Action) error {
		if a == brookhttp.ActionSee {
			return nil
		}
		return errors.New("not that")
	})
	for _, page := range readable {
		want := http.StatusForbidden
		if page == "" || page == "collections" || page == "rebuild" {
			want = http.StatusOK
		}
		if w := s.get(page); w.Code != want {
			t.Errorf("%q: %d, want %d", page, w.Code, want)
		}
	}
}

func TestPassword(t *testing.T) {
	allow := brookhttp.Password("ada", "lovelace")
	for _, c := range []struct {
		user, password string
		want           bool
	}{{"ada", "lovelace", true}, {"ada", "love", false}, {"", "", false}, {"bob", "lovelace", false}} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.SetBasicAuth(c.user, c.password)
		if err := allow(r, brookhttp.ActionSee); (err == nil) != c.want {
			t.Errorf("%s, %s: %v", c.user, c.password, err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.SetBasicAuth("", "")
	if err := brookhttp.Password("", "")(r, brookhttp.ActionSee); err == nil {
		t.Error("an empty password is one")
	}
}

// What another site has a browser send changes nothing.
func TestForgedRequests(t *testing.T) {
	app := filled("text")
	s := newSite(t, app, anybody)
	for name, header := range map[string][2]string{
		"another site":          {"Sec-Fetch-Site", "cross-site"},
		"a neighbour":           {"Sec-Fetch-Site", "same-site"},
		"another origin":        {"Origin", "https://evil.example"},
		"an origin that is not": {"Origin", "null"},
	} {
		for _, page := range acts {
			for _, at := range []string{page, page + ".json"} {
				r := s.form(at, "id=1&confirmed=1&what=rebuild&choice=promote")
				r.Header.Del("Origin")
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Set(header[0], header[1])
				if w := s.do(r); w.Code != http.StatusForbidden {
					t.Errorf("%s: %s: %d %s", name, at, w.Code, w.Body)
				}
			}
		}
	}
	// JSON of a form, which other sites can send without being asked.
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		r := s.form("drop.json", `{"all":true}`)
		r.Header.Set("Content-Type", kind)
		w := s.do(r)
		if w.Code != http.StatusUnsupportedMediaType ||
			!strings.Contains(w.Body.String(), "the header Content-Type") {
			t.Errorf("%q as JSON: %d %s", kind, w.Code, w.Body)
		}
	}
	// No GET changes anything, not one that is called HEAD or overridden either.
	for _, page := range acts {
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "PATCH"} {
			r := s.form(page, "")
			r.Method = method
			r.Header.Set("X-HTTP-Method-Override", "POST")
			w := s.do(r)
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
				t.Errorf("%s %s: %d %v", method, page, w.Code, w.Header())
			}
		}
	}
	for _, page := range readable {
		s.get(page)
	}
	if did := app.changes(); len(did) > 0 {
		t.Errorf("done: %v", did)
	}
}

// What is hostile is shown as text, in every field of every page.
func TestHostileText(t *testing.T) {
	for name, text := range map[string]string{
		"markup":    `"'><script>alert(1)</script><img src=x onerror=alert(1)><!-- {{.}} ]]>`,
		"link":      "javascript:alert(1)",
		"away":      "//evil.example/",
		"far away":  "https://evil.example/?a=b&c=d#e",
		"up":        "../../../etc/passwd",
		"attribute": `x" onmouseover="alert(1)" style="color:red`,
		"bytes":     "\xff\xfe\x00\x1b[31m\u202egnp.exe\x7f\r\n\u2066",
		"large":     strings.Repeat("<b>wide</b> ", 1_000),
		"empty":     "",
	} {
		t.Run(name, func(t *testing.T) {
			app := filled(text)
			app.status.Name = "app " + text
			name := text
			if name == "" { // what the code names is never empty
				name = "c"
				app.letter.ID = "i"
				for i := range app.structure.Collections {
					app.structure.Collections[i].Name = name
					for j := range app.structure.Collections[i].Indexes {
						app.structure.Collections[i].Indexes[j].Field = name
					}
				}
				app.structure.Workers = nil
				for i := range app.structure.Handlers {
					app.structure.Handlers[i].Writes, app.structure.Handlers[i].Jobs = []string{name}, nil
				}
				for _, l := range [][]inspect.Letter{app.letters.Letters, app.letter.Behind} {
					for i := range l {
						l[i].ID = "i"
					}
				}
				for i := range app.run.Outcomes {
					app.run.Outcomes[i].Letter.ID = "i"
					for j := range app.run.Outcomes[i].Rows {
						app.run.Outcomes[i].Rows[j].Collection = name
					}
				}
			}
			s := newSite(t, app, anybody)
			page := func(name string, w *httptest.ResponseRecorder) {
				t.Helper()
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d %s", name, w.Code, w.Body)
					return
				}
				checkMarkup(t, name, w.Body.String())
				if n := w.Body.Len(); n > 2<<20 {
					t.Errorf("%s has %d bytes", name, n)
				}
			}
			collection := strings.NewReplacer("?collection=c", "?collection="+escape(name))
			for _, at := range readable {
				at = collection.Replace(at)
				page(at, s.get(at))
				at, query, _ := strings.Cut(at, "?")
				if at == "" {
					at = "overview"
				}
				w := s.get(at + ".json?" + query)
				var got any
				if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 ||
					!utf8.Valid(w.Body.Bytes()) {
					t.Errorf("%s.json: %d %v", at, w.Code, err)
				}
				if w.Header().Get("Content-Type") != "application/json" ||
					strings.Contains(w.Body.String(), "<script") {
					t.Errorf("%s.json may be taken for a page: %v", at, w.Header())
				}
			}
			page("dry-run", s.post("dry-run", "id="+escape("x"+text)))
			page("drop", s.post("drop", "scope=all&filter="+escape("error="+escape("x"+text))))
			app.err = errors.New(text)
			for _, at := range readable[2:10] {
				w := s.get(collection.Replace(at))
				if w.Code != http.StatusInternalServerError {
					t.Errorf("%s: %d", at, w.Code)
				}
				checkMarkup(t, at, w.Body.String())
			}
			refused := newSite(t, app, func(*http.Request, brookhttp.Action) error { return app.err })
			if body := refused.get("").Body.String(); strings.Contains(body, "<script") ||
				!utf8.ValidString(body) {
				t.Errorf("refused: %s", body)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, filled("text"), anybody)
	for _, page := range all() {
		h := s.get(page).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") ||
			!strings.Contains(csp, "frame-ancestors 'none'") ||
			!strings.Contains(csp, "base-uri 'none'") ||
			!strings.Contains(csp, "form-action 'self'") {
			t.Errorf("%s: %s", page, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", page, h)
		}
		if cache := h.Get("Cache-Control"); cache != "no-store" &&
			(!strings.HasPrefix(page, "inspector.") || !strings.Contains(cache, "private")) {
			t.Errorf("%s: %s", page, cache)
		}
	}
}

// A redirect stays where it is, whatever is asked for.
func TestRedirects(t *testing.T) {
	s := newSite(t, filled("text"), anybody)
	for target, want := range map[string]string{
		prefix:                            "./inspect/",
		prefix + "?to=//evil.example":     "./inspect/",
		"//evil.example/..//" + "inspect": "",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "http://example.com/", nil)
		r.RequestURI = target
		r.URL.Path, _, _ = strings.Cut(target, "?")
		w := s.do(r)
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%s: redirected to %q, want %q", target, got, want)
		}
	}
	for _, page := range []string{"pause", "resume", "begin"} {
		w := s.post(page, "what=preview&next=https://evil.example")
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || to != "./" && to != "rebuild" {
			t.Errorf("%s: %d, redirected to %q", page, w.Code, to)
		}
	}
}

// What is too large, or no form or JSON at all, is refused.
func TestBodies(t *testing.T) {
	app := filled("text")
	s := newSite(t, app, anybody)
	for _, c := range []struct {
		page, body string
		want       int
	}{
		{"redrive", "id=" + strings.Repeat("x", 2<<20), http.StatusRequestEntityTooLarge},
		{"redrive.json", `{"error":"` + strings.Repeat("x", 2<<20) + `"}`,
			http.StatusRequestEntityTooLarge},
		{"redrive", "id=%zz", http.StatusBadRequest},
		{"redrive", "scope=all&filter=%25zz", http.StatusBadRequest},
		{"redrive", "", http.StatusBadRequest}, // nothing is chosen
		{"redrive", "id=", http.StatusBadRequest},
		{"drop.json", `{}`, http.StatusBadRequest},
		{"drop.json", `{"typ":"a"}`, http.StatusBadRequest},
		{"drop.json", `[`, http.StatusBadRequest},
		{"begin.json", `{"previev":true}`, http.StatusBadRequest},
		{"decide", "choice=perhaps", http.StatusBadRequest},
		{"decide.json", `{}`, http.StatusBadRequest},
		{"decide.json", `{"promote":true}`, http.StatusConflict},
	} {
		if w := s.post(c.page, c.body); w.Code != c.want {
			t.Errorf("%s %.40s: %d %.200s, want %d", c.page, c.body, w.Code, w.Body, c.want)
		}
	}
	if did := app.changes(); len(did) > 0 {
		t.Errorf("done: %v", did)
	}
	for query, want := range map[string]int{
		"letters?limit=0": 400, "letters?limit=501": 400, "letters?limit=x": 400, "letters?%zz": 400,
		"row?collection=text": 400, "row?collection=other&key=k": 404, "letter": 400,
		"rows?collection=other": 404, "none": 404, "rows?collection=text&limit=-1": 400,
		"row?collection=text&key=k&limit=9999": 400,
	} {
		if w := s.get(query); w.Code != want {
			t.Errorf("%s: %d %s, want %d", query, w.Code, w.Body, want)
		}
	}
}
