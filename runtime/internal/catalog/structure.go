package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Changes returns how the code differs from what made the live views, or "". The caller holds or
// visits the quiesce lock.
func (c *Catalog) Changes() string {
	s := c.row.Known()
	if c.untouched(s) {
		return ""
	}
	lines := c.structureChanges(s)
	lost := c.current.Load().Shapes.Lost()
	return strings.Join(append(lines, lost...), "; ")
}

// structureChanges returns how the rows of the live generation were made otherwise than the code
// makes them.
func (c *Catalog) structureChanges(s *staterow.State) (lines []string) {
	if s.Made == nil {
		lines = c.earlierChanges(s.Fingerprint)
	} else {
		lines = plan.Differences(s.Made, c.code.Made)
	}
	if s.Mixed {
		lines = append(lines, "code that makes them from something else has folded into them")
	}
	return lines
}

// untouched reports whether nothing was folded into the live generation yet.
func (c *Catalog) untouched(s *staterow.State) bool {
	return s.Folds == "" || s.Folds == staterow.Layout2 && len(c.on.Positions()) == 0
}

// Displaced reports whether the live views were made from other topics than the code reads: what
// these hold must not be folded on top. The caller does not hold the quiesce lock.
func (c *Catalog) Displaced(ctx context.Context) bool {
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return false
	}
	defer c.lock.Leave(v)
	s := c.row.Known()
	return !c.untouched(s) &&
		(plan.Elsewhere(s.Made, c.code.Made) || s.Made == nil && c.otherTopics() != "")
}

// MadeFrom returns the event types that the live views were made from. The caller holds or visits
// the quiesce lock.
func (c *Catalog) MadeFrom() map[string]bool { return c.row.Known().MadeFrom() }

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
