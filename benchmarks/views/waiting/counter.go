// Package waiting counts hits as package bare does. Beside that it has timers, jobs, and events that
// may come too early: benchmarks show what these cost the hits, which use none of them.
package waiting

//go:generate go tool brookgen

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Hit says that a page was read.
//
//brook:event page.hit
type Hit struct {
	Page  string `json:"page" brook:"key"`
	User  string `json:"user"`
	Bytes int64  `json:"bytes"`
}

// Opened says that a page is there, until it expires.
//
//brook:event page.opened
type Opened struct {
	Page    string    `json:"page" brook:"key"`
	Expires time.Time `json:"expires"`
}

// Expired says that a page is no longer there.
//
//brook:event page.expired
type Expired struct {
	Page string `json:"page" brook:"key"`
}

// Linked says that a page, which is to be there, was linked to.
//
//brook:event page.linked
type Linked struct {
	Page string `json:"page" brook:"key"`
}

// Crawl is the job to read a page that was linked to.
//
//brook:job page.crawl
type Crawl struct {
	Page string `json:"page" brook:"key"`
}

// Page is what is known of a page.
//
//brook:collection pages history=off
type Page struct {
	Name  string `json:"name" brook:"key"`
	Hits  int64  `json:"hits"`
	Bytes int64  `json:"bytes"`
}

// Link is what is known of links to a page.
//
//brook:collection links history=off
type Link struct {
	Page  string `json:"page" brook:"key"`
	Links int64  `json:"links"`
}

// Counter counts.
type Counter struct{}

//brook:handle
func (Counter) Hit(e brook.Event[Hit]) brook.Change[string, Page] {
	hit := e.Data // not e: a function that uses it takes the whole event to the heap
	return brook.Merge(hit.Page, func(p *Page) {
		p.Hits++
		p.Bytes += hit.Bytes
	})
}

//brook:handle
func (Counter) Opened(e brook.Event[Opened]) (brook.Change[string, Link], brook.Timer[Expired]) {
	return brook.Create(e.Data.Page, Link{Page: e.Data.Page}),
		brook.At(e.Data.Expires, Expired{Page: e.Data.Page})
}

//brook:handle
func (Counter) Expired(e brook.Event[Expired]) brook.Change[string, Link] {
	return brook.Delete[Link](e.Data.Page)
}

//brook:handle
func (Counter) Linked(e brook.Event[Linked], links brook.View[string, Link]) (
	change brook.Change[string, Link], crawl brook.Request[Crawl], err error,
) {
	if _, err := links.Get(e.Data.Page); err != nil {
		return change, crawl, brook.Early(err)
	}
	change = brook.Merge(e.Data.Page, func(l *Link) { l.Links++ })
	return change, brook.Do(Crawl{Page: e.Data.Page}), nil
}

// Crawler reads pages.
type Crawler struct{}

//brook:work
func (Crawler) Crawl(brook.Job[Crawl]) error { return nil }
