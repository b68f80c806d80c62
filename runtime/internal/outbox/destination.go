package outbox

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// Destination is where emissions go, a partition of a topic, or a topic whose partitions are not
// known, while it fails: its emissions wait there in their order, and all others are published
// past it.
type Destination struct {
	name  string    // as of Item.Target
	Topic string    // of name
	items []*Item   // that wait, in order
	Tries int       // that failed since it began to fail
	Err   error     // of the last of them
	next  time.Time // when it is tried again
}

// failing returns the failing destination that an item has to wait at, nil if there is none. An
// item whose partition is known does not overtake others of its topic whose partition is not.
func (o *Outbox) failing(i *Item) *Destination {
	if len(o.destinations) == 0 {
		return nil
	}
	if d := o.destinations[i.Record.Topic]; d != nil {
		return d
	}
	return o.destinations[i.Target()]
}

// Blocked reports whether other items wait at an item's destination, which it did not wait at
// itself: its partition was chosen in flight.
func (o *Outbox) Blocked(item *Item) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.destinations[item.Target()]
	return d != nil && d != item.at
}

// Next returns how long it is until a destination is to be tried again, 0 if none is.
func (o *Outbox) Next() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	var wait time.Duration
	for _, d := range o.destinations {
		if w := max(time.Until(d.next), 1); wait == 0 || w < wait {
			wait = w
		}
	}
	return wait
}

// enqueue puts an item behind those that wait at a destination.
func (o *Outbox) enqueue(d *Destination, item *Item) {
	o.delay(d, item)
	d.items = append(d.items, item)
}

// delay notes that an item waits at a destination.
func (o *Outbox) delay(d *Destination, item *Item) {
	if item.at == nil {
		o.late[item.cause()]++
	}
	item.at = d
}

// fail puts an item that failed with err where it waits for the next try. again holds, for each
// destination that was tried, the items that go before those that wait there.
func (o *Outbox) fail(item *Item, err error, again map[*Destination][]*Item) {
	name := item.Target()
	d := o.destinations[name]
	if d == nil {
		d = &Destination{name: name, Topic: item.Record.Topic}
		o.destinations[name] = d
	}
	if again[d] == nil && len(d.items) > 0 { // it was not tried: what waits there came first
		o.enqueue(d, item)
		return
	}
	o.delay(d, item)
	if len(again[d]) == 0 {
		d.Err = err
	}
	again[d] = append(again[d], item)
}

// settle ends the try of a destination, with the items that are to be tried again.
func (o *Outbox) settle(d *Destination, again []*Item, policy brook.Retry) {
	d.items = append(again, d.items...)
	switch {
	case len(again) > 0:
		d.Tries++
		d.next = time.Now().Add(retry.Wait(policy, d.Tries))
	case len(d.items) > 0:
		d.next = time.Time{} // it works: the rest follows at once
	case o.destinations[d.name] == d: // else it was made anew since the lease was lost
		delete(o.destinations, d.name)
	}
}
