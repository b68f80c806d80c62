package brook

import "slices"

// share is the part of the partitions for which an app acts: publishes emissions and runs effects. Where the members of a group each fold
// all partitions, the owner of a partition acts, and the others hold back what is to be done until they hear
// that it was done, or become the owner. The zero share is all.
type share struct {
	part bool // of the partitions, those in own; else all are the app's
	own  map[partitionID]int64
	held map[partitionID]*heldBack
	free map[partitionID][]effectRun // effects that were held back and are to be run now
}

// heldBack is what the app does not do in one partition, in order.
type heldBack struct {
	items   []*outboxItem
	effects []effectRun
}

func (s *share) owns(id partitionID) bool {
	if !s.part || id == (partitionID{}) {
		return true
	}
	_, ok := s.own[id]
	return ok
}

func (s *share) back(id partitionID) *heldBack {
	if s.held[id] == nil {
		if s.held == nil {
			s.held = map[partitionID]*heldBack{}
		}
		s.held[id] = &heldBack{}
	}
	return s.held[id]
}

// enter makes the outbox that of a group's member, which has nothing yet.
func (o *outbox) enter() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.part, o.share.own = true, nil
	o.items = slices.DeleteFunc(o.items, func(i *outboxItem) bool {
		if i.mark != nil || i.free {
			return false
		}
		b := o.share.back(i.Position.partition())
		b.items = append(b.items, i)
		return true
	})
}

// hold ends the app's share, until the next one is known: what is there is still done, what comes is held back.
func (o *outbox) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.own = nil
}

// divide gives the app a share, with the marks of its partitions: what is at or past them and was held back is to be done.
func (o *outbox) divide(own map[partitionID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.own = own
	for id, mark := range own {
		b := o.share.held[id]
		if b == nil {
			continue
		}
		o.pass(b, id, mark)
		o.items = append(o.items, b.items...)
		if len(b.effects) > 0 {
			if o.share.free == nil {
				o.share.free = map[partitionID][]effectRun{}
			}
			o.share.free[id] = append(o.share.free[id], b.effects...)
			o.count[id] -= len(b.effects)
		}
		delete(o.share.held, id)
	}
	o.rouse()
}

// leave gives the app all partitions again; what was held back is published by whoever takes the outbox up next.
func (o *outbox) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.share.part, o.share.own = false, nil
	for _, b := range o.share.held {
		o.items = append(o.items, b.items...)
		b.items = nil
	}
}

// heard lets go of what was held back and is done by others, who came as far as the marks.
func (o *outbox) heard(marks map[partitionID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, b := range o.share.held {
		o.pass(b, id, marks[id])
		if len(b.items)+len(b.effects) == 0 {
			delete(o.share.held, id)
		}
	}
	o.rouse()
}

// pass lets go of what is below a mark: emissions are yet to be removed from the store.
func (o *outbox) pass(b *heldBack, id partitionID, mark int64) {
	n := 0
	for n < len(b.items) && b.items[n].Position.Offset < mark {
		b.items[n].passed = true
		n++
	}
	o.items = append(o.items, b.items[:n]...)
	b.items = slices.Delete(b.items, 0, n)
	n = 0
	for n < len(b.effects) && b.effects[n].position.Offset < mark {
		n++
	}
	o.count[id] -= n
	b.effects = slices.Delete(b.effects, 0, n)
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

// acted reports whether another member acted on the event at an offset before the app got the partition.
func (o *outbox) acted(id partitionID, offset int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.share.part && offset < o.share.own[id]
}

// freed gives the effects of some feeds' partitions that were held back and are to be run now.
func (o *outbox) freed(feeds []*feed) (effects []effectRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.share.free) == 0 {
		return nil
	}
	for _, f := range feeds {
		effects = append(effects, o.share.free[f.id]...)
		delete(o.share.free, f.id)
	}
	return effects
}
