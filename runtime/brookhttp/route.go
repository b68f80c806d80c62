package brookhttp

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// view returns what a page shows, which is its JSON too.
type view func(*request) (any, error)

// route is a page.
type route struct {
	action Action
	page   string // the name of its template
	next   string // the page to go to once it is done, instead
	acts   bool   // it changes something, and takes POST alone
	asks   bool   // it changes nothing, and takes what it is asked in a body too
	view   view
	takes  []string // names of the query
}

// checkNames returns an error if the query of a request for JSON has names that are not read: they
// are mistyped, and the answer would be one to another question. A page passes them over, since
// links of others carry names that are theirs.
func (rt route) checkNames(q *request, page string) error {
	if !q.json {
		return nil
	}
	if q.Method == http.MethodPost {
		if q.URL.RawQuery != "" {
			return mistaken("what is meant has to be in the body, and not in the query")
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(q.values)) {
		if slices.Contains(rt.takes, name) {
			continue
		}
		takes := "nothing"
		if len(rt.takes) > 0 {
			takes = strings.Join(rt.takes, ", ")
		}
		return mistaken(fmt.Sprintf("the query has %.100q, which %s.json does not take: it takes %s",
			name, page, takes))
	}
	return nil
}

// taken returns those of values whose names the page takes.
func (rt route) taken(values url.Values) url.Values {
	taken := url.Values{}
	for _, name := range rt.takes {
		if values.Has(name) {
			taken[name] = values[name]
		}
	}
	return taken
}

// methods returns those that the page takes.
func (rt route) methods() []string {
	switch {
	case rt.acts:
		return []string{http.MethodPost}
	case rt.asks:
		return []string{http.MethodGet, http.MethodHead, http.MethodPost}
	}
	return []string{http.MethodGet, http.MethodHead}
}

// check returns what is wrong with the request's method, or nil.
func (rt route) check(r *http.Request) *problem {
	if slices.Contains(rt.methods(), r.Method) {
		return nil
	}
	text := "this page is read: use GET"
	if rt.acts {
		text = "this changes something: use POST, as the forms do"
	}
	return &problem{http.StatusMethodNotAllowed, text}
}

// allRoutes returns the pages by their paths.
func (i *Inspection) allRoutes() map[string]route {
	page := []string{"after", "limit", "order"}
	return map[string]route{
		"overview":    {action: ActionSee, page: "overview", view: i.overview},
		"collections": {action: ActionSee, page: "collections", view: i.collections},
		"rows": {action: ActionRead, page: "rows", asks: true, view: i.rows,
			takes: append([]string{"collection", "from", "index", "value", "exact"}, page...)},
		"row": {action: ActionRead, page: "row", view: i.row,
			takes: []string{"collection", "key", "limit"}},
		"letters": {action: ActionRead, page: "letters", view: i.letters,
			takes: append(slices.Clone(filterNames), page...)},
		"letter":  {action: ActionRead, page: "letter", view: i.letter, takes: []string{"id"}},
		"jobs":    {action: ActionRead, page: "jobs", view: i.jobs, takes: page},
		"timers":  {action: ActionRead, page: "timers", view: i.timers, takes: page},
		"parked":  {action: ActionRead, page: "parked", view: i.parked, takes: page},
		"rebuild": {action: ActionSee, page: "rebuild", view: i.rebuild},

		"dry-run": {action: ActionRedrive, page: "dryrun", acts: true, view: i.dryRun},
		"redrive": {action: ActionRedrive, page: "done", acts: true, view: i.redrive},
		"drop":    {action: ActionDrop, page: "done", acts: true, view: i.drop},
		"pause":   {action: ActionPause, next: "./", acts: true, view: i.pause},
		"resume":  {action: ActionPause, next: "./", acts: true, view: i.resume},
		"begin":   {action: ActionRebuild, next: "rebuild", acts: true, view: i.begin},
		"decide":  {action: ActionRebuild, next: "rebuild", acts: true, view: i.decide},
	}
}
