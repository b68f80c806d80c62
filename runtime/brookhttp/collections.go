package brookhttp

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// countTimeout is how long the page waits for the numbers of rows. Over a store that counts by
// reading, and that is large, it does not show them.
const countTimeout = 150 * time.Millisecond

// collections is what the page of collections shows.
type collections struct {
	Collections []counted `json:"collections"`
}

// counted is a collection with how many rows it has.
type counted struct {
	inspect.Collection
	Rows *int `json:"rows"` // nil: they were not counted in time
}

// collections returns the collections.
func (i *Inspection) collections(q *request) (any, error) {
	ctx, cancel := context.WithTimeout(q.Context(), countTimeout)
	defer cancel()
	in := i.app.Inspect()
	all := collections{Collections: []counted{}}
	for _, c := range in.Structure().Collections {
		at := counted{Collection: c}
		if n, err := in.Count(ctx, c.Name); err == nil {
			at.Rows = &n
		} else if ctx.Err() == nil {
			return nil, err
		}
		all.Collections = append(all.Collections, at)
	}
	return all, nil
}
