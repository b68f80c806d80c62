package brookhttp

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// rebuildPage is what the page of rebuilds shows.
type rebuildPage struct {
	Rebuild *brook.RebuildStatus `json:"-"` // the one of this instance that runs, or was last
	Stale   *brook.StaleStatus   `json:"-"`
	Here    building             `json:"here"` // what was started on this page
	// Status has both as JSON.
	Status      *brook.Status        `json:"status"`
	Generations []inspect.Generation `json:"generations"`
	May         bool                 `json:"-"` // whether the reader may rebuild
	// Hidden is set if there is a diff whose rows the reader may not read.
	Hidden bool `json:"hidden,omitempty"`
}

// rebuild returns the rebuild that runs, or was last, and the generations in the store.
func (i *Inspection) rebuild(q *request) (any, error) {
	status := i.app.Status()
	p := rebuildPage{
		Status: &status, Rebuild: status.Rebuild, Stale: status.Stale, Here: i.builder.state(),
		May: q.may(ActionRebuild),
	}
	if p.Here.Diff != nil && !q.may(ActionRead) {
		p.Here.Diff, p.Here.Collections, p.Hidden = nil, nil, true
	}
	var err error
	p.Generations, err = i.app.Inspect().Generations(q.Context())
	if p.Generations == nil {
		p.Generations = []inspect.Generation{}
	}
	return p, err
}

// beginning is what starts a rebuild or preview.
type beginning struct {
	Preview bool `json:"preview,omitempty"`
	// Review has the rebuild wait for a decision before it promotes.
	Review bool `json:"review,omitempty"`
	// Accept has it promote in spite of dead letters that the live views don't have.
	Accept bool `json:"accept,omitempty"`
}

// begin starts a rebuild or preview.
func (i *Inspection) begin(q *request) (any, error) {
	var what beginning
	if q.json {
		if err := q.decode(&what); err != nil {
			return nil, err
		}
	} else {
		what = beginning{Preview: q.get("what") == "preview", Review: q.get("review") != "",
			Accept: q.get("accept") != ""}
	}
	var err error
	if what.Preview {
		err = i.builder.preview()
	} else {
		err = i.builder.rebuild(what.Accept, what.Review)
	}
	q.record("rebuild started", err, "preview", what.Preview, "review", what.Review,
		"accept", what.Accept)
	if err != nil {
		return nil, err
	}
	return i.rebuild(q)
}

// decide has a rebuild that waits go on.
func (i *Inspection) decide(q *request) (any, error) {
	var what struct {
		Promote *bool `json:"promote"`
	}
	if q.json {
		if err := q.decode(&what); err != nil {
			return nil, err
		}
	} else if choice := q.get("choice"); choice == "promote" || choice == "keep" {
		what.Promote = new(choice == "promote")
	}
	if what.Promote == nil {
		return nil, mistaken("say whether the rebuilt views are to be promoted")
	}
	err := i.builder.decide(*what.Promote)
	q.record("rebuild decided", err, "promote", *what.Promote)
	if err != nil {
		return nil, err
	}
	return i.rebuild(q)
}
