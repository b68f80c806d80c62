package outbox

import (
	"slices"
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
	for _, d := range o.destinations {
		if !all && d.next.After(now) {
			continue
		}
		n := min(len(d.items), flightSize)
		o.inFlight = append(o.inFlight, d.items[:n]...)
		d.items = slices.Clone(d.items[n:])
	}
	n := 0
	for ; n < len(o.queue) && n < flightSize; n++ {
		item := o.queue[n]
		if !item.IsCheckpoint() && !item.Passed {
			if d := o.failing(item); d != nil {
				o.enqueue(d, item)
				o.left++
				continue
			}
		}
		o.inFlight = append(o.inFlight, item)
	}
	clear(o.queue[:n])
	if o.queue = o.queue[n:]; len(o.queue) == 0 {
		o.queue = nil
	}
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
			o.left++
		}
		err, ok := failed[item]
		if ok && o.ownership.standsBy(item) {
			o.put(item)
			continue
		}
		if ok && !o.lease.others(item) {
			o.fail(item, err, again)
			continue
		}
		works[item.at] = works[item.at] || !ok
		if item.at != nil {
			o.late[item.cause()]--
		}
		if !item.IsCheckpoint() {
			o.depth[item.cause()]--
		}
	}
	for d, items := range again {
		o.settle(d, items, policy)
		switch {
		case len(items) > 0:
			failing = append(failing, d)
		case len(d.items) == 0 && works[d]:
			recovered = append(recovered, d)
		}
	}
	o.landCheckpoints()
	o.inFlight = nil
	o.endDrains()
	return failing, recovered
}
