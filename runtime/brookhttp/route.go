package brookhttp

import (
	"net/http"
	"slices"
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
	return map[string]route{
		"overview":    {action: ActionSee, page: "overview", view: i.overview},
		"collections": {action: ActionSee, page: "collections", view: i.collections},
		"rows":        {action: ActionRead, page: "rows", asks: true, view: i.rows},
		"row":         {action: ActionRead, page: "row", view: i.row},
		"letters":     {action: ActionRead, page: "letters", view: i.letters},
		"letter":      {action: ActionRead, page: "letter", view: i.letter},
		"jobs":        {action: ActionRead, page: "jobs", view: i.jobs},
		"timers":      {action: ActionRead, page: "timers", view: i.timers},
		"parked":      {action: ActionRead, page: "parked", view: i.parked},
		"rebuild":     {action: ActionSee, page: "rebuild", view: i.rebuild},

		"dry-run": {action: ActionRedrive, page: "dryrun", acts: true, view: i.dryRun},
		"redrive": {action: ActionRedrive, page: "done", acts: true, view: i.redrive},
		"drop":    {action: ActionDrop, page: "done", acts: true, view: i.drop},
		"pause":   {action: ActionPause, next: "./", acts: true, view: i.pause},
		"resume":  {action: ActionPause, next: "./", acts: true, view: i.resume},
		"begin":   {action: ActionRebuild, next: "rebuild", acts: true, view: i.begin},
		"decide":  {action: ActionRebuild, next: "rebuild", acts: true, view: i.decide},
	}
}
