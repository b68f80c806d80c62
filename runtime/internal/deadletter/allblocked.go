package deadletter

import (
	"sync"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// AllBlocked is the blocked keys of all partitions of a generation. Which partitions there are, and
// how many letters they have, anybody may ask; the keys of a partition belong to its task. The zero
// AllBlocked is empty.
type AllBlocked struct {
	mu sync.Mutex
	of map[partition.ID]*Blocked
}

// Of returns the blocked keys of a partition.
func (all *AllBlocked) Of(id partition.ID) *Blocked {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.of == nil {
		all.of = map[partition.ID]*Blocked{}
	}
	if all.of[id] == nil {
		all.of[id] = &Blocked{}
	}
	return all.of[id]
}

// Replace puts others in the place of all. They are not used otherwise after that.
func (all *AllBlocked) Replace(others map[partition.ID]*Blocked) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.of = others
}

// Len returns how many dead letters the partitions have together.
func (all *AllBlocked) Len() (n int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, b := range all.of {
		n += b.Len()
	}
	return n
}
