// Package outbox holds what commits left to do: emissions until they are published, effects until
// their owner is known, and behind the emissions checkpoints, which tell the driver how far the app
// acted.
//
// The app makes one Outbox. Tasks call Committed and Depth; one
// publisher at a time calls Take and Land, and then, of Checkpoints, Due and one of Confirm,
// Postpone and Forgo. Three parts are called through their fields: Group by the group's membership,
// Lease by who holds the lease or follows other processes, Checkpoints by the publisher. All
// methods may be called from any goroutine unless they say otherwise.
//
// Outbox.mu guards the whole outbox with all its parts: a division, the loss of the lease and the
// end of a flight each change queue, destinations, deferral and checkpoints at once. It is not held
// during a call of store or driver, and of locks only that of Jobs is taken under it. What decides
// without the rest lies in rooms of its own: ownership, lease, checkpoint.
//
// An emission moves on like this:
//
//	Committed ─► queue ─► in flight (Take) ─► published and removed (Land)
//	    │          ▲           │ fails
//	    ▼          │           ▼
//	 deferral ─────┘      its destination, tried again in order ─► in flight
//	 (another member of the group owns the partition of its cause)
package outbox

import (
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/checkpoint"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Outbox does what commits left to do, in their order: it publishes emissions and then tells the
// driver how far the app acted. In a group it does so for the app's own partitions only.
type Outbox struct {
	Group       Group
	Lease       Lease
	Checkpoints Checkpoints

	mu       sync.Mutex // guards the outbox and its parts
	queue    queue
	inFlight []*Item // between Take and Land
	// depth is how many emissions wait, and effects that are deferred, by the partition of their
	// cause.
	depth        map[partition.ID]int
	destinations destinations
	drains       []*drain
	wake         retry.Signal
	jobs         Jobs // nil: there are none
}

// Jobs is what goes by the same ownership as the outbox, and holds back checkpoints. It is called
// with Outbox.mu held.
type Jobs interface {
	Join(divided bool)
	Dissolve()
	Assign(checkpoints map[partition.ID]int64)
	// Overtaken is that of Checkpoints.
	Overtaken(checkpoints map[partition.ID]int64)
	Acknowledge(checkpoints map[partition.ID]int64)
	HasDeferred() bool
	RequireLease()
	Hold(held bool)
	Unfinished(id partition.ID, next int64) int64
}

// With makes jobs go by the ownership of the outbox. It is called once, before all calls but New.
func (o *Outbox) With(jobs Jobs) { o.jobs = jobs }

// New returns an empty outbox, which acts for all partitions.
func New() *Outbox {
	o := &Outbox{
		depth: map[partition.ID]int{}, destinations: newDestinations(), wake: retry.NewSignal(),
	}
	o.Group = Group{box: o, deferred: newDeferral()}
	o.Lease = Lease{box: o}
	o.Checkpoints = Checkpoints{
		box: o, schedule: checkpoint.New(), folded: map[partition.ID]int64{},
	}
	return o
}

// Add takes emissions that are published whoever owns the partition of their cause. Over a shared
// store the holder of the lease collects them from there.
func (o *Outbox) Add(items ...*Item) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.Lease.state.Required() {
		o.Lease.state.Lag()
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
	o.queue.items = append(o.queue.items, items...)
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
	if o.Lease.state.Required() {
		items = o.Lease.numbered(items)
	}
	if o.Lease.state.All() {
		o.Lease.commit(items, moved, from, marking)
		return effects
	}
	now = o.Group.commit(items, effects)
	for _, p := range moved {
		if marking {
			o.Checkpoints.advance(partition.Of(p), p.Offset)
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

// Total returns how many emissions and deferred effects wait.
func (o *Outbox) Total() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, depth := range o.depth {
		n += depth
	}
	return n
}

// Abandoned returns, once, the topics that failed and to which this process publishes no longer what
// waited for another try.
func (o *Outbox) Abandoned() (topics []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	topics, o.destinations.abandoned = o.destinations.abandoned, nil
	return topics
}

// Queued returns how many items wait to be tried for the first time.
func (o *Outbox) Queued() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue.items)
}

// recount computes depth, and what is late, from what is there.
func (o *Outbox) recount() {
	late := o.destinations.late
	clear(o.depth)
	clear(late)
	for item := range o.all {
		if item.IsCheckpoint() {
			continue
		}
		o.depth[item.cause()]++
		if item.at != nil {
			late[item.cause()]++
		}
	}
	for id, d := range o.Group.deferred.of {
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
	o.destinations.extract(take)
	o.queue.extract(take)
}

// Clear forgets all emissions, which are to be loaded again. Nobody publishes meanwhile.
func (o *Outbox) Clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.clear()
	o.destinations.clear()
	o.Group.deferred.clear()
	o.recount()
	o.Lease.state.Restart()
}

// Keys returns the keys of all items in the outbox.
func (o *Outbox) Keys() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loaded()
}

// loaded is Keys for callers that hold mu.
func (o *Outbox) loaded() map[string]bool {
	keys := make(map[string]bool, len(o.queue.items))
	for item := range o.all {
		keys[string(item.Key)] = true
	}
	return keys
}

// all calls yield with every item, wherever it is.
func (o *Outbox) all(yield func(*Item) bool) {
	parts := [][]*Item{o.queue.items, o.inFlight}
	for _, d := range o.destinations.failing {
		parts = append(parts, d.items)
	}
	for _, d := range o.Group.deferred.of {
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
