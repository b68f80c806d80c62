package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// Letters that fail in one way count as one way, and there is a limit to how many ways a report
// has.
func TestAddFailure(t *testing.T) {
	var r brook.RebuildReport
	add := func(typ, text string) {
		report.AddFailure(&r,
			&brook.DeadLetter{Type: typ, Set: "stock", Stage: brook.StageApply, Error: text,
				Record: brook.Record{Key: []byte("k"), Value: []byte("v")}})
	}
	for range 3 {
		add("sold", "no such item")
	}
	add("sold", "negative")
	add("bought", "negative")
	if len(r.Failures) != 3 || r.Failures[0].Count != 3 || r.Failures[0].Error != "no such item" ||
		r.Failures[2].Type != "bought" {
		t.Fatalf("ways to fail: %+v", r.Failures)
	}
	for n := range 1000 {
		add("sold", fmt.Sprint("no item ", n))
	}
	if len(r.Failures) != 50 {
		t.Errorf("%d ways to fail, want 50: errors that quote values are all different",
			len(r.Failures))
	}
	add("new", "another type")
	if last := r.Failures[len(r.Failures)-1]; last.Type != "new" || last.Count != 1 {
		t.Errorf("a type that had not failed yet counts as %+v", last)
	}
	total := 0
	for _, f := range r.Failures {
		total += f.Count
	}
	if total != 1006 {
		t.Errorf("%d letters counted, want 1006", total)
	}
	if len(r.First) != 20 || r.First[0].Record.Value != nil ||
		string(r.First[0].Record.Key) != "k" {
		t.Errorf("the first %d letters, the first of them %+v", len(r.First), r.First[0])
	}
	slices.Reverse(r.Failures)
	report.SortFailures(&r)
	for i, f := range r.Failures[1:] {
		if f.Count > r.Failures[i].Count {
			t.Fatalf("%d letters come after %d", f.Count, r.Failures[i].Count)
		}
	}
}

func TestRebuilt(t *testing.T) {
	var hooked *brook.RebuildReport
	l := newLogged(brook.Hooks{Rebuilt: func(r brook.RebuildReport) { hooked = &r }})
	l.Rebuilt(&brook.RebuildReport{Promoted: true, Read: 50, ReadBefore: 100}, nil, "")
	l.want(t, "of half the log")
	if hooked == nil || !hooked.Promoted {
		t.Errorf("the hook had %+v", hooked)
	}
	l.Rebuilt(&brook.RebuildReport{Promoted: true, Read: 49, ReadBefore: 100}, []string{"a", "b"},
		"stock is new")
	if lines := l.took(); len(lines) != 1 ||
		!strings.Contains(lines[0], `read=49 before=100 topics="a, b" changes="stock is new"`) {
		t.Errorf("of far less of the log: %q", lines)
	}
	l.Rebuilt(&brook.RebuildReport{Read: 49, ReadBefore: 100}, nil, "")
	l.want(t, "one that was not promoted")
	l.Rebuilt(&brook.RebuildReport{Passed: map[string]int{"sold": 2, "bought": 1}, Letters: 3}, nil,
		"")
	if lines := l.took(); len(lines) != 2 || !strings.Contains(lines[0],
		`events="1 × bought, 2 × sold"`) || !strings.Contains(lines[1], "letters=3") {
		t.Errorf("of events that were passed over: %q", lines)
	}
	var many brook.RebuildReport
	for n := range 12 {
		many.Failures = append(many.Failures,
			brook.FailureCount{Type: "sold", Error: strings.Repeat("x", 900), Count: n})
	}
	l.Rebuilt(&many, nil, "")
	lines := l.took()
	if len(lines) != 11 || !strings.Contains(lines[10], "ways=2") || len(lines[0]) > 700 {
		t.Errorf("of many ways to fail: %d lines, the last one %q", len(lines), lines[len(lines)-1])
	}
}
