// Package outbox holds emissions that were committed until they are published: in order, past failing partitions, by the instance that owns
// the partition of their cause or holds the lease, and with checkpoints behind them.
package outbox

import (
	"context"
	"slices"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Outbox does what commits left to do, in their order: publishes emissions and then tells the driver how far it came. Where
// it is shared, only for the app's own partitions.
type Outbox struct {
	mu     sync.Mutex
	items  []*Item
	flying []*Item                 // that are being published
	gone   int64                   // how many items left the queue
	count  map[partition.ID]int    // emissions that wait, by the partition of their cause, and effects that are held back
	ways   map[string]*Destination // that failed, by name
	late   map[partition.ID]int    // emissions that wait for these
	wake   chan struct{}           // holds a token when there may be something to do
	share  ownership
	leased leased
	marks  checkpoints
	hurry  []*drain
}

// drain is somebody's wait until so many items were tried, and what can be marked is.
type drain struct {
	gone int64
	done chan struct{}
}

func New() *Outbox {
	return &Outbox{count: map[partition.ID]int{}, ways: map[string]*Destination{}, late: map[partition.ID]int{},
		wake: make(chan struct{}, 1), share: newOwnership(), marks: checkpoints{due: map[partition.ID]int64{}, held: map[partition.ID]int64{}}}
}

// Add takes emissions that are published whatever the app's share; where the store is shared, who holds the lease collects them.
func (o *Outbox) Add(items ...*Item) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased.on {
		o.leased.behind = true
		o.Rouse()
		return
	}
	o.append(items)
}

func (o *Outbox) append(items []*Item) {
	for _, item := range items {
		o.count[partition.Of(item.Position)]++
	}
	o.items = append(o.items, items...)
	o.Rouse()
}

// Committed takes what a commit left to do, with how far it moved partitions on, and from where, and gives those effects that are to run now.
func (o *Outbox) Committed(items []*Item, effects []Effect, moved, from []brook.Position, marking bool) (now []Effect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leased.all() {
		o.commitLeased(items, moved, from, marking)
		return effects
	}
	for _, item := range items {
		id := partition.Of(item.Position)
		o.count[id]++
		item.Passed = o.share.passed(item.Position) // since it was folded
		if item.Passed || o.share.acts(id) {
			o.items = append(o.items, item)
		} else {
			b := o.share.back(id)
			b.items = append(b.items, item)
		}
	}
	for _, e := range effects {
		id := partition.Of(e.Position)
		switch {
		case o.share.passed(e.Position):
		case o.share.acts(id):
			now = append(now, e)
		default:
			o.count[id]++
			b := o.share.back(id)
			b.effects = append(b.effects, e)
		}
	}
	for _, p := range moved {
		if marking {
			o.stand(partition.Of(p), p.Offset)
		}
	}
	o.Rouse()
	return now
}

// Wake returns a channel that holds a token when there may be something to do.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

// Rouse puts a token into Wake's channel.
func (o *Outbox) Rouse() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *Outbox) Depth(id partition.ID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[id]
}

// ease lets those go on who have waited for enough.
func (o *Outbox) ease() {
	if len(o.marks.due) > 0 {
		return
	}
	o.hurry = slices.DeleteFunc(o.hurry, func(d *drain) bool {
		over := o.gone >= d.gone
		if over {
			close(d.done)
		}
		return over
	})
}

// Drain waits until all is published and marked that is in the outbox now, or ctx ends.
func (o *Outbox) Drain(ctx context.Context) {
	d := &drain{done: make(chan struct{})}
	o.mu.Lock()
	d.gone = o.gone + int64(len(o.flying)+len(o.items))
	o.hurry = append(o.hurry, d)
	o.ease()
	o.Rouse()
	o.mu.Unlock()
	select {
	case <-d.done:
	case <-ctx.Done():
		o.mu.Lock()
		defer o.mu.Unlock()
		o.hurry = slices.DeleteFunc(o.hurry, func(other *drain) bool { return other == d })
	}
}

// Clear forgets all emissions, which are to be loaded again. Nobody publishes meanwhile.
func (o *Outbox) Clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone += int64(len(o.items))
	o.items = nil
	clear(o.ways)
	clear(o.late)
	clear(o.count)
	for id, b := range o.share.held {
		b.items = nil
		o.count[id] = len(b.effects)
	}
	o.leased.restart()
}

// Keys returns where the emissions are stored that wait in the outbox.
func (o *Outbox) Keys() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.loaded()
}

// loaded is keys for who holds the lock.
func (o *Outbox) loaded() map[string]bool {
	keys := make(map[string]bool, len(o.items))
	note := func(items []*Item) {
		for _, i := range items {
			keys[string(i.Key)] = true
		}
	}
	note(o.items)
	note(o.flying)
	for _, w := range o.ways {
		note(w.items)
	}
	for _, b := range o.share.held {
		note(b.items)
	}
	return keys
}

func (o *Outbox) Load(items ...*Item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.append(items)
}
