package plan_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// coded is the sample with code for each handler: its name and a suffix.
func coded(suffix string, changed ...string) *sample {
	s := newSample()
	for i := range s.handlers {
		s.handlers[i].Code = s.handlers[i].Name
		for _, name := range changed {
			if s.handlers[i].Name == name {
				s.handlers[i].Code += suffix
			}
		}
	}
	return s
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// The contract has no part of the code: versions that differ in it alone fold side by side.
func TestContractWithoutCode(t *testing.T) {
	if is, was := coded("").code().Contract, newSample().code().Contract; is != was {
		t.Errorf("contract %s, without code %s", is, was)
	}
	if changes := plan.Differences(coded("").code().Made, coded("2", "Made").code().Made); changes != nil {
		t.Errorf("differences of structure: %q", changes)
	}
}

// A version is known by its code, whatever sets and handlers are called, and each is remembered
// once.
func TestVersions(t *testing.T) {
	first, second := coded("").code().Made, coded("2", "Made").code().Made
	if !plan.Recorded(first, first) || !plan.Alone(first) || plan.CodeChanges(first, first) != nil {
		t.Error("the same code counts as another")
	}
	if plan.Recorded(first, second) || plan.SameCode(first, second) {
		t.Error("other code counts as the same")
	}
	want := "stock: Alpha.Made changed just now"
	if got := strings.Join(plan.CodeChanges(first, second), "; "); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	both := plan.Folded(first, second, noon)
	if !plan.Recorded(both, first) || !plan.Recorded(both, second) || plan.Alone(both) ||
		plan.SameCode(both, first) || plan.SameCode(both, second) {
		t.Error("rows of two versions")
	}
	if again := plan.Folded(both, first, noon.Add(time.Hour)); !reflect.DeepEqual(again["stock"].Events, both["stock"].Events) {
		t.Errorf("a version is remembered twice: %+v", again)
	}
	for is, want := range map[*plan.Code]string{
		coded("2", "Made").code(): "stock: Alpha.Made changed at 2026-05-01T12:00:00Z",
		coded("").code():          "stock: Alpha.Made was another one at 2026-05-01T12:00:00Z",
		coded("3", "Made").code(): "stock: Alpha.Made changed at 2026-05-01T12:00:00Z, and 2 versions of it have folded",
	} {
		if got := strings.Join(plan.CodeChanges(both, is.Made), "; "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	renamed := coded("2", "Made")
	renamed.sets = []string{"Gamma", "Delta"}
	renamed.handler("Made").Name = "Built"
	if made := renamed.code().Made; !plan.SameCode(second, made) || !plan.Recorded(second, made) {
		t.Error("names count")
	} else if named := plan.Named(both, made); plan.Alone(named) || named["stock"].Events[0].Handlers[1] != "Delta.Built" {
		t.Errorf("names alone: %+v", named)
	}
}

// Code that is not known is never another one, and is not stored.
func TestUnknownVersions(t *testing.T) {
	unknown, known := newSample().code().Made, coded("").code().Made
	if b, err := json.Marshal(unknown); err != nil || strings.Contains(string(b), "Code") {
		t.Errorf("%s, %v", b, err)
	}
	for _, lines := range [][]string{plan.CodeChanges(unknown, known), plan.CodeChanges(known, unknown)} {
		if len(lines) > 0 {
			t.Errorf("%q", lines)
		}
	}
	if plan.Recorded(unknown, known) || !plan.Recorded(known, unknown) {
		t.Error("what is recorded")
	}
	if folded := plan.Folded(unknown, known, noon); !plan.SameCode(folded, known) {
		t.Errorf("recorded later: %+v", folded)
	}
	if folded := plan.Folded(known, unknown, noon); !plan.SameCode(folded, known) {
		t.Errorf("code that is not known is forgotten: %+v", folded)
	}
	if plan.SameCode(unknown, known) || plan.SameCode(known, unknown) || !plan.SameCode(unknown, unknown) {
		t.Error("views of code that is not known")
	}
}

// Of many versions the first one and the last ones are remembered.
func TestManyVersions(t *testing.T) {
	made := coded("").code().Made
	for n := range 40 {
		made = plan.Folded(made, coded(fmt.Sprint(n), "Moved").code().Made, noon)
	}
	moved := made["orders"].Events[0].Code[0]
	if len(moved) > 16 || moved[0].Code != "Moved" || moved[len(moved)-1].Code != "Moved39" {
		t.Errorf("%+v", moved)
	}
}
