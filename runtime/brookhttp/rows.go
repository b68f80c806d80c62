package brookhttp

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// rowsQuery is what rows are asked for by: a query, a form, or JSON.
type rowsQuery struct {
	Collection string  `json:"collection"`
	From       string  `json:"from,omitempty"`  // the first key
	Index      string  `json:"index,omitempty"` // the field of an index
	Value      *string `json:"value,omitempty"` // of that field
	After      string  `json:"after,omitempty"` // a cursor
	Limit      int     `json:"limit,omitempty"`
	Newest     bool    `json:"newest,omitempty"` // in descending order
}

// rowsPage is a page of rows.
type rowsPage struct {
	Collection inspect.Collection `json:"-"`
	Query      rowsQuery          `json:"query"`
	inspect.Rows
}

// Secret reports whether what was asked for is not to be in a URL.
func (p rowsPage) Secret() bool {
	return slices.ContainsFunc(p.Collection.Indexes, func(x inspect.Index) bool {
		return x.Field == p.Query.Index && x.PII
	})
}

// NextLink returns the link to the next page, "" if there is none.
func (p rowsPage) NextLink() string {
	if p.Next == "" {
		return ""
	}
	values := url.Values{"collection": {p.Query.Collection}, "after": {p.Next}}
	if p.Query.Index != "" {
		values.Set("index", p.Query.Index)
	}
	if p.Query.Value != nil {
		values.Set("value", *p.Query.Value)
		values.Set("exact", "1")
	}
	if p.Query.Limit != 0 {
		values.Set("limit", strconv.Itoa(p.Query.Limit))
	}
	if p.Query.Newest {
		values.Set("order", "newest")
	}
	return "rows?" + values.Encode()
}

// rows returns a page of a collection. Values that are masked elsewhere are asked for by POST.
func (i *Inspection) rows(q *request) (any, error) {
	ask, err := q.rowsQuery()
	if err != nil {
		return nil, err
	}
	in := i.app.Inspect()
	c, err := collectionOf(in, ask.Collection)
	if err != nil {
		return nil, err
	}
	p := rowsPage{Collection: c, Query: ask}
	if p.Secret() && q.Method != http.MethodPost && ask.Value != nil {
		return nil, mistaken("values of " + ask.Index + " are masked: ask for them by POST, so " +
			"that they are in no log of requests")
	}
	p.Rows, err = in.Rows(q.Context(), c.Name, inspect.RowQuery{
		Page: inspect.Page{After: ask.After, Limit: ask.Limit, Reverse: ask.Newest},
		From: ask.From, Index: ask.Index, Value: ask.Value,
	})
	if p.Rows.Rows == nil {
		p.Rows.Rows = []inspect.Row{}
	}
	return p, err
}

// rowsQuery reads which rows the request asks for.
func (q *request) rowsQuery() (rowsQuery, error) {
	var ask rowsQuery
	if q.json && q.Method == http.MethodPost {
		return ask, q.decode(&ask)
	}
	page, err := q.page()
	ask = rowsQuery{
		Collection: q.get("collection"), From: q.get("from"), Index: q.get("index"),
		After: page.After, Limit: page.Limit, Newest: page.Reverse,
	}
	// A form always has a field for the value. One that is empty means all values, in their order.
	if v := q.optional("value"); v != nil && (*v != "" || q.get("exact") != "") && ask.Index != "" {
		ask.Value = v
	}
	return ask, err
}

// collectionOf returns the collection of a name.
func collectionOf(in inspect.Inspector, name string) (inspect.Collection, error) {
	for _, c := range in.Structure().Collections {
		if c.Name == name {
			return c, nil
		}
	}
	return inspect.Collection{}, problem{http.StatusNotFound, "there is no collection " + name}
}
