package brookhttp

import (
	"encoding/json"
	"net/url"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// lettersPage is a page of dead letters.
type lettersPage struct {
	Filter inspect.LetterFilter `json:"filter"`
	inspect.Letters
	// Total is how many the filter accepts; nil: it leaves some out, or other instances of a group
	// have some, and they are not all on the page, so that all letters would have to be read.
	Total   *int     `json:"total"`
	Newest  bool     `json:"-"`
	Stages  []string `json:"-"`
	Sets    []string `json:"-"`
	Types   []string `json:"-"`
	Redrive bool     `json:"-"` // whether the reader may
	Drop    bool     `json:"-"`
}

// letters returns a page of the dead letters that the request's filter accepts.
func (i *Inspection) letters(q *request) (any, error) {
	page, err := q.page()
	if err != nil {
		return nil, err
	}
	filter, err := filterOf(q.values)
	if err != nil {
		return nil, err
	}
	in := i.app.Inspect()
	p := lettersPage{
		Filter: filter, Newest: page.Reverse,
		Redrive: q.may(ActionRedrive), Drop: q.may(ActionDrop),
		Stages: []string{brook.StageDecode, brook.StageHandle, brook.StageApply, brook.StageEmit,
			brook.StageEarly, brook.StageJob},
	}
	seen := map[string]bool{}
	for _, h := range in.Structure().Handlers {
		if !seen["set "+h.Set] {
			p.Sets = append(p.Sets, h.Set)
		}
		if !seen["type "+h.Event] {
			p.Types = append(p.Types, h.Event)
		}
		seen["set "+h.Set], seen["type "+h.Event] = true, true
	}
	p.Letters, err = in.Letters(q.Context(), filter, page)
	if p.Letters.Letters == nil {
		p.Letters.Letters = []inspect.Letter{}
	}
	if err != nil {
		return p, err
	}
	switch {
	case page.After == "" && p.Next == "":
		p.Total = new(len(p.Letters.Letters))
	case !p.Filtered() && !in.Structure().Group:
		status := i.app.Status()
		p.Total = &status.Letters
	}
	return p, nil
}

// Query returns the filter as the query of a URL, for links and hidden fields.
func (p lettersPage) Query() string { return queryOf(p.Filter) }

// NextLink returns the link to the next page, "" if there is none.
func (p lettersPage) NextLink() string {
	if p.Next == "" {
		return ""
	}
	values := valuesOf(p.Filter)
	values.Set("after", p.Next)
	if p.Newest {
		values.Set("order", "newest")
	}
	return "letters?" + values.Encode()
}

// Filtered reports whether the filter leaves letters out.
func (p lettersPage) Filtered() bool { return len(valuesOf(p.Filter)) > 0 }

// filterNames are the names that filterOf reads.
var filterNames = []string{"topic", "type", "stage", "set", "error", "tried", "key", "exact", "id"}

// filterOf reads a filter of a query. Fields of a form that are empty do not count.
func filterOf(v url.Values) (inspect.LetterFilter, error) {
	f := inspect.LetterFilter{
		Topic: v.Get("topic"), Type: v.Get("type"), Stage: v.Get("stage"), Set: v.Get("set"),
		Error: v.Get("error"), Tried: v.Get("tried") != "",
	}
	if k := v.Get("key"); k != "" || v.Get("exact") != "" {
		f.Key = &k
	}
	for _, id := range v["id"] {
		if id == "" {
			return f, mistaken("the ID of a letter is empty")
		}
		f.IDs = append(f.IDs, id)
	}
	return f, nil
}

// valuesOf returns a filter as the values of a query: what filterOf reads.
func valuesOf(f inspect.LetterFilter) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"topic": f.Topic, "type": f.Type, "stage": f.Stage, "set": f.Set, "error": f.Error,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if f.Tried {
		v.Set("tried", "1")
	}
	if f.Key != nil {
		v.Set("key", *f.Key)
		if *f.Key == "" {
			v.Set("exact", "1")
		}
	}
	for _, id := range f.IDs {
		v.Add("id", id)
	}
	return v
}

func queryOf(f inspect.LetterFilter) string { return valuesOf(f).Encode() }

// letterPage is a dead letter with all that is known of it.
type letterPage struct {
	inspect.LetterDetail
	Writes  []string // collections that the handler writes, which may have a row at the key
	Redrive bool
	Drop    bool
}

// MarshalJSON returns the letter alone.
func (p letterPage) MarshalJSON() ([]byte, error) { return json.Marshal(p.LetterDetail) }

// letter returns a dead letter.
func (i *Inspection) letter(q *request) (any, error) {
	if q.get("id") == "" {
		return nil, mistaken("the id of the letter is missing")
	}
	in := i.app.Inspect()
	detail, err := in.Letter(q.Context(), q.get("id"))
	p := letterPage{LetterDetail: detail, Redrive: q.may(ActionRedrive), Drop: q.may(ActionDrop)}
	for _, h := range in.Structure().Handlers {
		if h.Event == detail.Type && h.Set == detail.Set {
			p.Writes = append(p.Writes, h.Writes...)
		}
	}
	return p, err
}
