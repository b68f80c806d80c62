package staterow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Layout2 stands for the contract of the code that wrote layouts 1 and 2, which had none. It is the
// contract of no code.
const Layout2 = "layout 2"

// upgrade turns a state of an earlier layout into one of the present layout, in memory. The first
// commit stores it.
func (s *State) upgrade() {
	if s.Layout == 1 {
		names := s.tablesOfLayout1()
		s.Tables = map[int][]string{}
		for _, number := range append(slices.Clone(s.Dropped), s.Generation, s.Building) {
			if number != 0 {
				s.Tables[number] = names
			}
		}
	}
	if s.Layout < 3 {
		s.Folds = Layout2
		s.Kept = map[string]KeptIndex{}
		for _, index := range s.Indexes {
			if parts := strings.Fields(index); len(parts) > 3 {
				last := len(parts) - 1
				s.Kept[strings.Join(parts[:last], " ")] = KeptIndex{
					Table: plan.IndexTable(parts[0], parts[1]), Whole: true,
					Once: parts[last] == "true",
				}
			}
		}
		s.Indexes = nil
	}
	s.Layout = layoutVersion
}

// tablesOfLayout1 returns the tables of the live generation, which layout 1 did not name.
func (s *State) tablesOfLayout1() (names []string) {
	for _, line := range s.Fingerprint {
		if collection, ok := strings.CutPrefix(line, "collection "); ok {
			name, _, _ := strings.Cut(collection, " ")
			names = append(names, plan.RowsTable(name))
		}
	}
	for _, index := range s.Indexes {
		if parts := strings.Fields(index); len(parts) > 1 {
			names = append(names, plan.IndexTable(parts[0], parts[1]))
		}
	}
	return names
}

// MadeFrom returns the event types that the live views were made from.
func (s *State) MadeFrom() map[string]bool {
	types := map[string]bool{}
	for _, o := range s.Made {
		for _, cause := range o.Events {
			types[cause.Event] = true
		}
	}
	for _, line := range s.Fingerprint {
		var set, typ string
		if n, _ := fmt.Sscanf(line, "set %s handles %s", &set, &typ); n == 2 {
			types[typ] = true
		}
	}
	return types
}
