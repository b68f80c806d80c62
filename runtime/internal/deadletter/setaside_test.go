package deadletter

import (
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// What was put aside is owed until a set acts on it; what was dropped is not.
func TestSetAside(t *testing.T) {
	handle := func(set string) *Letter {
		return &Letter{DeadLetter: brook.DeadLetter{Position: in, Set: set}}
	}
	tests := []struct {
		name   string
		events []Event
		owed   map[string]bool // of sets a and b
		has    map[string]bool
		owes   []string // of a letter of every set
		silent bool
	}{
		{name: "nothing", silent: true},
		{name: "one set", events: []Event{{Set: "a"}}, owed: map[string]bool{"a": true},
			has: map[string]bool{"a": true}, owes: []string{"a"}, silent: true},
		{name: "one that acted", events: []Event{{Set: "a", Silent: true}},
			has: map[string]bool{"a": true}, silent: true},
		{name: "every set", events: []Event{{}}, owed: map[string]bool{"a": true, "b": true},
			has: map[string]bool{"a": true, "b": true}},
		{name: "every set but one", events: []Event{{Silent: true, Owes: []string{"b"}}},
			owed: map[string]bool{"b": true}, has: map[string]bool{"a": true, "b": true},
			owes: []string{"b"}, silent: true},
		{name: "dropped", events: []Event{{Set: "a", Dropped: true}}, silent: true},
		{name: "one dropped", events: []Event{{Set: "a", Dropped: true}, {Set: "b"}},
			owed: map[string]bool{"b": true}, has: map[string]bool{"b": true},
			owes: []string{"b"}, silent: true},
		{name: "all dropped", events: []Event{{Dropped: true}}, silent: true},
	}
	for _, test := range tests {
		all := SetAside{}
		all.Add(brook.Position{Topic: "orders", Partition: 3, Offset: 8}, Event{}) // another one
		all.Add(brook.Position{Topic: "orders", Partition: 2, Offset: 7}, Event{})
		var dropped []string
		for _, one := range test.events {
			if all.Add(in, one); one.Dropped {
				dropped = append(dropped, one.Set)
			}
		}
		for _, set := range []string{"a", "b"} {
			want(t, test.name+": owed by "+set, all.Owed(in, set), test.owed[set])
			want(t, test.name+": put aside by "+set, all.Has(in, set), test.has[set])
			silent, owes := all.Silence(handle(set))
			want(t, test.name+": silence of "+set, silent, !test.owed[set])
			want(t, test.name+": owes of "+set, len(owes), 0)
		}
		silent, owes := all.Silence(handle(""))
		want(t, test.name+": silence of all", silent, test.silent)
		if !slices.Equal(owes, test.owes) {
			t.Errorf("%s: owed by %v, want %v", test.name, owes, test.owes)
		}
		if got := all.Dropped(in); !slices.Equal(got, dropped) {
			t.Errorf("%s: dropped for %q, want %q", test.name, got, dropped)
		}
	}
}
