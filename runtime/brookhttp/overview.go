package brookhttp

import (
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// overview is what the first page shows.
type overview struct {
	Status *brook.Status `json:"status"`
	// Rate is how many events were dealt with in a second, in the last minute.
	Rate    float64  `json:"events_per_second"`
	History []sample `json:"history"`
	Flow    flow     `json:"flow"`
	Curves  []curve  `json:"-"`
	Group   bool     `json:"-"` // other instances have other partitions
}

// Span returns how long the history is.
func (o overview) Span() time.Duration {
	if len(o.History) == 0 {
		return 0
	}
	return o.History[len(o.History)-1].Time.Sub(o.History[0].Time)
}

// overview returns the app's state, and where its events flow.
func (i *Inspection) overview(*request) (any, error) {
	status, history := i.app.Status(), i.samples.history()
	o := overview{Status: &status, Rate: rate(history), History: history}
	structure := i.app.Inspect().Structure()
	o.Flow, o.Group = newFlow(structure, i.samples.rates()), structure.Group
	count := func(n float64) string { return number(int64(n)) }
	o.Curves = []curve{
		newCurve("Lag in records", history, func(x sample) float64 { return float64(x.Lag) }, count),
		newCurve("Lag in time", history, func(x sample) float64 { return x.Behind },
			func(s float64) string { return span(seconds(s)) }),
		newCurve("Events a second", history, func(x sample) float64 { return x.Rate }, perSecond),
		newCurve("Dead letters", history,
			func(x sample) float64 { return float64(x.Letters) }, count),
	}
	return o, nil
}

// perSecond writes a rate for people.
func perSecond(n float64) string {
	switch {
	case n == 0:
		return "0"
	case n < 10:
		return fmt.Sprintf("%.1f", n)
	}
	return number(int64(n + 0.5))
}
