package outbox

import (
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
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

// destinations are the destinations that fail. The mutex of Outbox guards them.
type destinations struct {
	failing map[string]*Destination // by name
	late    map[partition.ID]int    // emissions that wait at destinations, by their cause
	// abandoned are the topics of those that failed and that nothing waits at any more, as it is for
	// others to publish.
	abandoned []string
}

func newDestinations() destinations {
	return destinations{failing: map[string]*Destination{}, late: map[partition.ID]int{}}
}

// of returns the failing destination that an item has to wait at, nil if there is none. An item
// whose partition is known does not overtake others of its topic whose partition is not.
func (s *destinations) of(i *Item) *Destination {
	if len(s.failing) == 0 {
		return nil
	}
	if d := s.failing[i.Record.Topic]; d != nil {
		return d
	}
	return s.failing[i.Target()]
}

// blocks reports whether other items wait at an item's destination, which it did not wait at
// itself.
func (s *destinations) blocks(i *Item) bool {
	d := s.failing[i.Target()]
	return d != nil && d != i.at
}

// wait returns how long it is until a destination is to be tried again, 0 if none is.
func (s *destinations) wait() time.Duration {
	var wait time.Duration
	for _, d := range s.failing {
		if w := max(time.Until(d.next), 1); wait == 0 || w < wait {
			wait = w
		}
	}
	return wait
}

// take appends to dst what is to be tried now: the first items of each destination whose time has
// come, or of every one if all is set. They stay late.
func (s *destinations) take(dst []*Item, now time.Time, all bool) []*Item {
	for _, d := range s.failing {
		if !all && d.next.After(now) {
			continue
		}
		n := min(len(d.items), flightSize)
		dst = append(dst, d.items[:n]...)
		d.items = slices.Clone(d.items[n:])
	}
	return dst
}

// enqueue puts an item behind those that wait at a destination.
func (s *destinations) enqueue(d *Destination, item *Item) {
	s.delay(d, item)
	d.items = append(d.items, item)
}

// delay notes that an item waits at a destination.
func (s *destinations) delay(d *Destination, item *Item) {
	if item.at == nil {
		s.late[item.cause()]++
	}
	item.at = d
}

// leave notes that an item waits at no destination any more.
func (s *destinations) leave(item *Item) {
	if item.at != nil {
		s.late[item.cause()]--
		item.at = nil
	}
}

// fail puts an item that failed with err where it waits for the next try. again holds, for each
// destination that was tried, the items that go before those that wait there.
func (s *destinations) fail(item *Item, err error, again map[*Destination][]*Item) {
	name := item.Target()
	d := s.failing[name]
	if d == nil {
		d = &Destination{name: name, Topic: item.Record.Topic}
		s.failing[name] = d
	}
	if again[d] == nil && len(d.items) > 0 { // it was not tried: what waits there came first
		s.enqueue(d, item)
		return
	}
	s.delay(d, item)
	if len(again[d]) == 0 {
		d.Err = err
	}
	again[d] = append(again[d], item)
}

// endTry ends the try of a destination, with the items that are to be tried again.
func (s *destinations) endTry(d *Destination, again []*Item, policy brook.Retry) {
	d.items = append(again, d.items...)
	switch {
	case len(again) > 0:
		d.Tries++
		d.next = time.Now().Add(retry.Wait(policy, d.Tries))
	case len(d.items) > 0:
		d.next = time.Time{} // it works: the rest follows at once
	case s.failing[d.name] == d: // else it was made anew since the lease was lost
		delete(s.failing, d.name)
	}
}

// extract takes items from destinations for which take returns true. What was late stays counted.
func (s *destinations) extract(take func(*Item) bool) {
	for name, d := range s.failing {
		if d.items = slices.DeleteFunc(d.items, take); len(d.items) == 0 {
			delete(s.failing, name)
			s.abandoned = append(s.abandoned, d.Topic)
		}
	}
}

// clear forgets all items.
func (s *destinations) clear() {
	clear(s.failing)
	clear(s.late)
}
