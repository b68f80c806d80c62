package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Version is code of a handler that folded into rows.
type Version struct {
	Code  string    // a hash
	Since time.Time `json:",omitzero"` // when it came after another one; zero: it was the first
}

// Versions are the codes of a handler that folded into the same rows, each once, in the order in
// which they came; none: that is not known.
type Versions []Version

// maxVersions is how many versions of a handler are remembered: the first and the last ones.
const maxVersions = 16

func versionsOf(h *Handler) Versions {
	if h.Code == "" {
		return nil
	}
	return Versions{{Code: h.Code}}
}

// forgetUnknown removes the codes of a cause if none is known.
func (c *Cause) forgetUnknown() {
	if !slices.ContainsFunc(c.Code, func(v Versions) bool { return len(v) > 0 }) {
		c.Code = nil
	}
}

// of returns the versions of a handler by its place.
func (c *Cause) of(i int) Versions {
	if i < len(c.Code) {
		return c.Code[i]
	}
	return nil
}

// has reports whether code folded. Code that is not known counts as that which did.
func (v Versions) has(code string) bool {
	return code == "" || slices.ContainsFunc(v, func(x Version) bool { return x.Code == code })
}

// with returns the versions with one more that folds from now on.
func (v Versions) with(code string, now time.Time) Versions {
	switch {
	case v.has(code):
		return v
	case len(v) == 0: // what folded before is not known
		return Versions{{Code: code}}
	}
	v = append(slices.Clone(v), Version{code, now})
	if len(v) > maxVersions {
		v = slices.Delete(v, 1, 2)
	}
	return v
}

// pairs calls do for each handler that makes the rows of was as well as those of is, with its place
// in both, until it returns false.
func pairs(was, is map[string]Origin, do func(collection string, old, now *Cause, i int) bool) {
	for _, name := range slices.Sorted(maps.Keys(is)) {
		for k := range is[name].Events {
			now := &is[name].Events[k]
			j := was[name].cause(now.Event)
			if j < 0 {
				continue
			}
			for i := range now.Handlers {
				if !do(name, &was[name].Events[j], now, i) {
					return
				}
			}
		}
	}
}

// code returns the code of a handler of which there is one version.
func (c *Cause) code(i int) string {
	if v := c.of(i); len(v) > 0 {
		return v[0].Code
	}
	return ""
}

// Recorded reports whether was has the code of all handlers of is, which is what code makes.
func Recorded(was, is map[string]Origin) bool {
	all := true
	pairs(was, is, func(_ string, old, now *Cause, i int) bool {
		all = old.of(i).has(now.code(i))
		return all
	})
	return all
}

// Folded returns is, which is what code makes, with the versions of was that folded before it.
func Folded(was, is map[string]Origin, now time.Time) map[string]Origin {
	return merged(was, is, func(old Versions, code string) Versions { return old.with(code, now) })
}

// Named returns is with the versions of was: only what handlers are called is taken from is.
func Named(was, is map[string]Origin) map[string]Origin {
	return merged(was, is, func(old Versions, _ string) Versions { return old })
}

func merged(was, is map[string]Origin, versions func(old Versions, code string) Versions) map[string]Origin {
	all := map[string]Origin{}
	for name, o := range is {
		o.Events = slices.Clone(o.Events)
		for i := range o.Events {
			o.Events[i].Code = slices.Clone(o.Events[i].Code)
		}
		all[name] = o
	}
	pairs(was, all, func(_ string, old, now *Cause, i int) bool {
		if now.Code == nil {
			now.Code = make([]Versions, len(now.Handlers))
		}
		now.Code[i] = versions(old.of(i), now.code(i))
		return true
	})
	for _, o := range all {
		for i := range o.Events {
			o.Events[i].forgetUnknown()
		}
	}
	return all
}

// Alone reports whether one version of the code made all rows, as far as is known.
func Alone(made map[string]Origin) bool {
	for _, o := range made {
		for _, c := range o.Events {
			if slices.ContainsFunc(c.Code, func(v Versions) bool { return len(v) > 1 }) {
				return false
			}
		}
	}
	return true
}

// SameCode reports whether each handler of is made its rows of was alone. Where one of them is not
// known, the other must not be known either.
func SameCode(was, is map[string]Origin) bool {
	same := true
	pairs(was, is, func(_ string, old, now *Cause, i int) bool {
		same = len(old.of(i)) <= 1 && old.code(i) == now.code(i)
		return same
	})
	return same
}

// CodeChanges returns in words which handlers of is had other code when they made rows of was, and
// since when: a line for each, by collection.
func CodeChanges(was, is map[string]Origin) (lines []string) {
	pairs(was, is, func(collection string, old, now *Cause, i int) bool {
		v, code := old.of(i), now.code(i)
		if len(v) == 0 || code == "" || len(v) == 1 && v[0].Code == code {
			return true
		}
		since := "just now"
		if len(v) > 1 {
			since = "at " + v[1].Since.UTC().Format(time.RFC3339)
		}
		line := fmt.Sprintf("%s: %s changed %s", collection, now.Handlers[i], since)
		if v.has(code) && v[0].Code == code {
			line = fmt.Sprintf("%s: %s was another one %s", collection, now.Handlers[i], since)
		}
		if len(v) > 2 || len(v) == 2 && !v.has(code) {
			line += fmt.Sprintf(", and %d versions of it have folded", len(v))
		}
		lines = append(lines, line)
		return true
	})
	return lines
}
