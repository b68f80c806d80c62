package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Differences returns in words how rows are made otherwise than they were: a line for each
// difference, by collection.
func Differences(was, is map[string]Origin) (lines []string) {
	names := map[string]Origin{}
	maps.Copy(names, was)
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
	say := func(format string, args ...any) {
		lines = append(lines, fmt.Sprintf(format, args...))
	}
	if o.Key != now.Key {
		say("is keyed by %s, and was by %s", now.Key, o.Key)
	}
	for _, old := range o.Events {
		i := now.cause(old.Event)
		if i < 0 {
			say("is no longer made from %s of topic %s", old.Event, old.Topic)
			continue
		}
		is := now.Events[i]
		if is.Topic != old.Topic {
			say("is made from %s of topic %s, and was from that of topic %s",
				is.Event, is.Topic, old.Topic)
		}
		names, were := strings.Join(is.Handlers, ", "), strings.Join(old.Handlers, ", ")
		switch {
		case len(is.Handlers) != len(old.Handlers):
			say("is made from %s by %s, and was by %s", is.Event, names, were)
		case names != were && slices.Equal(sorted(is.Handlers), sorted(old.Handlers)):
			say("is made from %s in the order %s, and was in the order %s", is.Event, names, were)
		}
	}
	for _, is := range now.Events {
		if o.cause(is.Event) < 0 {
			say("is made from %s of topic %s too", is.Event, is.Topic)
		}
	}
	return lines
}

// cause returns the index of the event type among those that the rows are made from, -1 if they are
// not made from it.
func (o Origin) cause(typ string) int {
	return slices.IndexFunc(o.Events, func(c Cause) bool { return c.Event == typ })
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// Elsewhere reports whether rows were made from other topics than those that are read for them now:
// what is read now must not be folded on top.
func Elsewhere(was, is map[string]Origin) bool {
	for name, old := range was {
		for _, o := range old.Events {
			i := is[name].cause(o.Event)
			if i >= 0 && is[name].Events[i].Topic != o.Topic {
				return true
			}
		}
	}
	return false
}
