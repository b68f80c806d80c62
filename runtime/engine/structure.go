package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// origin says what the rows of a collection are made from. Bodies and fields don't count: only the user knows whether they matter. Nor do
// the names that sets and handlers have in Go.
type origin struct {
	Key    string // the shape of its keys
	Events []cause
}

// cause is an event type whose handlers can write a collection.
type cause struct {
	Event, Topic string
	Handlers     []string // as they are called, in the order in which they run
}

// structure says what the code makes each collection from.
func (a *App) structure() map[string]origin {
	all := map[string]origin{}
	for ord, c := range a.layout.Collections {
		o := origin{Key: string(c.Shape)}
		at := map[string]int{}
		for _, h := range slices.SortedStableFunc(slices.Values(a.handlers), func(g, h Handler) int { return cmp.Compare(g.Set, h.Set) }) {
			if !slices.Contains(h.Writes, ord) {
				continue
			}
			i, ok := at[h.Event]
			if !ok {
				i = len(o.Events)
				at[h.Event] = i
				o.Events = append(o.Events, cause{Event: h.Event, Topic: a.topic(a.events[h.Event].Topic)})
			}
			o.Events[i].Handlers = append(o.Events[i].Handlers, a.sets[h.Set]+"."+h.Name)
		}
		slices.SortFunc(o.Events, func(a, b cause) int { return strings.Compare(a.Event, b.Event) })
		all[c.Name] = o
	}
	return all
}

// differences says, collection by collection, how rows are made otherwise than they were.
func differences(was, is map[string]origin) (lines []string) {
	names := maps.Clone(was)
	maps.Copy(names, is)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old, before := was[name]
		now, after := is[name]
		switch {
		case !before:
			lines = append(lines, name+" is new")
		case !after:
			lines = append(lines, name+" is gone")
		default:
			for _, line := range old.differences(now) {
				lines = append(lines, name+" "+line)
			}
		}
	}
	return lines
}

func (o origin) differences(now origin) (lines []string) {
	if o.Key != now.Key {
		lines = append(lines, fmt.Sprintf("is keyed by %s, and was by %s", now.Key, o.Key))
	}
	for _, old := range o.Events {
		i := slices.IndexFunc(now.Events, func(c cause) bool { return c.Event == old.Event })
		if i < 0 {
			lines = append(lines, fmt.Sprintf("is no longer made from %s of topic %s", old.Event, old.Topic))
			continue
		}
		is := now.Events[i]
		if is.Topic != old.Topic {
			lines = append(lines, fmt.Sprintf("is made from %s of topic %s, and was from that of topic %s", is.Event, is.Topic, old.Topic))
		}
		switch {
		case len(is.Handlers) != len(old.Handlers):
			lines = append(lines, fmt.Sprintf("is made from %s by %s, and was by %s", is.Event, strings.Join(is.Handlers, ", "), strings.Join(old.Handlers, ", ")))
		case !slices.Equal(is.Handlers, old.Handlers) && slices.Equal(slices.Sorted(slices.Values(is.Handlers)), slices.Sorted(slices.Values(old.Handlers))):
			lines = append(lines, fmt.Sprintf("is made from %s in the order %s, and was in the order %s", is.Event, strings.Join(is.Handlers, ", "), strings.Join(old.Handlers, ", ")))
		}
	}
	for _, is := range now.Events {
		if !slices.ContainsFunc(o.Events, func(c cause) bool { return c.Event == is.Event }) {
			lines = append(lines, fmt.Sprintf("is made from %s of topic %s too", is.Event, is.Topic))
		}
	}
	return lines
}

// elsewhere reports whether rows were made from topics that are not read for them any more, so that what is read now must not be
// folded on top.
func elsewhere(was, is map[string]origin) bool {
	for name, old := range was {
		for _, o := range old.Events {
			for _, n := range is[name].Events {
				if o.Event == n.Event && o.Topic != n.Topic {
					return true
				}
			}
		}
	}
	return false
}

// contract names what all who fold one generation have in common: what they make its rows from, and which indexes they keep up. A commit
// of code with another one fails, because the state says whose contract counts.
func (a *App) contractOf(structure map[string]origin) string {
	nameless := map[string]origin{}
	for name, o := range structure {
		o.Events = slices.Clone(o.Events)
		for i := range o.Events {
			o.Events[i].Handlers = make([]string, len(o.Events[i].Handlers))
		}
		nameless[name] = o
	}
	b, err := json.Marshal([]any{nameless, a.indexNames()})
	if err != nil {
		panic(err) // plain data
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// handlersOf names the sets that handle an event type.
func (a *App) handlersOf(typ string) (sets []string) {
	for _, h := range a.handlers {
		if h.Event == typ {
			sets = append(sets, a.sets[h.Set])
		}
	}
	return sets
}

// handles reports whether a set has a handler of an event type.
func (a *App) handles(set, typ string) bool {
	return slices.ContainsFunc(a.handlers, func(h Handler) bool { return h.Event == typ && a.sets[h.Set] == set })
}

// madeFrom names the event types that the live views were made from.
func (a *App) madeFrom() map[string]bool {
	types := map[string]bool{}
	for _, o := range a.state.Made {
		for _, c := range o.Events {
			types[c.Event] = true
		}
	}
	for _, line := range a.state.Fingerprint {
		var set, typ string
		if n, _ := fmt.Sscanf(line, "set %s handles %s", &set, &typ); n == 2 {
			types[typ] = true
		}
	}
	return types
}
