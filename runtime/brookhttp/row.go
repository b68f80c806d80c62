package brookhttp

import (
	"slices"
	"strconv"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// rowPage is a row and how it came to be what it is.
type rowPage struct {
	Collection inspect.Collection `json:"-"`
	Limit      int                `json:"-"`
	inspect.Story
}

// Newest returns the steps, the newest first: people ask what changed last.
func (p rowPage) Newest() []inspect.Step {
	steps := slices.Clone(p.Steps)
	slices.Reverse(steps)
	return steps
}

// usualSteps is how many events of a history are shown.
const usualSteps = 20

// row returns a row with its story.
func (i *Inspection) row(q *request) (any, error) {
	in := i.app.Inspect()
	c, err := collectionOf(in, q.get("collection"))
	if err != nil {
		return nil, err
	}
	if !q.values.Has("key") {
		return nil, mistaken("the key of the row is missing")
	}
	p := rowPage{Collection: c, Limit: usualSteps}
	if text := q.get("limit"); text != "" {
		if p.Limit, err = strconv.Atoi(text); err != nil || p.Limit < 1 ||
			p.Limit > inspect.MaxLimit {
			return nil, mistaken("limit has to be a number from 1 to " +
				strconv.Itoa(inspect.MaxLimit))
		}
	}
	p.Story, err = in.Story(q.Context(), c.Name, q.get("key"), p.Limit)
	return p, err
}
