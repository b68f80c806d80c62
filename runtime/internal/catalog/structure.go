package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/staterow"
)

// Structure compares what the code makes the views from with what the state says that they were
// made from. It is safe for concurrent use.
type Structure struct {
	code      *plan.Code
	lock      *quiesce.Lock
	row       *staterow.Row
	current   *generation.Current
	positions func() map[partition.ID]int64 // how far the live views have come
	differs   atomic.Pointer[Differences]   // as of the last change of the state; nil: it does not
}

// Differences are how the code differs from what made the live views, a line for each.
type Differences struct {
	Structure []string
	Handlers  []string // if the structure is the same
}

// Differences returns how the code differs from what made the live views; nil: it does not, or
// nothing was folded into them. Nobody changes it. Any goroutine may call it.
func (x *Structure) Differences() *Differences { return x.differs.Load() }

// note finds out how the code differs. The caller holds the quiesce lock, or opens the app.
func (x *Structure) note(s *staterow.State) {
	if x.untouched(s) {
		x.differs.Store(nil)
		return
	}
	d := &Differences{Structure: append(x.changes(s), x.current.Load().Shapes.Lost()...)}
	if len(d.Structure) == 0 {
		d.Handlers = plan.CodeChanges(x.code.TodayOrigins(s.Made), x.code.Made)
	}
	if len(d.Structure)+len(d.Handlers) == 0 {
		d = nil
	}
	x.differs.Store(d)
}

// Changes returns how the code differs from what made the live views, or "". The caller holds or
// visits the quiesce lock.
func (x *Structure) Changes() string {
	s := x.row.Known()
	if x.untouched(s) {
		return ""
	}
	lines := x.changes(s)
	lost := x.current.Load().Shapes.Lost()
	return strings.Join(append(lines, lost...), "; ")
}

// CodeChanges returns which handlers had other code when they made the live views, and whether the
// state has all of today's: then the code has folded into them before. There are no lines if the
// structure differs as well, or it is not known. The caller holds or visits the quiesce lock.
func (x *Structure) CodeChanges() (lines []string, recorded bool) {
	s := x.row.Known()
	if x.untouched(s) || len(x.changes(s)) > 0 {
		return nil, true
	}
	return plan.CodeChanges(x.code.TodayOrigins(s.Made), x.code.Made), x.codeRecorded(s)
}

// codeRecorded reports whether a state that has the code's structure has the code of all handlers,
// too.
func (x *Structure) codeRecorded(s *staterow.State) bool {
	made := x.code.TodayOrigins(s.Made)
	return s.Mixed || len(plan.Differences(made, x.code.Made)) > 0 ||
		plan.Recorded(made, x.code.Made)
}

// Displaced reports whether the live views were made from other topics than the code reads: what
// these hold must not be folded on top. The caller does not hold the quiesce lock.
func (x *Structure) Displaced(ctx context.Context) bool {
	v, err := x.lock.RLock(ctx)
	if err != nil {
		return false
	}
	defer x.lock.Leave(v)
	s := x.row.Known()
	return !x.untouched(s) &&
		(plan.Elsewhere(x.code.TodayOrigins(s.Made), x.code.Made) ||
			s.Made == nil && x.otherTopics() != "")
}

// MadeFrom returns the event types that the live views were made from. The caller holds or visits
// the quiesce lock.
func (x *Structure) MadeFrom() map[string]bool { return x.row.Known().MadeFrom() }

// changes returns how the rows of the live generation were made otherwise than the code makes
// them.
func (x *Structure) changes(s *staterow.State) (lines []string) {
	if s.Made == nil {
		lines = x.earlierChanges(s.Fingerprint)
	} else {
		lines = plan.Differences(x.code.TodayOrigins(s.Made), x.code.Made)
	}
	if len(lines) == 0 {
		lines = foreign(s.Foreign, x.code)
	}
	if s.Mixed {
		lines = append(lines, "code that makes them from something else has folded into them")
	}
	return lines
}

// untouched reports whether nothing was folded into the live generation yet.
func (x *Structure) untouched(s *staterow.State) bool {
	return s.Folds == "" || s.Folds == staterow.Layout2 && len(x.positions()) == 0
}

// earlierChanges returns how the code differs from what made views of layout 2.
func (x *Structure) earlierChanges(was []string) (changes []string) {
	was, now := x.code.TodayLines(was), x.code.Fingerprint()
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
	if change := x.otherTopics(); change != "" {
		changes = append(changes, change)
	}
	return changes
}

// otherTopics returns a line if views of layout 2 were made from topics of which the code reads
// none, and else "". Layout 2 did not name the topics, but the views have positions in them.
func (x *Structure) otherTopics() string {
	var were []string
	for id := range x.positions() {
		were = append(were, id.Topic)
	}
	were = plan.Sorted(were)
	read := func(topic string) bool { return slices.Contains(were, topic) }
	if len(were) == 0 || slices.ContainsFunc(x.code.Topics, read) {
		return ""
	}
	return fmt.Sprintf("the events are those of %s, and were of %s",
		strings.Join(x.code.Topics, ", "), strings.Join(were, ", "))
}
