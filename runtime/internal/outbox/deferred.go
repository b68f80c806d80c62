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

// put defers an emission. It may have been committed before others that are deferred.
func (o *Outbox) put(item *Item) {
	if item.at != nil {
		o.late[item.cause()]--
		item.at = nil
	}
	d := o.ownership.deferredOf(item.cause())
	i, _ := slices.BinarySearchFunc(d.items, item, compareKeys)
	d.items = slices.Insert(d.items, i, item)
}

// standDown defers what waits to be published for partitions that the app does not own, and forgets
// the checkpoints behind it.
func (o *Outbox) standDown() {
	s := &o.ownership
	if !s.divided {
		return
	}
	o.extract(s.standsBy, o.put)
	o.forget(func(id partition.ID) bool { return !s.assigned[id] })
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
