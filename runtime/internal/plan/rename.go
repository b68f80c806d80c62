package plan

import (
	"maps"
	"slices"
)

// SetOf returns the key under which it is known which set handles an event type in the place of
// another one. Types have no blanks.
func SetOf(typ, set string) string { return typ + " " + set }

// SetsOf returns the names of the sets whose handlers of an event type make rows.
func SetsOf(made map[string]Origin, typ string) (sets []string) {
	for _, o := range made {
		for _, c := range o.Events {
			if c.Event == typ {
				sets = append(sets, c.sets()...)
			}
		}
	}
	return sets
}

// Renames returns which set handles an event type in the place of a set that no longer does, by
// SetOf: of the handlers that make a collection's rows from the type, the one at the same place
// among those whose sets are others.
func (p *Code) Renames(made map[string]Origin) map[string]string {
	to := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		for _, old := range made[name].Events {
			i := p.Made[name].cause(old.Event)
			if i < 0 {
				continue
			}
			were, are := old.sets(), p.Made[name].Events[i].sets()
			gone := slices.DeleteFunc(slices.Clone(were), func(set string) bool {
				return p.Handles(set, old.Event)
			})
			come := slices.DeleteFunc(are, func(set string) bool {
				return slices.Contains(were, set)
			})
			if len(gone) != len(come) {
				continue
			}
			for n, set := range gone {
				if _, ok := to[SetOf(old.Event, set)]; !ok {
					to[SetOf(old.Event, set)] = come[n]
				}
			}
		}
	}
	return to
}
