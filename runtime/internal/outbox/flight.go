package outbox

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// flightSize is how many items of the queue, and of each destination, are tried at a time.
const flightSize = 500

// Take returns what the publisher is to try next: from each destination whose time has come, or
// from every one if all is set, and from the queue. The items are in flight until Land.
func (o *Outbox) Take(now time.Time, all bool) []*Item {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.inFlight = o.destinations.take(o.inFlight, now, all)
	o.queue.next(flightSize, func(item *Item) {
		if !item.IsCheckpoint() && !item.Passed {
			if d := o.destinations.of(item); d != nil {
				o.destinations.enqueue(d, item)
				o.queue.left++
				return
			}
		}
		o.inFlight = append(o.inFlight, item)
	})
	return o.inFlight
}

// Land ends the flight that Take began. Items in failed wait for another try at their destination,
// unless others publish them by now; all others are done with. Land returns the destinations that
// failed, and those that work again.
func (o *Outbox) Land(
	failed map[*Item]error, policy brook.Retry,
) (failing, recovered []*Destination) {
	o.mu.Lock()
	defer o.mu.Unlock()
	again := map[*Destination][]*Item{} // what is to be tried again, of all that were tried
	for _, item := range o.inFlight {
		if item.at != nil && again[item.at] == nil {
			again[item.at] = []*Item{}
		}
	}
	works := map[*Destination]bool{}
	for _, item := range o.inFlight {
		if item.at == nil {
			o.queue.left++
		}
		err, ok := failed[item]
		if ok && o.Group.standsBy(item) {
			o.Group.put(item)
			continue
		}
		if ok && !o.Lease.others(item) {
			o.destinations.fail(item, err, again)
			continue
		}
		works[item.at] = works[item.at] || !ok
		o.destinations.leave(item)
		if !item.IsCheckpoint() {
			o.depth[item.cause()]--
		}
	}
	for d, items := range again {
		o.destinations.endTry(d, items, policy)
		switch {
		case len(items) > 0:
			failing = append(failing, d)
		case len(d.items) == 0 && works[d]:
			recovered = append(recovered, d)
		}
	}
	o.Checkpoints.land()
	o.inFlight = nil
	o.endDrains()
	return failing, recovered
}

// Blocked reports whether other items wait at an item's destination, which it did not wait at
// itself: its partition was chosen in flight.
func (o *Outbox) Blocked(item *Item) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.destinations.blocks(item)
}

// Next returns how long it is until a destination is to be tried again, 0 if none is.
func (o *Outbox) Next() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.destinations.wait()
}
