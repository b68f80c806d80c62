package outbox

import (
	"context"
	"slices"
)

// drain is somebody's wait until so many items left the queue and no checkpoint is due.
type drain struct {
	left int64
	done chan struct{}
}

// Drain waits until all items that are in the queue now were tried, and what that allows to be
// marked is marked, or until ctx ends. It does not wait for destinations that fail.
func (o *Outbox) Drain(ctx context.Context) {
	d := &drain{done: make(chan struct{})}
	o.mu.Lock()
	d.left = o.queue.left + int64(len(o.queue.items))
	for _, item := range o.inFlight {
		if item.at == nil { // what waits at a destination left the queue before
			d.left++
		}
	}
	o.drains = append(o.drains, d)
	o.endDrains()
	o.Rouse()
	o.mu.Unlock()
	select {
	case <-d.done:
	case <-ctx.Done():
		o.mu.Lock()
		defer o.mu.Unlock()
		o.drains = slices.DeleteFunc(o.drains, func(other *drain) bool { return other == d })
	}
}

// endDrains ends the waits that are over.
func (o *Outbox) endDrains() {
	if o.Checkpoints.schedule.Pending() {
		return
	}
	o.drains = slices.DeleteFunc(o.drains, func(d *drain) bool {
		over := o.queue.left >= d.left
		if over {
			close(d.done)
		}
		return over
	})
}
