// Package bare counts hits, for benchmarks, without histories.
package bare

//go:generate go tool brookgen

import brook "github.com/brookgen/brookgen/runtime"

// Hit says that a page was read.
//
//brook:event page.hit
type Hit struct {
	Page  string `json:"page" brook:"key"`
	User  string `json:"user"`
	Bytes int64  `json:"bytes"`
}

// Page is what is known of a page.
//
//brook:collection pages history=off
type Page struct {
	Name  string `json:"name" brook:"key"`
	Hits  int64  `json:"hits"`
	Bytes int64  `json:"bytes"`
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
