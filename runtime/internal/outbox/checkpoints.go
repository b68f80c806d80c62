package outbox

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/checkpoint"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Checkpoints tell the driver that the app acted on all events below them. Each goes through the
// queue behind the emissions that it depends on, then it is due, and package publisher hands it
// over: one goroutine at a time calls Due, and then Confirm, Postpone or Forgo. Checkpoints is a
// part of Outbox, whose mutex guards it.
type Checkpoints struct {
	box      *Outbox
	schedule checkpoint.Schedule
	// folded: what is below is folded, and what it left to do is in the outbox.
	folded map[partition.ID]int64
}

// Begin notes where the folding of a partition begins, and the group's checkpoint. What was folded
// before is in the outbox.
func (c *Checkpoints) Begin(id partition.ID, next, checkpoint int64) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.box.Group.owned.Acknowledge(id, checkpoint)
	c.advance(id, next)
	c.box.Rouse()
}

// Overtaken notes, of a store that forgets, that an earlier process acted on all events below the
// driver's checkpoints: what the outbox has of these, which the store had kept from before, is only
// removed.
func (c *Checkpoints) Overtaken(checkpoints map[partition.ID]int64) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	for item := range c.box.all {
		if !item.IsCheckpoint() && !item.Free && item.place().Offset < checkpoints[item.cause()] {
			item.Passed = true
		}
	}
	if c.box.jobs != nil {
		c.box.jobs.Overtaken(checkpoints)
	}
}

// Due returns the checkpoints that the driver is to get now, in the order of partitions, or else
// how long to wait for that; with neither nothing is due. soon says not to pause, except after
// failures; now says not to wait at all. Checkpoints of partitions that are others' are dropped:
// they go on from there.
func (c *Checkpoints) Due(soon, now bool) (due []brook.Position, wait time.Duration) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	owned := &c.box.Group.owned
	wanted := func(id partition.ID, next int64) bool {
		return owned.Owns(id) && next > owned.Acknowledged(id)
	}
	due, wait = c.schedule.Due(wanted, soon || len(c.box.drains) > 0, now)
	c.box.endDrains()
	return due, wait
}

// Confirm notes that the driver took the checkpoints that Due returned.
func (c *Checkpoints) Confirm(due []brook.Position) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	for _, p := range due {
		c.box.Group.owned.Acknowledge(partition.Of(p), p.Offset)
	}
	c.schedule.Confirm() // only the publisher makes some due, and it is the caller
	c.box.endDrains()
}

// Postpone notes that the driver did not take the checkpoints: they stay due and are tried again
// after wait. It returns the number of tries that failed in a row.
func (c *Checkpoints) Postpone(policy brook.Retry) (tries int, wait time.Duration) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	return c.schedule.Postpone(policy)
}

// Forgo drops the checkpoints that are due: the driver never takes them.
func (c *Checkpoints) Forgo() {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.schedule.Forgo()
	c.box.endDrains()
}

// advance notes how far a partition is folded. The app acted on it up to there once the outbox is
// through with what it holds now.
func (c *Checkpoints) advance(id partition.ID, next int64) {
	c.folded[id] = next
	if c.box.Group.owned.Active(id) {
		c.add(id, next)
	}
}

// JobsDone notes that jobs of partitions are done, which may have held back their checkpoints.
func (c *Checkpoints) JobsDone(ids map[partition.ID]bool) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	for id := range ids {
		if _, any := c.folded[id]; any && c.box.Group.owned.Active(id) {
			c.renew(id)
		}
	}
	c.box.Rouse()
}

// renew queues a checkpoint of all that is folded of a partition.
func (c *Checkpoints) renew(id partition.ID) { c.add(id, c.folded[id]) }

// add queues a checkpoint behind the emissions that it depends on. Jobs that are not done hold it
// back.
func (c *Checkpoints) add(id partition.ID, next int64) {
	if c.box.jobs != nil {
		next = c.box.jobs.Unfinished(id, next)
	}
	if next > c.box.Group.owned.Acknowledged(id) { // checkpoints only rise
		c.box.queue.checkpoint(id, next)
	}
}

// forget drops the checkpoints of partitions that are not due yet: emissions that they depend on
// are left to others.
func (c *Checkpoints) forget(match func(partition.ID) bool) {
	for item := range c.box.all {
		for id := range item.checkpoint {
			if match(id) {
				delete(item.checkpoint, id)
			}
		}
	}
	c.schedule.Forget(match)
}

// land makes the checkpoints in flight due, or blocked if emissions that they depend on wait at a
// destination.
func (c *Checkpoints) land() {
	for _, item := range c.box.inFlight {
		c.schedule.Reach(item.checkpoint)
	}
	c.schedule.Unblock(c.box.destinations.late)
}
