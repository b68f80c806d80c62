package follow

import (
	"sync"

	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// news is what was announced and not looked at yet. Any goroutine may add to it; one takes it.
type news struct {
	ready retry.Signal // there is something

	mu      sync.Mutex
	pending changes
}

// changes is what may have changed in the store.
type changes struct {
	state        bool // of the app
	allPositions bool
	positions    map[partition.ID]bool // of these partitions
}

func newNews() *news { return &news{ready: retry.NewSignal(), pending: none()} }

func none() changes { return changes{positions: map[partition.ID]bool{}} }

// note has note add to what is pending. note is called under the lock.
func (n *news) note(note func(*changes)) {
	n.mu.Lock()
	note(&n.pending)
	n.mu.Unlock()
	n.ready.Set()
}

// take returns what is pending and begins anew.
func (n *news) take() changes {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.pending
	n.pending = none()
	return c
}
