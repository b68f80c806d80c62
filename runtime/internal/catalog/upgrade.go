package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// layout2 stands for the contract of the code that wrote layouts 1 and 2, which had none. It is the
// contract of no code.
const layout2 = "layout 2"

// upgrade turns a state of an earlier layout into one of the present layout, in memory. The first
// commit stores it.
func (s *state) upgrade() {
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
				s.Kept[strings.Join(parts[:last], " ")] = KeptIndex{
					Table: plan.IndexTable(parts[0], parts[1]), Whole: true,
					Once: parts[last] == "true",
				}
			}
		}
		s.Indexes = nil
	}
	s.Layout = layoutVersion
}

// tablesOfLayout1 returns the tables of the live generation, which layout 1 did not name.
func (s *state) tablesOfLayout1() (names []string) {
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

// earlierChanges returns how the code differs from what made views of layout 2.
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

// otherTopics returns a line if views of layout 2 were made from topics of which the code reads
// none, and else "". Layout 2 did not name the topics, but the views have positions in them.
func (c *Catalog) otherTopics() string {
	var were []string
	for id := range c.on.Positions() {
		were = append(were, id.Topic)
	}
	were = plan.Sorted(were)
	read := func(topic string) bool { return slices.Contains(were, topic) }
	if len(were) == 0 || slices.ContainsFunc(c.code.Topics, read) {
		return ""
	}
	return fmt.Sprintf("the events are those of %s, and were of %s",
		strings.Join(c.code.Topics, ", "), strings.Join(were, ", "))
}
