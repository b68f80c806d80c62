package outbox

import (
	"maps"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// checkpointPause is the least time between two checkpoints that nothing depends on.
const checkpointPause = time.Second

// checkpoints are what the driver is to keep for the app: that it acted on all events below.
// The mutex of Outbox guards them.
type checkpoints struct {
	due     map[partition.ID]int64
	blocked map[partition.ID]int64 // by emissions that wait at failing destinations
	next    time.Time              // when those that are due are handed over
	tries   int                    // that failed since the driver took some
}

func newCheckpoints() checkpoints {
	return checkpoints{due: map[partition.ID]int64{}, blocked: map[partition.ID]int64{}}
}

// checkpoint queues a checkpoint behind the emissions that it depends on.
func (o *Outbox) checkpoint(id partition.ID, next int64) {
	if next <= o.ownership.acknowledged[id] {
		return // checkpoints only rise
	}
	last := len(o.queue) - 1
	if last < 0 || !o.queue[last].IsCheckpoint() {
		o.queue = append(o.queue, &Item{checkpoint: map[partition.ID]int64{}})
		last++
	}
	o.queue[last].checkpoint[id] = next
}

// forget drops the checkpoints of partitions that are not due yet: emissions that they depend on
// are left to others.
func (o *Outbox) forget(match func(partition.ID) bool) {
	drop := func(id partition.ID, _ int64) bool { return match(id) }
	for item := range o.all {
		maps.DeleteFunc(item.checkpoint, drop)
	}
	maps.DeleteFunc(o.checkpoints.blocked, drop)
}

// landCheckpoints makes the checkpoints in flight due, or blocked if emissions that they depend on
// wait at a destination.
func (o *Outbox) landCheckpoints() {
	c := &o.checkpoints
	for _, item := range o.inFlight {
		for id, next := range item.checkpoint {
			c.blocked[id] = next
		}
	}
	for id, next := range c.blocked {
		if o.late[id] == 0 {
			c.due[id] = next
			delete(c.blocked, id)
		}
	}
}

// Due returns the checkpoints that the driver is to get now, in the order of partitions, or else
// how long to wait for that; with neither nothing is due. soon says not to pause, except after
// failures; now says not to wait at all.
func (o *Outbox) Due(soon, now bool) (due []brook.Position, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := &o.checkpoints
	for id, next := range c.due {
		if o.ownership.owns(id) && next > o.ownership.acknowledged[id] {
			due = append(due, id.At(next))
		} else {
			delete(c.due, id) // others go on from there
		}
	}
	if len(due) == 0 {
		o.endDrains()
		return nil, 0
	}
	soon = (soon || len(o.drains) > 0) && c.tries == 0
	if wait = time.Until(c.next); wait > 0 && !soon && !now {
		return nil, wait
	}
	slices.SortFunc(due, brook.Position.Compare)
	return due, 0
}

// Confirm notes that the driver took the checkpoints that Due returned.
func (o *Outbox) Confirm(due []brook.Position) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range due {
		o.ownership.acknowledge(partition.Of(p), p.Offset)
	}
	c := &o.checkpoints
	clear(c.due) // only the publisher adds to them, and it is the caller
	c.tries, c.next = 0, time.Now().Add(checkpointPause)
	o.endDrains()
}

// Postpone notes that the driver did not take the checkpoints: they stay due and are tried again
// after wait. It returns the number of tries that failed in a row.
func (o *Outbox) Postpone(policy brook.Retry) (tries int, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := &o.checkpoints
	c.tries++
	wait = retry.Wait(policy, c.tries)
	c.next = time.Now().Add(wait)
	return c.tries, wait
}

// Forgo drops the checkpoints that are due: the driver never takes them.
func (o *Outbox) Forgo() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.checkpoints.due)
	o.checkpoints.tries = 0
	o.endDrains()
}
