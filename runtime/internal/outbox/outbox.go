// Package outbox holds what commits left to do: emissions until they are published, effects until
// their owner is known, and behind the emissions checkpoints, which tell the driver how far the app
// acted.
//
// Packages publisher and engine use it. Lanes call Committed, Depth and Targets.Choose; one
// publisher at a time calls Take, Land, Due, Confirm, Postpone and Forgo, in that order; the
// group's membership and the lease call Suspend, Drain, Assign, Acknowledged and Lease. All methods
// may be called from any goroutine unless they say otherwise. Outbox.mu guards the whole outbox,
// Targets.mu what is known of topics; neither is held during a call of store or driver, and nothing
// else is locked under them.
//
// An emission moves on like this:
//
//	Committed ─► queue ─► in flight (Take) ─► published and removed (Land)
//	    │          ▲           │ fails
//	    ▼          │           ▼
//	 deferred ─────┘      its destination, tried again in order ─► in flight
//	 (another member of the group owns the partition of its cause)
package outbox

import (
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Outbox does what commits left to do, in their order: it publishes emissions and then tells the
// driver how far the app acted. In a group it does so for the app's own partitions only.
type Outbox struct {
	mu       sync.Mutex
	queue    []*Item // committed, not tried yet
	inFlight []*Item // between Take and Land
	left     int64   // how many items left the queue: to be tried, or to others
	// depth is how many emissions wait, and effects that are deferred, by the partition of their
	// cause.
	depth        map[partition.ID]int
	destinations map[string]*Destination // those that fail, by name
	late         map[partition.ID]int    // emissions that wait at destinations, by their cause
	wake         retry.Signal
	ownership    ownership
	lease        lease
	checkpoints  checkpoints
	drains       []*drain
}

// New returns an empty outbox, which acts for all partitions.
func New() *Outbox {
	return &Outbox{
		depth:        map[partition.ID]int{},
		destinations: map[string]*Destination{},
		late:         map[partition.ID]int{},
		wake:         retry.NewSignal(),
		ownership:    newOwnership(),
		checkpoints:  newCheckpoints(),
	}
}

// Add takes emissions that are published whoever owns the partition of their cause. Over a shared
// store the holder of the lease collects them from there.
func (o *Outbox) Add(items ...*Item) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lease.on {
		o.lease.behind = true
		o.Rouse()
		return
	}
	o.append(items)
}

// Load takes emissions that the store had, whoever committed them.
func (o *Outbox) Load(items ...*Item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.append(items)
}

func (o *Outbox) append(items []*Item) {
	for _, item := range items {
		o.depth[item.cause()]++
	}
	o.queue = append(o.queue, items...)
	o.Rouse()
}

// Committed takes what a commit left to do. The commit moved partitions from positions to others,
// in the same order; marking says whether the driver keeps checkpoints. Committed returns the
// effects that are to run now.
func (o *Outbox) Committed(
	items []*Item, effects []Effect, moved, from []brook.Position, marking bool,
) (now []Effect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lease.all() {
		o.commitLeased(items, moved, from, marking)
		return effects
	}
	for _, item := range items {
		id := item.cause()
		o.depth[id]++
		item.Passed = o.ownership.acted(item.Position) // by another member, since it was folded
		if item.Passed || o.ownership.active(id) {
			o.queue = append(o.queue, item)
		} else {
			d := o.ownership.deferredOf(id)
			d.items = append(d.items, item)
		}
	}
	for _, e := range effects {
		id := partition.Of(e.Position)
		switch {
		case o.ownership.acted(e.Position):
		case o.ownership.active(id):
			now = append(now, e)
		default:
			o.depth[id]++
			d := o.ownership.deferredOf(id)
			d.effects = append(d.effects, e)
		}
	}
	for _, p := range moved {
		if marking {
			o.advance(partition.Of(p), p.Offset)
		}
	}
	o.Rouse()
	return now
}

// Wake returns a channel that holds a token if there may be something to do. The publisher
// receives from it.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

// Rouse makes the publisher look at the outbox.
func (o *Outbox) Rouse() { o.wake.Set() }

// Depth returns how many emissions and deferred effects wait that were caused in a partition.
func (o *Outbox) Depth(id partition.ID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.depth[id]
}

// Queued returns how many items wait to be tried for the first time.
func (o *Outbox) Queued() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)
}

// recount computes depth and late from what is there.
func (o *Outbox) recount() {
	clear(o.depth)
	clear(o.late)
	for item := range o.all {
		if item.IsCheckpoint() {
			continue
		}
		o.depth[item.cause()]++
		if item.at != nil {
			o.late[item.cause()]++
		}
	}
	for id, d := range o.ownership.deferred {
		o.depth[id] += len(d.effects)
	}
}

// extract takes items out of the queue and from destinations, and passes them to do.
func (o *Outbox) extract(match func(*Item) bool, do func(*Item)) {
	take := func(item *Item) bool {
		ok := match(item)
		if ok {
			do(item)
		}
		return ok
	}
	for name, d := range o.destinations {
		if d.items = slices.DeleteFunc(d.items, take); len(d.items) == 0 {
			delete(o.destinations, name)
		}
	}
	n := len(o.queue)
	o.queue = slices.DeleteFunc(o.queue, take)
	o.left += int64(n - len(o.queue))
}

// Clear forgets all emissions, which are to be loaded again. Nobody publishes meanwhile.
func (o *Outbox) Clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left += int64(len(o.queue))
	o.queue = nil
	clear(o.destinations)
	clear(o.late)
	clear(o.depth)
	for id, d := range o.ownership.deferred {
		d.items = nil
		o.depth[id] = len(d.effects)
	}
	o.lease.restart()
}

// Keys returns the keys of all items in the outbox.
func (o *Outbox) Keys() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loaded()
}

// loaded is Keys for callers that hold mu.
func (o *Outbox) loaded() map[string]bool {
	keys := make(map[string]bool, len(o.queue))
	for item := range o.all {
		keys[string(item.Key)] = true
	}
	return keys
}

// all calls yield with every item, wherever it is.
func (o *Outbox) all(yield func(*Item) bool) {
	parts := [][]*Item{o.queue, o.inFlight}
	for _, d := range o.destinations {
		parts = append(parts, d.items)
	}
	for _, d := range o.ownership.deferred {
		parts = append(parts, d.items)
	}
	for _, items := range parts {
		for _, item := range items {
			if !yield(item) {
				return
			}
		}
	}
}
