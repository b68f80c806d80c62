package plan

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

// sets names the sets of the handlers, in the order in which they run.
func (c *Cause) sets() (names []string) {
	for _, h := range c.Handlers {
		name, _, _ := strings.Cut(h, ".")
		names = append(names, name)
	}
	return names
}

// Origin says what the rows of a collection are made from. Bodies and fields don't count: only the user knows whether they matter. Nor do
// the names that sets and handlers have in Go.
type Origin struct {
	Key    string // the shape of its keys
	Events []Cause
}

// Cause is an event type whose handlers can write a collection.
type Cause struct {
	Event, Topic string
	Handlers     []string // as they are called, in the order in which they run
}

// structure says what the code makes each collection from.
func (p *Code) structure() map[string]Origin {
	all := map[string]Origin{}
	for ord, c := range p.Layout.Collections {
		o := Origin{Key: string(c.Shape)}
		at := map[string]int{}
		for _, h := range slices.SortedStableFunc(slices.Values(p.handlers), func(g, h Handler) int { return cmp.Compare(g.Set, h.Set) }) {
			if !slices.Contains(h.Writes, ord) {
				continue
			}
			i, ok := at[h.Event]
			if !ok {
				i = len(o.Events)
				at[h.Event] = i
				o.Events = append(o.Events, Cause{Event: h.Event, Topic: p.Topic(p.Events[h.Event].Topic)})
			}
			o.Events[i].Handlers = append(o.Events[i].Handlers, p.sets[h.Set]+"."+h.Name)
		}
		slices.SortFunc(o.Events, func(a, b Cause) int { return strings.Compare(a.Event, b.Event) })
		all[c.Name] = o
	}
	return all
}

// Differences says, collection by collection, how rows are made otherwise than they were.
func Differences(was, is map[string]Origin) (lines []string) {
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

func (o Origin) differences(now Origin) (lines []string) {
	if o.Key != now.Key {
		lines = append(lines, fmt.Sprintf("is keyed by %s, and was by %s", now.Key, o.Key))
	}
	for _, old := range o.Events {
		i := slices.IndexFunc(now.Events, func(c Cause) bool { return c.Event == old.Event })
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
		if !slices.ContainsFunc(o.Events, func(c Cause) bool { return c.Event == is.Event }) {
			lines = append(lines, fmt.Sprintf("is made from %s of topic %s too", is.Event, is.Topic))
		}
	}
	return lines
}

// Elsewhere reports whether rows were made from topics that are not read for them any more, so that what is read now must not be
// folded on top.
func Elsewhere(was, is map[string]Origin) bool {
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
func (p *Code) contractOf(structure map[string]Origin) string {
	nameless := map[string]Origin{}
	for name, o := range structure {
		o.Events = slices.Clone(o.Events)
		for i := range o.Events {
			o.Events[i].Handlers = make([]string, len(o.Events[i].Handlers))
		}
		nameless[name] = o
	}
	b, err := json.Marshal([]any{nameless, p.indexNames()})
	if err != nil {
		panic(err) // plain data
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// HandlersOf names the sets that handle an event type.
func (p *Code) HandlersOf(typ string) (sets []string) {
	for _, h := range p.handlers {
		if h.Event == typ {
			sets = append(sets, p.sets[h.Set])
		}
	}
	return sets
}

// Handles reports whether a set has a handler of an event type.
func (p *Code) Handles(set, typ string) bool {
	return slices.ContainsFunc(p.handlers, func(h Handler) bool { return h.Event == typ && p.sets[h.Set] == set })
}
