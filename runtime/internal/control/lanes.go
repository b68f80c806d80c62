package control

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// laneMap says which partitions are folded by one task, and how far the views have come.
type laneMap struct {
	of    map[partition.ID]int // the task of a partition
	group bool                 // others' tasks run elsewhere
	next  map[partition.ID]int64
}

// lanes returns the tasks that run.
func (x *Timers) lanes(ctx context.Context) (l laneMap, err error) {
	s := x.Tasks
	l = laneMap{of: map[partition.ID]int{}, group: s.Config.Group, next: s.Progress.All()}
	s.TasksMu.Lock()
	for i, t := range s.Tasks {
		for _, p := range t.Partitions {
			l.of[p.ID] = i
		}
	}
	s.TasksMu.Unlock()
	if !s.Catalog.Fenced() || s.Config.Group {
		return l, nil
	}
	// Other processes fold as well.
	err = s.Retry.Do(ctx, "read", func() error {
		standings, err := s.Catalog.Live().Standings(ctx, s.Reader)
		for id, stored := range standings {
			l.next[id] = max(l.next[id], stored.Next)
		}
		return err
	})
	return l, err
}

// passed reports whether the views have come to ends in all partitions of the lane of one. What was
// set in none, or in one that is not read any more, belongs to all lanes.
func (l *laneMap) passed(id partition.ID, ends map[partition.ID]int64) bool {
	lane, known := l.of[id]
	for other, end := range ends {
		its, folded := l.of[other]
		switch {
		case !folded && l.group, known && folded && its != lane: // another lane's
		case l.next[other] < end:
			return false
		}
	}
	return true
}
