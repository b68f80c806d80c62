package outbox

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// ActsFor reports whether the app publishes what was caused in a partition.
func (o *Outbox) ActsFor(id partition.ID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.share.owns(id) && o.share.acts(id)
}

// ownership is the part of the partitions for which an app acts: publishes emissions and runs effects. Where the members of a group each fold
// all partitions, the owner of a partition acts, and the others hold back what is to be done until they hear
// that it was done, or become the owner. The zero share is all.
type ownership struct {
	member bool // of a group, where the partitions in own are the app's to mark; else all are
	part   bool // they alone are the app's to act for, too
	own    map[partition.ID]bool
	ending bool                   // what comes is held back, until the next share is known
	acted  map[partition.ID]int64 // the group's marks as far as they are known: what is below was acted on
	stands map[partition.ID]int64 // what is below is folded, and what it left to do is in the outbox
	held   map[partition.ID]*deferred
	free   map[partition.ID][]Effect // effects that were held back and are to be run now
}

// deferred is what the app does not do in one partition, in order.
type deferred struct {
	items   []*Item
	effects []Effect
}

func newOwnership() ownership {
	return ownership{acted: map[partition.ID]int64{}, stands: map[partition.ID]int64{}, held: map[partition.ID]*deferred{}, free: map[partition.ID][]Effect{}}
}

// owns reports whether the app may mark a partition.
func (s *ownership) owns(id partition.ID) bool { return !s.member || s.own[id] }

// acts reports whether the app does what a partition's commits leave to do.
func (s *ownership) acts(id partition.ID) bool {
	return !s.part || id == partition.ID{} || s.own[id] && !s.ending
}

// passed reports whether the group acted on an event.
func (s *ownership) passed(p brook.Position) bool {
	return s.part && p.Offset < s.acted[partition.Of(p)]
}

// know takes a mark of the group; marks only rise.
func (s *ownership) know(id partition.ID, mark int64) { s.acted[id] = max(s.acted[id], mark) }

func (s *ownership) back(id partition.ID) *deferred {
	if s.held[id] == nil {
		s.held[id] = &deferred{}
	}
	return s.held[id]
}

// Join makes the outbox that of a group's member, which has nothing to mark yet; part says that it has nothing to act
// for either. Nobody publishes meanwhile.
func (o *Outbox) Join(part bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.member, o.share.part, o.share.own, o.share.ending = true, part, nil, false
	if !part {
		return
	}
	o.items = slices.DeleteFunc(o.items, func(i *Item) bool {
		if i.IsCheckpoint() || i.Free {
			return false
		}
		b := o.share.back(partition.Of(i.Position))
		b.items = append(b.items, i)
		return true
	})
}

// Dissolve gives the app all partitions, and what was held back to be done.
func (o *Outbox) Dissolve() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id := range o.share.held {
		o.release(id)
	}
	o.share.member, o.share.part, o.share.own, o.share.ending = false, false, nil, false
}

// Suspend ends the app's share, until the next one is known: what is there is still done, what comes is held back.
func (o *Outbox) Suspend() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.ending = true
}

// Assign gives the app a share, with the group's marks: what is at or past them and was held back is to be done.
func (o *Outbox) Assign(marks map[partition.ID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.own, o.share.ending = map[partition.ID]bool{}, false
	for id, mark := range marks {
		o.share.own[id] = true
		o.share.know(id, mark)
		o.release(id)
		o.note(id, o.share.stands[id])
	}
	o.Rouse()
}

// release gives what was held back in a partition to be done.
func (o *Outbox) release(id partition.ID) {
	b := o.share.held[id]
	if b == nil {
		return
	}
	o.pass(b, id)
	o.items = append(o.items, b.items...)
	if len(b.effects) > 0 {
		o.share.free[id] = append(o.share.free[id], b.effects...)
		o.count[id] -= len(b.effects)
	}
	delete(o.share.held, id)
}

// Acknowledged takes the group's marks, and lets go of what was held back and is done by others.
func (o *Outbox) Acknowledged(marks map[partition.ID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, mark := range marks {
		o.share.know(id, mark)
	}
	for id, b := range o.share.held {
		o.pass(b, id)
		if len(b.items)+len(b.effects) == 0 {
			delete(o.share.held, id)
		}
	}
	o.Rouse()
}

// pass lets go of what the group acted on: emissions are yet to be removed from the store.
func (o *Outbox) pass(b *deferred, id partition.ID) {
	n := 0
	for n < len(b.items) && o.share.passed(b.items[n].Position) {
		b.items[n].Passed = true
		n++
	}
	o.items = append(o.items, b.items[:n]...)
	b.items = slices.Delete(b.items, 0, n)
	n = 0
	for n < len(b.effects) && o.share.passed(b.effects[n].Position) {
		n++
	}
	o.count[id] -= n
	b.effects = slices.Delete(b.effects, 0, n)
}

// Begin notes where the folding of a partition begins, and the group's mark. What was folded before is in the outbox.
func (o *Outbox) Begin(id partition.ID, next, mark int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.know(id, mark)
	o.stand(id, next)
	o.Rouse()
}

// stand notes how far a partition is folded: so far it is acted on, too, once the outbox is through with what it holds now.
func (o *Outbox) stand(id partition.ID, next int64) {
	o.share.stands[id] = next
	if o.share.acts(id) {
		o.note(id, next)
	}
}

// HasDeferred reports whether anything is held back.
func (o *Outbox) HasDeferred() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.share.held) > 0
}

// Shared reports whether the app acts for a share only.
func (o *Outbox) Shared() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.share.part
}

// Acted reports whether the group acted on an event that the app comes to now.
func (o *Outbox) Acted(p brook.Position) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.share.passed(p)
}

// Freed gives the effects of partitions that were held back and are to be run now.
func (o *Outbox) Freed(wanted func(partition.ID) bool) (effects []Effect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, free := range o.share.free {
		if wanted(id) {
			effects = append(effects, free...)
			delete(o.share.free, id)
		}
	}
	return effects
}
