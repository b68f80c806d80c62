// Package placement chooses the partitions that emissions go to, and knows for which topics the
// driver can't say.
//
// The app makes one Destinations for its driver. Choose is called when an event is folded, in the
// goroutine of its task; Find by the publisher, for what was committed without a partition.
// Destinations.mu guards what is known of topics; it is not held while the driver is asked.
package placement

import (
	"context"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

const (
	// placeLimit is how long a task waits at most for a topic's partitions.
	placeLimit = time.Second
	// placeShort is the limit soon after a task waited in vain for another topic.
	placeShort = 10 * time.Millisecond
	// placeAgain is how long tasks do not ask again for a topic after they asked in vain, unless
	// the publisher finds it.
	placeAgain = time.Minute
)

// Destinations chooses the partitions of emissions when they are committed. So an emission that is
// published twice goes to the same partition both times, even if its topic grew in between. It is
// safe for concurrent use.
type Destinations struct {
	placer brook.Placer // nil: the driver chooses the partition when it publishes

	mu     sync.Mutex
	unsure map[string]time.Time // topics that the driver did not know, and when to ask again
	slow   time.Time            // until then nobody waits for longer than placeShort
}

// NewDestinations returns Destinations that ask a driver, if it is a Placer.
func NewDestinations(driver brook.Driver) *Destinations {
	placer, _ := driver.(brook.Placer)
	return &Destinations{placer: placer, unsure: map[string]time.Time{}}
}

// Places reports whether the driver lets partitions be chosen.
func (d *Destinations) Places() bool { return d.placer != nil }

// Choose chooses the partition of a record that has none yet, by the record's key or, without one,
// by id. If the topic is not known in time, the choice is left to the publisher.
func (d *Destinations) Choose(ctx context.Context, r *brook.Record, id string) {
	if d.placer == nil || r.Placed {
		return
	}
	limit := d.limit(r.Topic)
	if limit == 0 {
		return
	}
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if d.place(asking, r, id) == nil || ctx.Err() != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unsure[r.Topic] = time.Now().Add(placeAgain)
	if limit == placeLimit && asking.Err() != nil {
		d.slow = time.Now().Add(placeAgain)
	}
}

// limit returns how long a task may wait for a topic, 0 if it does not ask.
func (d *Destinations) limit(topic string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.unsure) == 0 {
		return placeLimit
	}
	now := time.Now()
	if at, unsure := d.unsure[topic]; unsure && now.Before(at) {
		return 0
	}
	if now.Before(d.slow) {
		return placeShort
	}
	return placeLimit
}

// Find is Choose for the publisher: it waits as long as ctx does, and returns the error. Tasks ask
// again for topics that it finds.
func (d *Destinations) Find(ctx context.Context, r *brook.Record, id string) error {
	if err := d.place(ctx, r, id); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.unsure, r.Topic)
	d.slow = time.Time{}
	return nil
}

// place asks the driver.
func (d *Destinations) place(ctx context.Context, r *brook.Record, id string) error {
	key := r.Key
	if key == nil {
		key = []byte(id)
	}
	n, err := d.placer.Place(ctx, r.Topic, key)
	if err == nil {
		r.Partition, r.Placed = n, true
	}
	return err
}
