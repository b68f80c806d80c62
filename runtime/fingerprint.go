package brook

import (
	"fmt"
	"slices"
	"strings"
)

// fingerprint says what made the views, line by line: sets, handled events, collections, keys. Bodies and
// fields don't count: only the user knows whether they matter.
func (a *App) fingerprint() []string {
	var lines []string
	for _, h := range a.def.Handlers {
		lines = append(lines, fmt.Sprintf("set %s handles %s", a.def.Sets[h.Set], h.Event))
	}
	for _, c := range a.layout.collections {
		lines = append(lines, fmt.Sprintf("collection %s is keyed by %s", c.name, c.shape))
	}
	slices.Sort(lines)
	lines = append(lines, "sets run in the order "+strings.Join(a.def.Sets, ", "))
	return lines
}

// changes says how the code differs from what made the views, or "".
func (a *App) changes() string {
	now := a.fingerprint()
	var out []string
	for _, line := range a.state.Fingerprint {
		if !slices.Contains(now, line) {
			out = append(out, "no longer: "+line)
		}
	}
	for _, line := range now {
		if !slices.Contains(a.state.Fingerprint, line) {
			out = append(out, "new: "+line)
		}
	}
	out = append(out, a.live.Load().shapes.lost(a.layout.collections)...)
	return strings.Join(out, "; ")
}

// indexNames names the indexes that the code has, so that a new one is noticed.
func (a *App) indexNames() []string {
	var names []string
	for _, c := range a.layout.collections {
		for _, x := range c.indexes {
			names = append(names, c.indexName(x))
		}
	}
	slices.Sort(names)
	return names
}

// stale deals with views that other code made, and reports whether they have to be rebuilt.
func (a *App) stale() (rebuild bool, err error) {
	a.rest()
	defer a.gate.Unlock()
	changes := a.changes()
	if changes == "" {
		return false, nil
	}
	if a.progress.none() || a.config.OnStale == GoOn {
		return false, a.updateStateResting(a.ctx, func(next *state) error {
			next.Fingerprint = a.fingerprint()
			return nil
		}, nil)
	}
	if a.config.OnStale == Fail {
		return false, fmt.Errorf("%w: %s; Rebuild makes them anew", ErrStale, changes)
	}
	a.config.Log.Info("brook: the views were made by other code and are rebuilt", "app", a.config.Name, "changes", changes)
	return true, nil
}
