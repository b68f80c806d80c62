package outbox

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// ownership says for which partitions the app acts: publishes emissions and runs effects. If the
// members of a group each fold all partitions, the owner of a partition is active there; the others
// stand by: they defer what is to be done until they hear that it was done, or become the owner.
// The zero ownership is of all partitions. The mutex of Outbox guards it.
type ownership struct {
	member    bool // of a group: the app marks the partitions in assigned; else it marks all
	divided   bool // the app acts for them alone, too
	assigned  map[partition.ID]bool
	suspended bool // what comes is deferred until the next assignment
	// acknowledged are the group's checkpoints as far as they are known: what is below was acted on.
	acknowledged map[partition.ID]int64
	// folded: what is below is folded, and what it left to do is in the outbox.
	folded   map[partition.ID]int64
	deferred map[partition.ID]*deferred
	freed    map[partition.ID][]Effect // that were deferred and are to run now
}

func newOwnership() ownership {
	return ownership{
		acknowledged: map[partition.ID]int64{},
		folded:       map[partition.ID]int64{},
		deferred:     map[partition.ID]*deferred{},
		freed:        map[partition.ID][]Effect{},
	}
}

// owns reports whether the app may mark a partition.
func (s *ownership) owns(id partition.ID) bool { return !s.member || s.assigned[id] }

// active reports whether the app does what commits of a partition leave to do.
func (s *ownership) active(id partition.ID) bool {
	return !s.divided || id == partition.ID{} || s.assigned[id] && !s.suspended
}

// standsBy reports whether another member is to publish an emission.
func (s *ownership) standsBy(i *Item) bool {
	return s.divided && !i.IsCheckpoint() && !i.Free && !i.Passed &&
		i.cause() != partition.ID{} && !s.assigned[i.cause()]
}

// acted reports whether the group acted on an event.
func (s *ownership) acted(p brook.Position) bool {
	return s.divided && p.Offset < s.acknowledged[partition.Of(p)]
}

// acknowledge notes a checkpoint of the group; checkpoints only rise.
func (s *ownership) acknowledge(id partition.ID, offset int64) {
	s.acknowledged[id] = max(s.acknowledged[id], offset)
}

func (s *ownership) deferredOf(id partition.ID) *deferred {
	if s.deferred[id] == nil {
		s.deferred[id] = &deferred{}
	}
	return s.deferred[id]
}

// ActsFor reports whether the app publishes what was caused in a partition.
func (o *Outbox) ActsFor(id partition.ID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ownership.owns(id) && o.ownership.active(id)
}

// Shared reports whether the app acts for its own partitions only.
func (o *Outbox) Shared() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ownership.divided
}

// Acted reports whether the group acted on an event that the app comes to now.
func (o *Outbox) Acted(p brook.Position) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ownership.acted(p)
}

// Join makes the outbox that of a member of a group, which may mark nothing yet; divided says that
// it acts for nothing yet either. Nobody publishes meanwhile.
func (o *Outbox) Join(divided bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &o.ownership
	s.member, s.divided, s.assigned, s.suspended = true, divided, nil, false
	o.standDown()
}

// Dissolve ends the membership: the app acts for all partitions, and does what it deferred.
func (o *Outbox) Dissolve() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id := range o.ownership.deferred {
		o.release(id)
	}
	s := &o.ownership
	s.member, s.divided, s.assigned, s.suspended = false, false, nil, false
}

// Suspend begins a division: what is in the outbox is still done, what comes is deferred until
// Assign.
func (o *Outbox) Suspend() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ownership.suspended = true
}

// Assign ends a division: the partitions are the app's own from now on, all others are not. Their
// offsets are the group's checkpoints: what was deferred is done from there. What could not be
// published of the others' is deferred.
func (o *Outbox) Assign(checkpoints map[partition.ID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &o.ownership
	s.assigned, s.suspended = map[partition.ID]bool{}, false
	for id, offset := range checkpoints {
		s.assigned[id] = true
		s.acknowledge(id, offset)
	}
	o.standDown()
	for id := range checkpoints {
		o.release(id)
		o.checkpoint(id, s.folded[id])
	}
	o.Rouse()
}

// Acknowledged notes checkpoints of the group, and lets go of what was deferred and is done by
// others.
func (o *Outbox) Acknowledged(checkpoints map[partition.ID]int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, offset := range checkpoints {
		o.ownership.acknowledge(id, offset)
	}
	for id, d := range o.ownership.deferred {
		o.pass(d, id)
		if len(d.items)+len(d.effects) == 0 {
			delete(o.ownership.deferred, id)
		}
	}
	o.Rouse()
}

// Begin notes where the folding of a partition begins, and the group's checkpoint. What was folded
// before is in the outbox.
func (o *Outbox) Begin(id partition.ID, next, checkpoint int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ownership.acknowledge(id, checkpoint)
	o.advance(id, next)
	o.Rouse()
}

// advance notes how far a partition is folded. The app acted on it up to there once the outbox is
// through with what it holds now.
func (o *Outbox) advance(id partition.ID, next int64) {
	o.ownership.folded[id] = next
	if o.ownership.active(id) {
		o.checkpoint(id, next)
	}
}
