package lock

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
)

// likely returns which of the fields that are new may be one that is gone under another name: one
// that is called alike, whatever its type, else one that can read what the other wrote.
func (s *shapes) likely(gone, added []*Field) map[*Field]*Field {
	found := map[*Field]*Field{}
	free := slices.Clone(added)
	take := func(f *Field, i int) {
		found[f] = free[i]
		free = slices.Delete(free, i, i+1)
	}
	for _, f := range gone {
		names := make([]string, len(free))
		for i, g := range free {
			names[i] = g.Name
		}
		if i := slices.Index(names, alike(f.Name, names)); i >= 0 {
			take(f, i)
		}
	}
	for _, f := range gone {
		if found[f] != nil {
			continue
		}
		i := slices.IndexFunc(free, func(g *Field) bool {
			return f.String == g.String && s.fits(f.Type, g.Type)
		})
		if i >= 0 {
			take(f, i)
		}
	}
	return found
}

// alike returns the name that is like another one, or contains it, or is contained in it; or "".
func alike(name string, names []string) string {
	if near := spelling.Nearest(name, names); near != "" {
		return near
	}
	for _, other := range names {
		a, b := strings.ToLower(name), strings.ToLower(other)
		if min(len(a), len(b)) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)) {
			return other
		}
	}
	return ""
}

// fits reports whether all that was written of one type can be read as another one. What is being
// compared around them is taken to fit: types may contain themselves, and what is wrong with the
// rest is told anyhow.
func (s *shapes) fits(old, now *Shape) bool {
	pair := [2]*Shape{old, now}
	if fits, ok := s.fitting[pair]; ok {
		return fits
	}
	if s.fitting == nil {
		s.fitting = map[[2]*Shape]bool{}
	}
	trial := &shapes{
		comparison: &comparison{old: s.comparison.old, now: s.comparison.now, fitting: s.fitting},
		old:        s.old, now: s.now, seen: maps.Clone(s.seen),
	}
	if trial.seen == nil {
		trial.seen = map[[2]*Shape]bool{}
	}
	fits := s.verdict(old, now) == all
	if fits {
		trial.below(nil, old, now)
		fits = len(trial.found) == 0
	}
	s.fitting[pair] = fits
	return fits
}

// likelyEvent returns the event that may be one that is gone under another name, or nil: of those
// that are new, one that is called almost alike, else the one that can read it and has its key,
// else one whose name has to do with it.
func (c *comparison) likelyEvent(gone *Entry) *Entry {
	var added []*Entry
	for _, e := range c.now.Entries {
		isNew := !slices.ContainsFunc(c.old.Entries, func(o *Entry) bool {
			return o.Kind == e.Kind && (o.Name == e.Name || slices.Contains(o.Was, e.Name))
		})
		if e.Kind == gone.Kind && isNew && e == c.now.Newest(e.Kind, e.Name) {
			added = append(added, e)
		}
	}
	slices.SortStableFunc(added, func(a, b *Entry) int { return cmp.Compare(b.common(gone), a.common(gone)) })
	var names []string
	for _, e := range added {
		names = append(names, e.Name)
	}
	if i := slices.Index(names, spelling.Nearest(gone.Name, names)); i >= 0 {
		return added[i]
	}
	for _, e := range added {
		s := &shapes{comparison: c, old: gone, now: e}
		if s.fits(gone.Root, e.Root) && slices.Equal(s.keyParts(gone, true), s.keyParts(e, false)) &&
			(gone.Root.Kind != Struct || e.common(gone) > 0) {
			return e
		}
	}
	if i := slices.Index(names, alike(gone.Name, names)); i >= 0 {
		return added[i]
	}
	return nil
}

// common returns how many names of fields two entries have in common.
func (e *Entry) common(o *Entry) (n int) {
	for _, f := range e.Root.Fields {
		if o.Root.field(f.Name) != nil {
			n++
		}
	}
	return n
}
