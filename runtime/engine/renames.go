package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Sets may be renamed in Go, and handlers moved between them. Letters, and the keys that they hold up, name sets as these were called when the
// letters were made. So the state keeps what sets were called before, event type by event type.

// setNames is what the state says of sets. It is not changed once it is made.
type setNames struct {
	made   map[string]origin
	former map[string]string
}

// noteNames goes by the names of sets that a state has from now on.
func (a *App) noteNames(s *state) { a.names.Store(&setNames{s.Made, s.Former}) }

// setNow returns the set that handles today what set handled when a letter was made.
func (a *App) setNow(typ, set string) string {
	if set == "" || a.handles(set, typ) {
		return set
	}
	names := a.names.Load()
	for range names.former {
		next, ok := names.former[setOf(typ, set)]
		if !ok || a.handles(set, typ) {
			break
		}
		set = next
	}
	if now, ok := a.renames(names.made)[setOf(typ, set)]; ok {
		return now
	}
	if a.handles(set, typ) {
		return set
	}
	// It makes no rows, or was told by code of an earlier layout.
	all := a.handlersOf(typ)
	without := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(setsOf(a.made, typ), name) })
	switch {
	case len(without) == 1:
		return without[0]
	case len(all) == 1:
		return all[0]
	}
	return set
}

// setOf is the key of what is known of a set as a handler of an event type; types hold no blanks.
func setOf(typ, set string) string { return typ + " " + set }

// setsOf names the sets whose handlers of an event type make rows.
func setsOf(made map[string]origin, typ string) (sets []string) {
	for _, o := range made {
		for _, c := range o.Events {
			if c.Event == typ {
				sets = append(sets, c.sets()...)
			}
		}
	}
	return sets
}

// sets names the sets of the handlers, in the order in which they run.
func (c *cause) sets() (names []string) {
	for _, h := range c.Handlers {
		name, _, _ := strings.Cut(h, ".")
		names = append(names, name)
	}
	return names
}

// renames says which set handles an event type in the place of one that no longer does: of the handlers that make a collection's rows from it,
// the one at the same place among those whose sets are others.
func (a *App) renames(made map[string]origin) map[string]string {
	to := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		for _, old := range made[name].Events {
			i := slices.IndexFunc(a.made[name].Events, func(c cause) bool { return c.Event == old.Event })
			if i < 0 {
				continue
			}
			were, are := old.sets(), a.made[name].Events[i].sets()
			gone := slices.DeleteFunc(slices.Clone(were), func(set string) bool { return a.handles(set, old.Event) })
			come := slices.DeleteFunc(are, func(set string) bool { return slices.Contains(were, set) })
			if len(gone) != len(come) {
				continue
			}
			for n, set := range gone {
				if _, ok := to[setOf(old.Event, set)]; !ok {
					to[setOf(old.Event, set)] = come[n]
				}
			}
		}
	}
	return to
}

// rename makes the state say what the sets are called now. The rows are made from the same as before, or differences are accepted.
func (s *state) rename(a *App) {
	if renamed := a.renames(s.Made); len(renamed) > 0 {
		former := maps.Clone(s.Former)
		if former == nil {
			former = map[string]string{}
		}
		for from, to := range renamed {
			typ, _, _ := strings.Cut(from, " ")
			former[from] = to
			delete(former, setOf(typ, to)) // it is called so again
		}
		s.Former = former
	}
	s.Made = a.made
}

// nameSets has the state say what this code calls the sets, once, before anything is folded. The caller holds the gate for writing.
func (a *App) nameSets(ctx context.Context) error {
	if a.named.Load() {
		return nil
	}
	err := a.updateStateResting(ctx, func(next *state) error {
		if len(a.renames(next.Made)) == 0 || len(a.structureChanges(next)) > 0 {
			return errAsIs
		}
		next.rename(a)
		return nil
	}, nil)
	a.named.Store(err == nil)
	return err
}
