package outbox

import (
	"slices"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// deferred is what the app does not do for one partition while another member owns it, in order.
// The mutex of Outbox guards it.
type deferred struct {
	items   []*Item
	effects []Effect
}

// HasDeferred reports whether anything is deferred.
func (o *Outbox) HasDeferred() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.ownership.deferred) > 0
}

// release queues what was deferred in a partition, except what the group acted on.
func (o *Outbox) release(id partition.ID) {
	d := o.ownership.deferred[id]
	if d == nil {
		return
	}
	o.pass(d, id)
	o.queue = append(o.queue, d.items...)
	if len(d.effects) > 0 {
		o.ownership.freed[id] = append(o.ownership.freed[id], d.effects...)
		o.depth[id] -= len(d.effects)
	}
	delete(o.ownership.deferred, id)
}

// pass lets go of what the group acted on: its emissions are queued to be removed from the store.
func (o *Outbox) pass(d *deferred, id partition.ID) {
	n := 0
	for n < len(d.items) && o.ownership.acted(d.items[n].Position) {
		d.items[n].Passed = true
		n++
	}
	o.queue = append(o.queue, d.items[:n]...)
	d.items = slices.Delete(d.items, 0, n)
	n = 0
	for n < len(d.effects) && o.ownership.acted(d.effects[n].Position) {
		n++
	}
	o.depth[id] -= n
	d.effects = slices.Delete(d.effects, 0, n)
}
