package plan_test

import (
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// What a package sets timers of is part of what its views are made from, and what its tables are.
func TestTimersInThePlan(t *testing.T) {
	events := []*brook.EventDef{{Type: "in", Shape: "string"}, {Type: "late", Shape: "string", Timed: true}}
	of := func(set ...string) *plan.Code {
		return plan.New("in", []string{"A"}, []plan.Handler{
			{Name: "In", Event: "in", Timers: set}, {Name: "Late", Event: "late"},
		}, nil, nil, events)
	}
	with, without := of("late"), of()
	if without.Layout.Timed || len(without.Made) != 0 || without.Layout.Slots != 0 {
		t.Errorf("without timers there are %v, %v", without.Made, without.Layout)
	}
	if l := with.Layout; !l.Timed || l.Timers != 0 || l.Due != 1 || l.Slots != 2 {
		t.Errorf("the layout is %+v", l)
	}
	lines := strings.Join(plan.Differences(without.Made, with.Made), "; ")
	if lines != "timers of late is new" || with.Contract == without.Contract {
		t.Errorf("the differences are %q", lines)
	}
	renamed := plan.New("in", []string{"A"}, []plan.Handler{
		{Name: "In", Event: "in", Timers: []string{"later"}}, {Name: "Late", Event: "later"},
	}, nil, nil, []*brook.EventDef{events[0], {Type: "later", Was: []string{"late"}, Shape: "string"}})
	if lines := plan.Differences(renamed.TodayOrigins(with.Made), renamed.Made); len(lines) > 0 {
		t.Errorf("a rename makes the difference %q", lines)
	}
}
