package gauge

import (
	"sync"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Partitions are the gauges of the partitions of the live views. They outlast the tasks, which are
// made anew when others move the views on. The zero Partitions is empty.
type Partitions struct {
	mu sync.Mutex
	of map[partition.ID]*Partition
}

// Resume returns the gauge of a partition whose task goes on at an offset. end is the partition's.
func (all *Partitions) Resume(id partition.ID, next, end int64) *Partition {
	all.mu.Lock()
	p := all.of[id]
	if p == nil {
		if all.of == nil {
			all.of = map[partition.ID]*Partition{}
		}
		p = NewPartition(next, end)
		all.of[id] = p
		all.mu.Unlock()
		return p
	}
	all.mu.Unlock()
	p.resume(next, end)
	return p
}

// Keep forgets the partitions that mine does not have.
func (all *Partitions) Keep(mine map[partition.ID]bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for id := range all.of {
		if !mine[id] {
			delete(all.of, id)
		}
	}
}
