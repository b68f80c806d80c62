package catalog

import (
	"fmt"
	"maps"
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// A rename of an event by was= alone makes no view stale: the code of the new name goes on where
// that of the old name stopped. But if the new code had folded before, and the old one took over
// after it, as in a rollback, the log has events of the new name that the old code passed over. The
// state remembers such names, so that the views are stale when the new code comes back.

// noteForeign makes s name the event types that the code does not make rows from, though code did
// that folded here before. It is called before s.Made becomes that of the code.
func noteForeign(s *staterow.State, code *plan.Code) {
	known := plan.EventsOf(code.Made)
	var foreign []string
	for _, typ := range append(slices.Collect(maps.Keys(plan.EventsOf(s.Made))), s.Foreign...) {
		if !known[code.Today(typ)] {
			foreign = append(foreign, typ)
		}
	}
	s.Foreign = nil
	if len(foreign) > 0 {
		s.Foreign = plan.Sorted(foreign)
	}
}

// foreign returns the changes that only State.Foreign tells of: events of these names were passed over by
// the code that made the rows, which knew them by earlier names.
func foreign(names []string, code *plan.Code) (changes []string) {
	known := plan.EventsOf(code.Made)
	for _, typ := range names {
		if known[typ] {
			changes = append(changes, fmt.Sprintf(
				"the code that made the views knows no %s, and has passed such events over", typ))
		}
	}
	return changes
}
