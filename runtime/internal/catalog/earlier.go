package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// What earlier layouts had in the state. It is read, and goes with the first commit.

// layout2 is the contract of code before contracts were kept: that of nobody.
const layout2 = "layout 2"

// upgrade brings a state that was read to the present layout, in memory.
func (s *State) upgrade() {
	if s.Layout == 1 {
		names := s.tablesOfLayout1()
		s.Tables = map[int][]string{}
		for _, number := range append(slices.Clone(s.Dropped), s.Generation, s.Building) {
			if number != 0 {
				s.Tables[number] = names
			}
		}
	}
	if s.Layout < 3 {
		s.Folds = layout2
		s.Kept = map[string]KeptIndex{}
		for _, index := range s.Indexes {
			if parts := strings.Fields(index); len(parts) > 3 {
				last := len(parts) - 1
				s.Kept[strings.Join(parts[:last], " ")] = KeptIndex{Table: plan.IndexTable(parts[0], parts[1]), Whole: true, Once: parts[last] == "true"}
			}
		}
		s.Indexes = nil
	}
	s.Layout = layoutVersion
}

// tablesOfLayout1 works out which tables the live generation has: layout 1 did not say it.
func (s *State) tablesOfLayout1() (names []string) {
	for _, line := range s.Fingerprint {
		if collection, ok := strings.CutPrefix(line, "collection "); ok {
			name, _, _ := strings.Cut(collection, " ")
			names = append(names, plan.RowsTable(name))
		}
	}
	for _, index := range s.Indexes {
		if parts := strings.Fields(index); len(parts) > 1 {
			names = append(names, plan.IndexTable(parts[0], parts[1]))
		}
	}
	return names
}

// earlierChanges says how the code differs from what made views of layout 2.
func (c *Catalog) earlierChanges(was []string) (changes []string) {
	now := c.code.Fingerprint()
	for _, line := range was {
		if !slices.Contains(now, line) {
			changes = append(changes, "no longer: "+line)
		}
	}
	for _, line := range now {
		if !slices.Contains(was, line) {
			changes = append(changes, "new: "+line)
		}
	}
	if change := c.otherTopics(); change != "" {
		changes = append(changes, change)
	}
	return changes
}

// otherTopics says that views of layout 2 were made from topics of which none is read any more: it did not say from which, but the
// views have positions there.
func (c *Catalog) otherTopics() string {
	var stands []string
	for id := range c.on.Positions() {
		stands = append(stands, id.Topic)
	}
	stands = plan.Sorted(stands)
	if len(stands) == 0 || slices.ContainsFunc(c.code.Topics, func(topic string) bool { return slices.Contains(stands, topic) }) {
		return ""
	}
	return fmt.Sprintf("the events are those of %s, and were of %s", strings.Join(c.code.Topics, ", "), strings.Join(stands, ", "))
}
