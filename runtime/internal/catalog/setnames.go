package catalog

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Sets may be renamed in Go, and handlers moved between them. Letters, and the keys that they hold
// up, have the names that sets had when the letters were made. So the state keeps the former names
// of sets, event type by event type.

// setNames is what the state says of sets. It does not change once it is made.
type setNames struct {
	made   map[string]plan.Origin
	former map[string]string
}

// SetNames knows the present names of handler sets. It is safe for concurrent use.
type SetNames struct {
	code  *plan.Code
	known atomic.Pointer[setNames]
}

// note makes Now use the names of sets that a state has.
func (n *SetNames) note(s *staterow.State) {
	n.known.Store(&setNames{
		made: n.code.TodayOrigins(s.Made), former: n.code.TodaySets(s.Former),
	})
}

// Now returns the set that handles today what set handled when a letter was made: set itself if
// that can't be known.
func (n *SetNames) Now(typ, set string) string {
	typ = n.code.Today(typ)
	if set == "" || n.code.Handles(set, typ) {
		return set
	}
	names := n.known.Load()
	for range names.former {
		next, ok := names.former[plan.SetOf(typ, set)]
		if !ok || n.code.Handles(set, typ) {
			break
		}
		set = next
	}
	if now, ok := n.code.Renames(names.made)[plan.SetOf(typ, set)]; ok {
		return now
	}
	if n.code.Handles(set, typ) {
		return set
	}
	// It makes no rows, or the letter is of an earlier layout: the only candidate is the one.
	all := n.code.HandlersOf(typ)
	makers := plan.SetsOf(n.code.Made, typ)
	without := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		return slices.Contains(makers, name)
	})
	switch {
	case len(without) == 1:
		return without[0]
	case len(all) == 1:
		return all[0]
	}
	return set
}

// rename makes the state name the sets as the code does, and the rows be made as made says: from
// the same as before, or the differences are accepted.
func rename(s *staterow.State, code *plan.Code, made map[string]plan.Origin) {
	s.Former = code.TodaySets(s.Former)
	if renamed := code.Renames(code.TodayOrigins(s.Made)); len(renamed) > 0 {
		former := maps.Clone(s.Former)
		if former == nil {
			former = map[string]string{}
		}
		for from, to := range renamed {
			typ, _, _ := strings.Cut(from, " ")
			former[from] = to
			delete(former, plan.SetOf(typ, to)) // it has that name again
		}
		s.Former = former
	}
	noteForeign(s, code)
	s.Made = made
}
