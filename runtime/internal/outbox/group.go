package outbox

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ownership"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Group is what the outbox of a member of a group does besides: it acts for the partitions that
// the app owns, and defers what is to be done for others. Package group tells it what the driver
// divides. It is a part of Outbox, whose mutex guards it.
type Group struct {
	box      *Outbox
	owned    ownership.Ownership
	deferred deferral
}

// Join makes the outbox that of a member of a group, which may mark nothing yet; divided says that
// it acts for nothing yet either. Nobody publishes meanwhile.
func (g *Group) Join(divided bool) {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	g.owned.Join(divided)
	if g.box.jobs != nil {
		g.box.jobs.Join(divided)
	}
	g.standDown()
}

// Dissolve ends the membership: the app acts for all partitions, and does what it deferred.
func (g *Group) Dissolve() {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	for id := range g.deferred.of {
		g.release(id)
	}
	g.owned.Dissolve()
	if g.box.jobs != nil {
		g.box.jobs.Dissolve()
	}
}

// Suspend begins a division: what is in the outbox is still done, what comes is deferred until
// Assign.
func (g *Group) Suspend() {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	g.owned.Suspend()
}

// Assign ends a division: the partitions are the app's own from now on, all others are not. Their
// offsets are the group's checkpoints: what was deferred is done from there. What could not be
// published of the others' is deferred.
func (g *Group) Assign(checkpoints map[partition.ID]int64) {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	g.owned.Assign(checkpoints)
	if g.box.jobs != nil {
		g.box.jobs.Assign(checkpoints)
	}
	g.standDown()
	for id := range checkpoints {
		g.release(id)
		g.box.Checkpoints.renew(id)
	}
	g.box.Rouse()
}

// Acknowledged notes checkpoints of the group, and lets go of what was deferred and is done by
// others.
func (g *Group) Acknowledged(checkpoints map[partition.ID]int64) {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	for id, offset := range checkpoints {
		g.owned.Acknowledge(id, offset)
	}
	for id := range g.deferred.of {
		g.pass(id)
	}
	if g.box.jobs != nil {
		g.box.jobs.Acknowledge(checkpoints)
	}
	g.box.Rouse()
}

// ActsFor reports whether the app publishes what was caused in a partition.
func (g *Group) ActsFor(id partition.ID) bool {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	return g.owned.Owns(id) && g.owned.Active(id)
}

// Divided reports whether the app acts for its own partitions only.
func (g *Group) Divided() bool {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	return g.owned.Divided()
}

// Acted reports whether the group acted on an event that the app comes to now.
func (g *Group) Acted(p brook.Position) bool {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	return g.owned.Acted(p)
}

// HasDeferred reports whether anything is deferred.
func (g *Group) HasDeferred() bool {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	return len(g.deferred.of) > 0 || g.box.jobs != nil && g.box.jobs.HasDeferred()
}

// Freed returns the effects that were deferred and are to run now, of the partitions that wanted
// accepts. It returns each effect once.
func (g *Group) Freed(wanted func(partition.ID) bool) (effects []Effect) {
	g.box.mu.Lock()
	defer g.box.mu.Unlock()
	return g.deferred.take(wanted)
}

// commit takes what a commit left to do, or defers it, and returns the effects that are to run now.
func (g *Group) commit(items []*Item, effects []Effect) (now []Effect) {
	o := g.box
	for _, item := range items {
		id := item.cause()
		o.depth[id]++
		item.Passed = g.owned.Acted(item.place()) // by another member, since it was folded
		if item.Passed || g.owned.Active(id) {
			o.queue.items = append(o.queue.items, item)
		} else {
			g.deferred.add(item)
		}
	}
	for _, e := range effects {
		id := partition.Of(e.Position)
		switch {
		case g.owned.Acted(e.Position):
		case g.owned.Active(id):
			now = append(now, e)
		default:
			o.depth[id]++
			g.deferred.addEffect(e)
		}
	}
	return now
}

// standsBy reports whether another member is to publish an emission.
func (g *Group) standsBy(i *Item) bool {
	free := i.Free && (i.By.IsZero() || g.box.Lease.state.Required())
	return !i.IsCheckpoint() && !free && !i.Passed && g.owned.StandsBy(i.cause())
}

// standDown defers what waits to be published for partitions that the app does not own, and forgets
// the checkpoints behind it.
func (g *Group) standDown() {
	if !g.owned.Divided() {
		return
	}
	g.box.extract(g.standsBy, g.put)
	g.box.Checkpoints.forget(func(id partition.ID) bool { return !g.owned.Owns(id) })
}

// put defers an emission that was queued, in flight or late.
func (g *Group) put(item *Item) {
	g.box.destinations.leave(item)
	g.deferred.insert(item)
}

// release queues what was deferred in a partition, except what the group acted on.
func (g *Group) release(id partition.ID) {
	g.pass(id)
	items, effects := g.deferred.release(id)
	g.box.queue.items = append(g.box.queue.items, items...)
	if effects > 0 {
		g.box.depth[id] -= effects
	}
}

// pass lets go of what the group acted on: its emissions are queued to be removed from the store.
func (g *Group) pass(id partition.ID) {
	items, effects := g.deferred.pass(id, g.owned.Acted)
	g.box.queue.items = append(g.box.queue.items, items...)
	if effects > 0 {
		g.box.depth[id] -= effects
	}
}
