package catalog

import (
	"context"
	"maps"
	"slices"
	"strings"

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

// noteNames makes SetNow use the names of sets that a state has.
func (c *Catalog) noteNames(s *staterow.State) {
	c.names.Store(&setNames{made: s.Made, former: s.Former})
}

// SetNow returns the set that handles today what set handled when a letter was made: set itself if
// that can't be known.
func (c *Catalog) SetNow(typ, set string) string {
	if set == "" || c.code.Handles(set, typ) {
		return set
	}
	names := c.names.Load()
	for range names.former {
		next, ok := names.former[plan.SetOf(typ, set)]
		if !ok || c.code.Handles(set, typ) {
			break
		}
		set = next
	}
	if now, ok := c.code.Renames(names.made)[plan.SetOf(typ, set)]; ok {
		return now
	}
	if c.code.Handles(set, typ) {
		return set
	}
	// It makes no rows, or the letter is of an earlier layout: the only candidate is the one.
	all := c.code.HandlersOf(typ)
	makers := plan.SetsOf(c.code.Made, typ)
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

// rename makes the state name the sets as the code does. The rows are made from the same as before,
// or the differences are accepted.
func rename(s *staterow.State, code *plan.Code) {
	if renamed := code.Renames(s.Made); len(renamed) > 0 {
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
	s.Made = code.Made
}

// nameSets records what this code calls the sets, once, before anything is folded. The caller holds
// the quiesce lock.
func (c *Catalog) nameSets(ctx context.Context) error {
	if c.named.Load() {
		return nil
	}
	err := c.row.UpdateLocked(ctx, func(next *staterow.State) error {
		if len(c.code.Renames(next.Made)) == 0 || len(c.structureChanges(next)) > 0 {
			return staterow.ErrUnchanged
		}
		rename(next, c.code)
		return nil
	}, nil)
	c.named.Store(err == nil)
	return err
}
