package brook

import (
	"fmt"
	"slices"
)

// mode says whether partitions can be folded side by side: signatures rule it out where handlers of events in two
// partitions could meet at one row.
func (a *App) mode(partitions []Partition) Mode {
	counts := map[string]int{}
	for _, p := range partitions {
		counts[p.Topic]++
	}
	lanes := 0
	for _, topic := range a.topics {
		n := counts[topic]
		if lanes != 0 && n != lanes {
			return Mode{1, fmt.Sprintf("topics have different numbers of partitions: %s has %d, %s has %d", a.topics[0], lanes, topic, n)}
		}
		lanes = n
	}
	if lanes <= 1 {
		return Mode{1, "there is one partition"}
	}
	if _, ok := a.config.Driver.(Partitioner); !ok {
		return Mode{1, "the driver does not say which partition a key belongs to"}
	}
	if unkeyed(a.config.Envelope) {
		return Mode{1, "the envelope's record keys are not the events' keys"}
	}
	for i := range a.def.Handlers {
		if reason := a.obstacle(&a.def.Handlers[i]); reason != "" {
			return Mode{1, reason}
		}
	}
	return Mode{Lanes: lanes}
}

// obstacle says what in a handler's signature rules out parallel lanes, or "".
func (a *App) obstacle(h *Handler) string {
	name := a.def.Sets[h.Set] + "." + h.Name
	shape := a.events[h.Event].shape
	if shape == "" {
		return fmt.Sprintf("%s handles %s, which has no key", name, h.Event)
	}
	for _, x := range h.Indexes {
		c := a.layout.collections[x.Collection]
		return fmt.Sprintf("%s reads %s by %s, which may lead to any row", name, c.name, c.indexes[x.Index].field)
	}
	for _, ord := range h.Writes {
		c := a.layout.collections[ord]
		if i := slices.IndexFunc(c.indexes, func(x indexInfo) bool { return x.unique }); i >= 0 {
			return fmt.Sprintf("%s writes %s, whose field %s is unique among all rows", name, c.name, c.indexes[i].field)
		}
	}
	for _, ord := range slices.Concat(h.Reads, h.Writes) {
		if c := a.layout.collections[ord]; !c.shape.HasPrefix(shape) {
			return fmt.Sprintf("%s touches %s, whose keys (%s) can't begin with the key of %s (%s)", name, c.name, c.shape, h.Event, shape)
		}
	}
	return ""
}
