package engine

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// share is the part of the partitions for which an app acts: publishes emissions and runs effects. Where the members of a group each fold
// all partitions, the owner of a partition acts, and the others hold back what is to be done until they hear
// that it was done, or become the owner. The zero share is all.
type share struct {
	member bool // of a group, where the partitions in own are the app's to mark; else all are
	part   bool // they alone are the app's to act for, too
	own    map[partition.ID]bool
	ending bool                   // what comes is held back, until the next share is known
	acted  map[partition.ID]int64 // the group's marks as far as they are known: what is below was acted on
	stands map[partition.ID]int64 // what is below is folded, and what it left to do is in the outbox
	held   map[partition.ID]*heldBack
	free   map[partition.ID][]effectRun // effects that were held back and are to be run now
}

// heldBack is what the app does not do in one partition, in order.
type heldBack struct {
	items   []*outboxItem
	effects []effectRun
}

func newShare() share {
	return share{acted: map[partition.ID]int64{}, stands: map[partition.ID]int64{}, held: map[partition.ID]*heldBack{}, free: map[partition.ID][]effectRun{}}
}

// owns reports whether the app may mark a partition.
func (s *share) owns(id partition.ID) bool { return !s.member || s.own[id] }

// acts reports whether the app does what a partition's commits leave to do.
func (s *share) acts(id partition.ID) bool {
	return !s.part || id == partition.ID{} || s.own[id] && !s.ending
}

// passed reports whether the group acted on an event.
func (s *share) passed(p brook.Position) bool { return s.part && p.Offset < s.acted[partition.Of(p)] }

// know takes a mark of the group; marks only rise.
func (s *share) know(id partition.ID, mark int64) { s.acted[id] = max(s.acted[id], mark) }

func (s *share) back(id partition.ID) *heldBack {
	if s.held[id] == nil {
		s.held[id] = &heldBack{}
	}
	return s.held[id]
}

// enter makes the outbox that of a group's member, which has nothing to mark yet; part says that it has nothing to act
// for either. Nobody publishes meanwhile.
func (o *outbox) enter(part bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.member, o.share.part, o.share.own, o.share.ending = true, part, nil, false
	if !part {
		return
	}
	o.items = slices.DeleteFunc(o.items, func(i *outboxItem) bool {
		if i.mark != nil || i.free {
			return false
		}
		b := o.share.back(partition.Of(i.Position))
		b.items = append(b.items, i)
		return true
	})
}

// alone gives the app all partitions, and what was held back to be done.
func (o *outbox) alone() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id := range o.share.held {
		o.release(id)
	}
	o.share.member, o.share.part, o.share.own, o.share.ending = false, false, nil, false
}

// hold ends the app's share, until the next one is known: what is there is still done, what comes is held back.
func (o *outbox) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.ending = true
}

// divide gives the app a share, with the group's marks: what is at or past them and was held back is to be done.
func (o *outbox) divide(marks map[partition.ID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.own, o.share.ending = map[partition.ID]bool{}, false
	for id, mark := range marks {
		o.share.own[id] = true
		o.share.know(id, mark)
		o.release(id)
		o.note(id, o.share.stands[id])
	}
	o.rouse()
}

// release gives what was held back in a partition to be done.
func (o *outbox) release(id partition.ID) {
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

// heard takes the group's marks, and lets go of what was held back and is done by others.
func (o *outbox) heard(marks map[partition.ID]int64) {
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
	o.rouse()
}

// pass lets go of what the group acted on: emissions are yet to be removed from the store.
func (o *outbox) pass(b *heldBack, id partition.ID) {
	n := 0
	for n < len(b.items) && o.share.passed(b.items[n].Position) {
		b.items[n].passed = true
		n++
	}
	o.items = append(o.items, b.items[:n]...)
	b.items = slices.Delete(b.items, 0, n)
	n = 0
	for n < len(b.effects) && o.share.passed(b.effects[n].position) {
		n++
	}
	o.count[id] -= n
	b.effects = slices.Delete(b.effects, 0, n)
}

// begin notes where the folding of a partition begins, and the group's mark. What was folded before is in the outbox.
func (o *outbox) begin(id partition.ID, next, mark int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.know(id, mark)
	o.stand(id, next)
	o.rouse()
}

// stand notes how far a partition is folded: so far it is acted on, too, once the outbox is through with what it holds now.
func (o *outbox) stand(id partition.ID, next int64) {
	o.share.stands[id] = next
	if o.share.acts(id) {
		o.note(id, next)
	}
}

// holds reports whether anything is held back.
func (o *outbox) holds() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.share.held) > 0
}

// shared reports whether the app acts for a share only.
func (o *outbox) shared() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.share.part
}

// acted reports whether the group acted on an event that the app comes to now.
func (o *outbox) acted(p brook.Position) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.share.passed(p)
}

// freed gives the effects of partitions that were held back and are to be run now.
func (o *outbox) freed(wanted func(partition.ID) bool) (effects []effectRun) {
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
