package outbox

import (
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// publishBatch is how many emissions are handed to the driver at a time.
const publishBatch = 500

// A way is where emissions go, a partition of a topic, while it fails: those behind wait in their order, and all others are published past it.
type Destination struct {
	name  string
	Topic string
	items []*Item
	Tries int // that failed, one after the other
	Err   error
	at    time.Time
}

// failing returns the failing way that an item has to wait for, or nil: what goes to a partition does not overtake what nobody knows the
// partition of yet.
func (o *Outbox) failing(i *Item) *Destination {
	if len(o.ways) == 0 {
		return nil
	}
	if w := o.ways[i.Record.Topic]; w != nil {
		return w
	}
	return o.ways[i.Target()]
}

// Take takes what is to be tried next: from each way whose time has come, or from every way where all says so, and up to publishBatch items of
// the queue. What is taken is flying until it landed.
func (o *Outbox) Take(now time.Time, all bool) []*Item {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range o.ways {
		if !all && w.at.After(now) {
			continue
		}
		n := min(len(w.items), publishBatch)
		o.flying = append(o.flying, w.items[:n]...)
		w.items = slices.Clone(w.items[n:])
	}
	n := 0
	for ; n < len(o.items) && n < publishBatch; n++ {
		item := o.items[n]
		if !item.IsCheckpoint() && !item.Passed {
			if w := o.failing(item); w != nil {
				o.wait(w, item)
				o.gone++
				continue
			}
		}
		o.flying = append(o.flying, item)
	}
	clear(o.items[:n])
	if o.items = o.items[n:]; len(o.items) == 0 {
		o.items = nil
	}
	return o.flying
}

// wait puts an item at the end of a way.
func (o *Outbox) wait(w *Destination, item *Item) {
	if item.way == nil {
		o.late[partition.Of(item.Position)]++
	}
	item.way = w
	w.items = append(w.items, item)
}

// Land forgets what was dealt with of what was flying, and has what failed wait for its way. It returns the ways that failed, and those that
// work again with the number of tries that they failed.
func (o *Outbox) Land(failed map[*Item]error, policy brook.Retry) (failing []*Destination, mended []*Destination) {
	o.mu.Lock()
	defer o.mu.Unlock()
	flew := map[*Destination][]*Item{} // ways that were tried, with what is to be tried again
	for _, item := range o.flying {
		if item.way != nil && flew[item.way] == nil {
			flew[item.way] = []*Item{}
		}
	}
	for _, item := range o.flying {
		from := item.way
		if from == nil {
			o.gone++
		}
		if why, again := failed[item]; again && !o.leased.others(item) {
			o.fail(item, why, flew)
			continue
		}
		id := partition.Of(item.Position)
		if from != nil {
			o.late[id]--
		}
		if !item.IsCheckpoint() {
			o.count[id]--
		}
	}
	for w, again := range flew {
		w.items = append(again, w.items...)
		switch {
		case len(again) > 0:
			w.Tries++
			w.at = time.Now().Add(retry.Wait(policy, w.Tries))
			failing = append(failing, w)
		case len(w.items) > 0:
			w.at = time.Time{} // it works: the rest follows at once
		default:
			if o.ways[w.name] == w { // what failed may have made it anew since the lease was lost
				delete(o.ways, w.name)
			}
			if w.Tries > 0 {
				mended = append(mended, w)
			}
		}
	}
	o.landMarks()
	o.flying = nil
	o.ease()
	return failing, mended
}

// fail has an item wait for where it goes now.
func (o *Outbox) fail(item *Item, why error, flew map[*Destination][]*Item) {
	name := item.Target()
	w := o.ways[name]
	if w == nil {
		w = &Destination{name: name, Topic: item.Record.Topic}
		o.ways[name] = w
	}
	if flew[w] != nil || len(w.items) == 0 {
		if item.way == nil {
			o.late[partition.Of(item.Position)]++
		}
		item.way = w
		if len(flew[w]) == 0 {
			w.Err = why
		}
		flew[w] = append(flew[w], item) // before what came later
		return
	}
	o.wait(w, item)
}

// landMarks notes the marks among what flew, but where emissions that they count on wait.
func (o *Outbox) landMarks() {
	for _, item := range o.flying {
		for id, next := range item.checkpoint {
			o.marks.held[id] = next
		}
	}
	for id, next := range o.marks.held {
		if o.late[id] == 0 {
			o.marks.due[id] = next
			delete(o.marks.held, id)
		}
	}
}

// Next returns how long it is until a way is to be tried again; 0: none is.
func (o *Outbox) Next() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	var wait time.Duration
	for _, w := range o.ways {
		if d := max(time.Until(w.at), 1); wait == 0 || d < wait {
			wait = d
		}
	}
	return wait
}

// Queued returns how many items wait that no failing way holds up.
func (o *Outbox) Queued() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items)
}
