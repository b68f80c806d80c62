package brookhttp

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// pauseWithin is how long handlers, effects and jobs that have begun may take to end, for the app to
// be paused.
const pauseWithin = time.Minute

// choice is which dead letters something is to be done with.
type choice struct {
	inspect.LetterFilter
	// All has to be set if the filter accepts all letters: an empty choice is a mistake.
	All bool `json:"all,omitempty"`
	// Confirmed has to be set to drop letters on a page: without it the page asks.
	Confirmed bool `json:"-"`
	// Seen says which letters the page showed that asked: see chosen.seal.
	Seen string `json:"-"`
}

// choice reads which letters are meant. In a form, scope is chosen (the boxes that are checked) or
// all (those that the filter of the page accepts, which the field filter has).
func (q *request) choice() (choice, error) {
	var c choice
	if q.json {
		if err := q.decode(&c); err != nil {
			return c, err
		}
	} else {
		values := url.Values{"id": q.values["id"]}
		if c.All = q.get("scope") == "all"; c.All {
			var err error
			if values, err = url.ParseQuery(q.get("filter")); err != nil {
				return c, mistaken("the filter can't be read: " + err.Error())
			}
			for name := range values { // one that is not read would widen the choice
				if !slices.Contains(filterNames, name) {
					return c, mistaken(fmt.Sprintf("the filter has %q, which no filter has", name))
				}
			}
		}
		var err error
		if c.LetterFilter, err = filterOf(values); err != nil {
			return c, err
		}
		c.Confirmed, c.Seen = q.get("confirmed") != "", q.get("seen")
	}
	if len(valuesOf(c.LetterFilter)) == 0 && !c.All {
		return c, mistaken("no dead letter is chosen")
	}
	return c, nil
}

// text returns the choice for the log.
func (c *choice) text() string {
	if text := queryOf(c.LetterFilter); text != "" {
		return text
	}
	return "all"
}

// done is what a page says that something was done on.
type done struct {
	Did   string `json:"-"` // for people
	Note  string `json:"-"` // what to know of it
	More  string `json:"-"` // what else
	Count int    `json:"count"`
	// Unknown are those of the IDs that are of no letter, perhaps no longer.
	Unknown []string `json:"unknown,omitempty"`
	Back    string   `json:"-"` // a link to go on
	Text    string   `json:"-"` // of that link
	// Ask is what is to be confirmed first; Query and All are the choice.
	Ask   string   `json:"-"`
	IDs   []string `json:"-"`
	Query string   `json:"-"`
	All   bool     `json:"-"`
	Seen  string   `json:"-"` // the letters that the question is about, if All is set
}

// dryRunPage is what redriving letters would do.
type dryRunPage struct {
	inspect.DryRun
	Unknown []string `json:"unknown,omitempty"` // as of done
	Note    string   `json:"-"`
	IDs     []string `json:"-"`
	Query   string   `json:"-"`
	All     bool     `json:"-"`
	Redrive bool     `json:"-"`
}

// Counts returns how often each result comes up, in the order in which they come up.
func (p dryRunPage) Counts() (all []resultCount) {
	at := map[inspect.Result]int{}
	for _, o := range p.Outcomes {
		i, ok := at[o.Result]
		if !ok {
			i = len(all)
			at[o.Result] = i
			all = append(all, resultCount{Result: o.Result})
		}
		all[i].Count++
	}
	return all
}

// resultCount is how many letters have a result.
type resultCount struct {
	Result inspect.Result
	Count  int
}

// dryRun returns what redriving would do. It changes nothing, and takes POST because it calls
// handlers.
func (i *Inspection) dryRun(q *request) (any, error) {
	c, err := q.choice()
	if err != nil {
		return nil, err
	}
	unknown := i.unknown(q.Context(), c.IDs)
	run, err := i.app.Inspect().DryRun(q.Context(), c.LetterFilter)
	if run.Outcomes == nil {
		run.Outcomes = []inspect.Outcome{}
	}
	return dryRunPage{run, unknown, unknownText(unknown), c.IDs, queryOf(c.LetterFilter), c.All,
		q.may(ActionRedrive)}, err
}

// redrive redrives dead letters.
func (i *Inspection) redrive(q *request) (any, error) {
	c, err := q.choice()
	if err != nil {
		return nil, err
	}
	unknown := i.unknown(q.Context(), c.IDs)
	n, err := i.app.Inspect().Redrive(q.Context(), c.LetterFilter)
	q.record("dead letters redriven", err, "applied", n, "filter", c.text())
	if err != nil {
		return nil, fmt.Errorf("%s applied, and then: %w", letterCount(n), err)
	}
	return done{Did: letterCount(n) + " applied", Count: n, Back: "letters",
		Note:    "Those that failed again, and those behind them, are still there.",
		Unknown: unknown, More: unknownText(unknown), Text: "Dead letters"}, nil
}

// drop drops dead letters, if that is confirmed.
func (i *Inspection) drop(q *request) (any, error) {
	c, err := q.choice()
	if err != nil {
		return nil, err
	}
	if !q.json && !c.Confirmed {
		return i.askDrop(q, &c)
	}
	f := c.LetterFilter
	unknown := i.unknown(q.Context(), c.IDs)
	if !q.json && c.All { // those that came since the page asked were not seen
		seen, err := i.sealed(q.Context(), f, c.Seen)
		if err != nil {
			return nil, err
		}
		f.IDs = append([]string{}, seen.ids...) // nil would mean any
	}
	n, err := i.app.Inspect().Drop(q.Context(), f)
	q.record("dead letters dropped", err, "dropped", n, "filter", c.text())
	if err != nil {
		return nil, fmt.Errorf("%s dropped, and then: %w", letterCount(n), err)
	}
	return done{Did: letterCount(n) + " dropped", Count: n, Back: "letters",
		Note:    "What waited behind them is still there: redrive it.",
		Unknown: unknown, More: unknownText(unknown), Text: "Dead letters"}, nil
}

// askDrop asks whether letters are to be dropped.
func (i *Inspection) askDrop(q *request, c *choice) (any, error) {
	d := done{Ask: letterCount(len(c.IDs)), IDs: c.IDs, Back: "letters", Text: "Keep them"}
	if !c.All {
		return d, nil
	}
	letters, err := i.choose(q.Context(), c.LetterFilter, time.Time{})
	if err != nil {
		return nil, err
	}
	d.Query, d.All, d.Seen = queryOf(c.LetterFilter), true, letters.seal()
	switch n := len(letters.ids); {
	case n == 0:
		d.Ask, d.Did, d.Note = "", "No dead letter is meant",
			"Nothing was dropped: they are gone, or none fits the filter."
	case d.Query != "":
		d.Ask = "all " + letterCount(n) + " that fit the filter"
	default:
		d.Ask = "all " + letterCount(n)
	}
	return d, nil
}

func letterCount(n int) string {
	if n == 1 {
		return "1 dead letter"
	}
	return number(int64(n)) + " dead letters"
}

// stateNow is the state that the app is in after it was paused or resumed.
type stateNow struct {
	State brook.State `json:"state"`
}

// pause has the app pause.
func (i *Inspection) pause(q *request) (any, error) {
	ctx, cancel := context.WithTimeout(q.Context(), pauseWithin)
	defer cancel()
	err := i.app.Pause(ctx)
	q.record("paused", err)
	return stateNow{i.app.Status().State}, err
}

// resume has the app go on.
func (i *Inspection) resume(q *request) (any, error) {
	i.app.Resume()
	q.record("resumed", nil)
	return stateNow{i.app.Status().State}, nil
}
