package brookhttp

import (
	"context"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// App is an app, as far as an inspector shows it and acts on it. Generated apps implement it.
type App interface {
	Status() brook.Status
	Inspect() inspect.Inspector
	Pause(context.Context) error
	Resume()
}

// Inspector returns a handler of pages on which people see what an app does, how far it is, why a
// row is as it is and what failed, and on which they redrive and drop dead letters, rebuild the
// views, and pause the app. Each page X has the same as JSON at X.json.
//
// It may be mounted below any path: http.StripPrefix("/inspect", brookhttp.Inspector(app, …)).
// Nothing is shown or done without Options.Allow. Requests of other sites are refused
// ([http.CrossOriginProtection]), a GET changes nothing, and the pages run no script but their own.
//
// It takes a sample of the app's status every few seconds, for the last half an hour. Close ends
// that; call it before the app's Close.
func Inspector(app App, options Options) *Inspection {
	i := &Inspection{
		app: app, options: options.withDefaults(), pages: parsePages(), now: time.Now,
		origin: http.NewCrossOriginProtection(), builder: newBuilder(app),
	}
	i.host, _ = os.Hostname() // without it the page says less
	i.samples = newSampler(app, time.Now)
	i.files = readFiles()
	i.routes = i.allRoutes()
	return i
}

// Inspection is the handler that Inspector returns. It is safe for concurrent use.
type Inspection struct {
	app     App
	options Options
	host    string
	now     func() time.Time
	origin  *http.CrossOriginProtection
	pages   pages
	files   map[string]file
	routes  map[string]route
	samples *sampler
	builder *builder
}

// Close ends a rebuild or preview that was started here, and taking samples, and waits for both. It
// always returns nil.
func (i *Inspection) Close() error {
	i.samples.close()
	i.builder.close()
	return nil
}

// readTimeout is how long a page may take to read the store.
const readTimeout = 15 * time.Second

// ServeHTTP answers a request.
func (i *Inspection) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	name := strings.TrimPrefix(r.URL.Path, "/")
	if r.URL.Path == "" {
		addSlash(w, r)
		return
	}
	name, asJSON := strings.CutSuffix(name, ".json")
	if name == "" && !asJSON {
		name = "overview"
	}
	q := &request{Request: r, inspection: i, json: asJSON}
	if err := i.allow(r, ActionSee); err != nil {
		i.refuse(w, q, err)
		return
	}
	if f, ok := i.files[name]; ok && !asJSON {
		f.serve(w, r)
		return
	}
	i.samples.wake()
	rt, ok := i.routes[name]
	if !ok {
		i.fail(w, q, problem{http.StatusNotFound, "there is no page " + name})
		return
	}
	if err := i.allow(r, rt.action); err != nil {
		i.refuse(w, q, err)
		return
	}
	if err := rt.check(r); err != nil {
		if err.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", strings.Join(rt.methods(), ", "))
		}
		i.fail(w, q, *err)
		return
	}
	if err := i.origin.Check(r); err != nil {
		i.fail(w, q, problem{http.StatusForbidden, "the request comes from another site"})
		return
	}
	i.answer(w, q, name, rt)
}

// answer calls the route's view and writes what it returns.
func (i *Inspection) answer(
	w http.ResponseWriter, q *request, name string, rt route,
) {
	ctx := q.Context()
	if !rt.acts {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, readTimeout)
		defer cancel()
	}
	q.Request = q.WithContext(ctx)
	if err := q.read(w); err != nil {
		i.fail(w, q, problemOf(err))
		return
	}
	if err := rt.checkNames(q, name); err != nil {
		i.fail(w, q, problemOf(err))
		return
	}
	body, err := rt.view(q)
	if err != nil {
		i.fail(w, q, problemOf(err))
		return
	}
	if q.json {
		writeJSON(w, http.StatusOK, body)
		return
	}
	if rt.next != "" {
		w.Header().Set("Location", rt.next)
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	i.writePage(w, q, http.StatusOK, rt.page, body)
}

// allow returns nil if the request may do what the action says.
func (i *Inspection) allow(r *http.Request, a Action) error {
	if i.options.Allow == nil {
		return errNobody
	}
	return i.options.Allow(r, a)
}

// addSlash redirects a request for the root without its slash: links are relative to it.
func addSlash(w http.ResponseWriter, r *http.Request) {
	at, _, _ := strings.Cut(r.RequestURI, "?")
	w.Header().Set("Location", "./"+path.Base(at)+"/")
	w.WriteHeader(http.StatusMovedPermanently)
}

// secure sets the headers that keep other sites out of the pages, and what pages show out of
// caches.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; "+
		"img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "+
		"frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
