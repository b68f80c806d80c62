package processor

import (
	"errors"
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// tallied is a package of two sets, of which one event has both.
var tallied = &delivery.Definition{Sets: []string{"A", "B"}, Handlers: []plan.Handler{
	{Set: 0, Event: "both"}, {Set: 0, Event: "one"}, {Set: 1, Event: "both"},
}}

func counting() *batch.Flow {
	f := batch.NewFlow(len(tallied.Handlers))
	f.Begin()
	return f
}

// Nothing is counted before somebody wants to know.
func TestTallyUnasked(t *testing.T) {
	f := batch.NewFlow(len(tallied.Handlers))
	x, b := newTally(tallied, f), &batch.Batch{}
	d := &delivery.Delivery{
		Message: brook.Message{Type: "one"}, Results: []delivery.Result{{Set: "A"}},
	}
	x.count(b, d)
	if len(b.Outcomes) != 0 || !f.Since().IsZero() {
		t.Errorf("counted %v since %v", b.Outcomes, f.Since())
	}
	f.Begin()
	since := f.Since()
	f.Begin()
	x.count(b, d)
	if len(b.Outcomes) == 0 || since.IsZero() || f.Since() != since {
		t.Errorf("counted %v since %v, then %v", b.Outcomes, since, f.Since())
	}
}

// Results count for the handler that the set has of the event, whichever sets ran.
func TestTally(t *testing.T) {
	x, b, failed := newTally(tallied, counting()), &batch.Batch{}, errors.New("no")
	for _, e := range []struct {
		typ     string
		results []delivery.Result
	}{
		{"both", []delivery.Result{{Set: "A"}, {Set: "B", Err: failed}}},
		{"both", []delivery.Result{{Set: "B"}}},
		{"one", []delivery.Result{{Set: "A"}}},
		{"none", []delivery.Result{{Set: "A"}}},
		{"one", []delivery.Result{{Set: "B"}, {Set: "A"}}},
		{"both", nil},
	} {
		x.count(b, &delivery.Delivery{Message: brook.Message{Type: e.typ}, Results: e.results})
	}
	if got := fmt.Sprint(b.Outcomes); got != "[{1 0} {2 0} {1 1}]" {
		t.Errorf("the outcomes are %s", got)
	}
}

// BenchmarkTally is what counting costs an event that two sets handle.
func BenchmarkTally(b *testing.B) {
	x, to := newTally(tallied, counting()), &batch.Batch{}
	d := &delivery.Delivery{
		Message: brook.Message{Type: "both"}, Results: []delivery.Result{{Set: "A"}, {Set: "B"}},
	}
	b.ReportAllocs()
	for b.Loop() {
		x.count(to, d)
	}
}
