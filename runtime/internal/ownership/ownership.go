// Package ownership says for which partitions an app acts: publishes emissions and runs effects. If
// the members of a group each fold all partitions, the owner of a partition is active there; the
// others stand by: they defer what is to be done until they hear that it was done, or become the
// owner.
//
// It decides, and does nothing: package outbox owns an Ownership, asks it, and guards it with its
// lock. What the driver assigns comes from package group.
package ownership

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Ownership says for which partitions the app acts. The zero Ownership is of all partitions: that
// of an app that is in no group. It has no lock.
type Ownership struct {
	member    bool // of a group: it has the checkpoints of those in assigned; else of all
	divided   bool // the app acts for them alone, too
	suspended bool // what comes is deferred until the next assignment
	assigned  map[partition.ID]bool
	// acknowledged are the group's checkpoints as far as they are known: what is below was acted on.
	acknowledged map[partition.ID]int64
}

// Join makes the app a member of a group, which owns nothing yet. If divided is set, it also acts
// for nothing yet; else it goes on to act for all partitions.
func (o *Ownership) Join(divided bool) {
	o.member, o.divided, o.assigned, o.suspended = true, divided, nil, false
}

// Dissolve ends the membership: the app acts for all partitions, and has the checkpoints of all.
func (o *Ownership) Dissolve() {
	o.member, o.divided, o.assigned, o.suspended = false, false, nil, false
}

// Suspend begins a division: the app is active nowhere until Assign.
func (o *Ownership) Suspend() { o.suspended = true }

// Assign ends a division: the partitions that have a checkpoint are the app's own from now on, all
// others are not.
func (o *Ownership) Assign(checkpoints map[partition.ID]int64) {
	o.assigned, o.suspended = make(map[partition.ID]bool, len(checkpoints)), false
	for id, offset := range checkpoints {
		o.assigned[id] = true
		o.Acknowledge(id, offset)
	}
}

// Acknowledge notes a checkpoint of the group; checkpoints only rise.
func (o *Ownership) Acknowledge(id partition.ID, offset int64) {
	if o.acknowledged == nil {
		o.acknowledged = map[partition.ID]int64{}
	}
	o.acknowledged[id] = max(o.acknowledged[id], offset)
}

// Acknowledged returns the group's checkpoint of a partition, 0 if none is known.
func (o *Ownership) Acknowledged(id partition.ID) int64 { return o.acknowledged[id] }

// Divided reports whether the app acts for its own partitions only.
func (o *Ownership) Divided() bool { return o.divided }

// Owns reports whether the checkpoint of a partition is the app's to move.
func (o *Ownership) Owns(id partition.ID) bool { return !o.member || o.assigned[id] }

// Active reports whether the app does what commits of a partition leave to do. What was caused in
// no partition, it always does.
func (o *Ownership) Active(id partition.ID) bool {
	return !o.divided || id == partition.ID{} || o.assigned[id] && !o.suspended
}

// StandsBy reports whether another member is to act for a partition. During a division the app does
// not stand by for what it owned before, although it is not active there: it does what is there.
func (o *Ownership) StandsBy(id partition.ID) bool {
	return o.divided && id != partition.ID{} && !o.assigned[id]
}

// Acted reports whether the group acted on an event.
func (o *Ownership) Acted(p brook.Position) bool {
	return o.divided && p.Offset < o.acknowledged[partition.Of(p)]
}
