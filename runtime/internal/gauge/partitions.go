package gauge

import (
	"sync"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Partitions are the gauges of the partitions of the live views. They outlast the tasks, which are
// made anew when others move the views on. The zero Partitions is empty.
type Partitions struct {
	mu     sync.Mutex
	of     map[partition.ID]*Partition
	folded bool      // those in of are all that is folded
	live   time.Time // when each of them first was not behind; zero: not yet
}

// Resume returns the gauge of a partition whose task goes on at an offset. end is the partition's.
// Fold is called once it was called for all.
func (all *Partitions) Resume(id partition.ID, next, end int64) *Partition {
	all.mu.Lock()
	all.folded = false
	p := all.of[id]
	if p == nil {
		if all.of == nil {
			all.of = map[partition.ID]*Partition{}
		}
		p = NewPartition(next, end)
		p.of = all
		all.of[id] = p
		all.mu.Unlock()
		return p
	}
	all.mu.Unlock()
	p.resume(next, end)
	return p
}

// Fold notes that the partitions are those that are folded from now on.
func (all *Partitions) Fold() {
	all.mu.Lock()
	all.folded = true
	all.mu.Unlock()
	all.arrives(time.Now())
}

// arrives notes that a partition is not behind for the first time.
func (all *Partitions) arrives(now time.Time) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if !all.folded || !all.live.IsZero() {
		return
	}
	for _, p := range all.of {
		if !p.arrived.Load() {
			return
		}
	}
	all.live = now.UTC()
}

// Live returns when all partitions had been folded for the first time to where the log ended a
// moment before; zero: they have not been yet.
func (all *Partitions) Live() time.Time {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.live
}

// Keep forgets the partitions that mine does not have.
func (all *Partitions) Keep(mine map[partition.ID]bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.folded = false
	for id := range all.of {
		if !mine[id] {
			delete(all.of, id)
		}
	}
}
