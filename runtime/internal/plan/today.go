package plan

import (
	"maps"
	"slices"
	"strings"
)

// Renamed reports whether any event type had another name before.
func (p *Code) Renamed() bool { return len(p.today) > 0 }

// Today returns what an event type is called today: typ itself unless the code says that it is an
// earlier name.
func (p *Code) Today(typ string) string {
	if now, ok := p.today[typ]; ok {
		return now
	}
	return typ
}

// TodayOrigins returns what rows were made from, with the events as they are called today. made
// stays as it is.
func (p *Code) TodayOrigins(made map[string]Origin) map[string]Origin {
	if !p.Renamed() {
		return made
	}
	renamed := maps.Clone(made)
	for name, o := range made {
		o.Events = slices.Clone(o.Events)
		for i := range o.Events {
			o.Events[i].Event = p.Today(o.Events[i].Event)
		}
		slices.SortStableFunc(o.Events, func(a, b Cause) int {
			return strings.Compare(a.Event, b.Event)
		})
		if typ, timers := strings.CutPrefix(name, timersOf("")); timers {
			delete(renamed, name)
			name = timersOf(p.Today(typ))
		}
		renamed[name] = o
	}
	return renamed
}

// TodaySets returns sets by [SetOf], with the events as they are called today. sets stays as it is.
func (p *Code) TodaySets(sets map[string]string) map[string]string {
	if !p.Renamed() {
		return sets
	}
	renamed := map[string]string{}
	for from, to := range sets {
		typ, set, _ := strings.Cut(from, " ")
		renamed[SetOf(p.Today(typ), set)] = to
	}
	return renamed
}

// TodayLines returns lines of Fingerprint with the events as they are called today. lines stay as
// they are.
func (p *Code) TodayLines(lines []string) []string {
	if !p.Renamed() {
		return lines
	}
	renamed := slices.Clone(lines)
	for i, line := range renamed {
		if set, typ, ok := strings.Cut(line, " handles "); ok {
			renamed[i] = set + " handles " + p.Today(typ)
		}
	}
	return renamed
}
