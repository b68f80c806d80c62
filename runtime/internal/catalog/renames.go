package catalog

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Sets may be renamed in Go, and handlers moved between them. Letters, and the keys that they hold up, name sets as these were called when the
// letters were made. So the state keeps what sets were called before, event type by event type.

// setNames is what the state says of sets. It is not changed once it is made.
type setNames struct {
	made   map[string]plan.Origin
	former map[string]string
}

// NoteNames goes by the names of sets that a state has from now on.
func (c *Catalog) NoteNames(s *State) { c.names.Store(&setNames{s.Made, s.Former}) }

// SetNow returns the set that handles today what set handled when a letter was made.
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
	// It makes no rows, or was told by code of an earlier layout.
	all := c.code.HandlersOf(typ)
	without := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(plan.SetsOf(c.code.Made, typ), name) })
	switch {
	case len(without) == 1:
		return without[0]
	case len(all) == 1:
		return all[0]
	}
	return set
}

// rename makes the state say what the sets are called now. The rows are made from the same as before, or differences are accepted.
func (s *State) rename(code *plan.Code) {
	if renamed := code.Renames(s.Made); len(renamed) > 0 {
		former := maps.Clone(s.Former)
		if former == nil {
			former = map[string]string{}
		}
		for from, to := range renamed {
			typ, _, _ := strings.Cut(from, " ")
			former[from] = to
			delete(former, plan.SetOf(typ, to)) // it is called so again
		}
		s.Former = former
	}
	s.Made = code.Made
}

// nameSets has the state say what this code calls the sets, once, before anything is folded. The caller holds the gate for writing.
func (c *Catalog) nameSets(ctx context.Context) error {
	if c.named.Load() {
		return nil
	}
	err := c.UpdateResting(ctx, func(next *State) error {
		if len(c.code.Renames(next.Made)) == 0 || len(c.structureChanges(next)) > 0 {
			return ErrUnchanged
		}
		next.rename(c.code)
		return nil
	}, nil)
	c.named.Store(err == nil)
	return err
}
