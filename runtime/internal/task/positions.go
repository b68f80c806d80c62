package task

import "github.com/brookgen/brookgen/runtime/internal/partition"

// Positions returns how far the live views have come in the partitions that the tasks fold.
func (s *Set) Positions() map[partition.ID]int64 {
	s.LanesMu.Lock()
	defer s.LanesMu.Unlock()
	at := map[partition.ID]int64{}
	for _, t := range s.Tasks {
		for _, p := range t.Partitions {
			at[p.ID] = s.Progress.At(p.ID)
		}
	}
	return at
}
