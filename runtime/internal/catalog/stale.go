package catalog

import (
	"context"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Changes says how the code differs from what made the views, or "". The caller holds the gate.
func (c *Catalog) Changes() string {
	s := &c.State
	if c.untouched(s) {
		return ""
	}
	lines := c.structureChanges(s)
	return strings.Join(append(lines, c.Live.Load().Shapes.lost(c.code.Layout.Collections)...), "; ")
}

// structureChanges says what the live generation's rows are made from otherwise than the code makes them.
func (c *Catalog) structureChanges(s *State) (lines []string) {
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
func (c *Catalog) untouched(s *State) bool {
	return s.Folds == "" || s.Folds == layout2 && len(c.on.Positions()) == 0
}

// Displaced reports whether the views were made from other topics than those that are read now: what these hold must not be folded on top.
func (c *Catalog) Displaced(ctx context.Context) bool {
	v, err := c.Gate.RLock(ctx)
	if err != nil {
		return false
	}
	defer c.Gate.Leave(v)
	s := &c.State
	return !c.untouched(s) && (plan.Elsewhere(s.Made, c.code.Made) || s.Made == nil && c.otherTopics() != "")
}
