package catalog

import (
	"context"
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Changes returns how the code differs from what made the live views, or "". The caller holds or
// visits the quiesce lock.
func (c *Catalog) Changes() string {
	s := &c.state
	if c.untouched(s) {
		return ""
	}
	lines := c.structureChanges(s)
	lost := c.live.Load().shapes.Lost()
	return strings.Join(append(lines, lost...), "; ")
}

// structureChanges returns how the rows of the live generation were made otherwise than the code
// makes them.
func (c *Catalog) structureChanges(s *state) (lines []string) {
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
func (c *Catalog) untouched(s *state) bool {
	return s.Folds == "" || s.Folds == layout2 && len(c.on.Positions()) == 0
}

// Displaced reports whether the live views were made from other topics than the code reads: what
// these hold must not be folded on top. The caller does not hold the quiesce lock.
func (c *Catalog) Displaced(ctx context.Context) bool {
	v, err := c.lock.RLock(ctx)
	if err != nil {
		return false
	}
	defer c.lock.Leave(v)
	s := &c.state
	return !c.untouched(s) &&
		(plan.Elsewhere(s.Made, c.code.Made) || s.Made == nil && c.otherTopics() != "")
}

// MadeFrom returns the event types that the live views were made from. The caller holds or visits
// the quiesce lock.
func (c *Catalog) MadeFrom() map[string]bool {
	types := map[string]bool{}
	for _, o := range c.state.Made {
		for _, cause := range o.Events {
			types[cause.Event] = true
		}
	}
	for _, line := range c.state.Fingerprint {
		var set, typ string
		if n, _ := fmt.Sscanf(line, "set %s handles %s", &set, &typ); n == 2 {
			types[typ] = true
		}
	}
	return types
}
