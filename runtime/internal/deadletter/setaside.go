package deadletter

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// SetAside holds the events that the views of a generation put aside, by partition and offset:
// those that are still dead letters, and those whose letters were dropped. A rebuild goes by the
// events that the live views put aside.
type SetAside map[partition.ID]map[int64][]Event

// Event is an event that was put aside for a handler set.
type Event struct {
	Set     string   // the set that handles it now; "": every set
	Key     []byte   // the key that it blocks; nil: none
	Silent  bool     // it was acted on
	Owes    []string // sets that did not act on it, although Silent is set
	Dropped bool     // its letter was dropped
	Parked  bool     // it came too early, and is no letter
}

// Add adds an event that stands at a position.
func (all SetAside) Add(at brook.Position, one Event) {
	id := partition.Of(at)
	if all[id] == nil {
		all[id] = map[int64][]Event{}
	}
	all[id][at.Offset] = append(all[id][at.Offset], one)
}

// isFor reports whether the event is a dead letter of a set, or of every set.
func (e Event) isFor(set string) bool { return !e.Dropped && (e.Set == set || e.Set == "") }

func (all SetAside) at(p brook.Position) []Event { return all[partition.Of(p)][p.Offset] }

// Owed reports whether a set never acted on an event because the event is a dead letter.
func (all SetAside) Owed(p brook.Position, set string) bool {
	return slices.ContainsFunc(all.at(p), func(one Event) bool {
		return one.isFor(set) && (!one.Silent || slices.Contains(one.Owes, set))
	})
}

// Has reports whether there is a dead letter of an event for a set, or for every set.
func (all SetAside) Has(p brook.Position, set string) bool {
	return slices.ContainsFunc(all.at(p), func(one Event) bool { return one.isFor(set) })
}

// Dropped returns the sets for which an event was dropped; "" stands for every set.
func (all SetAside) Dropped(p brook.Position) (sets []string) {
	for _, one := range all.at(p) {
		if one.Dropped {
			sets = append(sets, one.Set)
		}
	}
	return sets
}

// Silence returns, for a letter that a rebuild makes, whether its event was acted on, and which
// sets did not act all the same.
func (all SetAside) Silence(l *Letter) (silent bool, owes []string) {
	if l.Set != "" {
		return !all.Owed(l.Position, l.Set), nil
	}
	for _, one := range all.at(l.Position) {
		switch {
		case one.Dropped:
		case one.Set == "":
			return one.Silent, one.Owes
		case all.Owed(l.Position, one.Set):
			owes = append(owes, one.Set)
		}
	}
	return true, owes
}
