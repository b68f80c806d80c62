package plan_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// renamed is the code of the sample with events called otherwise: a was moved, z was created.
func renamed() *plan.Code {
	s := newSample()
	for i := range s.handlers {
		switch s.handlers[i].Event {
		case "moved":
			s.handlers[i].Event = "a"
		case "created":
			s.handlers[i].Event = "z"
		}
	}
	return plan.New("in", s.sets, s.handlers, []string{"noise"}, s.collections, []*brook.EventDef{
		{Type: "z", Was: []string{"made", "created"}, Shape: "string"},
		{Type: "a", Was: []string{"moved"}, Topic: "moves", Shape: "string"},
		{Type: "seen"},
		{Type: "noise", Topic: "noise"},
	})
}

// A rename is no difference of rows; the state that is compared stays as it is.
func TestRenamedEvents(t *testing.T) {
	before, now := newSample().code(), renamed()
	if before.Renamed() || !now.Renamed() {
		t.Error("Renamed returns the wrong thing")
	}
	made := maps.Clone(before.Made)
	order := slices.Clone(made["stock"].Events)
	if lines := plan.Differences(now.TodayOrigins(before.Made), now.Made); len(lines) > 0 {
		t.Errorf("differences: %q", lines)
	}
	if lines := plan.Differences(before.Made, now.Made); len(lines) == 0 {
		t.Error("without their names of today, events are the same")
	}
	if !reflect.DeepEqual(made, before.Made) || !reflect.DeepEqual(order, made["stock"].Events) {
		t.Error("the state was changed")
	}
	lines := before.Fingerprint()
	was := slices.Clone(lines)
	got := now.TodayLines(lines)
	if slices.Sort(got); !slices.Equal(lines, was) {
		t.Error("the lines were changed")
	}
	want := now.Fingerprint()
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("lines are %q, want %q", got, want)
	}
	for typ, want := range map[string]string{"made": "z", "created": "z", "z": "z", "x": "x", "": ""} {
		if got := now.Today(typ); got != want {
			t.Errorf("%q is %q today", typ, got)
		}
	}
	sets := map[string]string{"created Alpha": "Beta", "other Set": "x"}
	if got := now.TodaySets(sets); got["z Alpha"] != "Beta" || got["other Set"] != "x" || len(got) != 2 {
		t.Errorf("sets are %v", got)
	}
}
