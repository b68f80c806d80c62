// Package checkpoint decides when the driver gets checkpoints: how far the app acted in each
// partition. A checkpoint is blocked while emissions that it depends on wait at destinations that
// fail, then it is due, and it is handed over in batches, at most once a second unless something
// depends on it.
//
// It decides, and calls no driver: package outbox owns a Schedule and guards it with its lock, and
// package publisher hands over what is due.
package checkpoint

import (
	"maps"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// pause is the least time between two checkpoints that nothing depends on.
const pause = time.Second

// Schedule holds the checkpoints that are blocked or due, and when those that are due are handed
// over. It has no lock.
type Schedule struct {
	due     map[partition.ID]int64
	blocked map[partition.ID]int64 // by emissions that wait at failing destinations
	next    time.Time              // when those that are due are handed over
	tries   int                    // that failed since the driver took some
}

// New returns an empty schedule.
func New() Schedule {
	return Schedule{due: map[partition.ID]int64{}, blocked: map[partition.ID]int64{}}
}

// Reach notes checkpoints all of whose emissions were tried. They are blocked until Unblock.
func (s *Schedule) Reach(checkpoints map[partition.ID]int64) {
	maps.Copy(s.blocked, checkpoints)
}

// Unblock makes the checkpoints due of whose partitions no emission is late.
func (s *Schedule) Unblock(late map[partition.ID]int) {
	for id, next := range s.blocked {
		if late[id] == 0 {
			s.due[id] = next
			delete(s.blocked, id)
		}
	}
}

// Forget drops the blocked checkpoints of partitions that match: emissions that they depend on are
// left to others.
func (s *Schedule) Forget(match func(partition.ID) bool) {
	maps.DeleteFunc(s.blocked, func(id partition.ID, _ int64) bool { return match(id) })
}

// Pending reports whether a checkpoint is due.
func (s *Schedule) Pending() bool { return len(s.due) > 0 }

// Due returns the checkpoints that the driver is to get now, in the order of partitions, or else
// how long to wait for that; with neither nothing is due. It drops those that the app does not want
// to hand over. soon says not to pause, except after failures; now says not to wait at all.
func (s *Schedule) Due(
	wanted func(id partition.ID, next int64) bool, soon, now bool,
) (due []brook.Position, wait time.Duration) {
	for id, next := range s.due {
		if wanted(id, next) {
			due = append(due, id.At(next))
		} else {
			delete(s.due, id)
		}
	}
	if len(due) == 0 {
		return nil, 0
	}
	soon = soon && s.tries == 0
	if wait = time.Until(s.next); wait > 0 && !soon && !now {
		return nil, wait
	}
	slices.SortFunc(due, brook.Position.Compare)
	return due, 0
}

// Confirm notes that the driver took what Due returned. Nothing became due since.
func (s *Schedule) Confirm() {
	clear(s.due)
	s.tries, s.next = 0, time.Now().Add(pause)
}

// Postpone notes that the driver did not take the checkpoints: they stay due and are tried again
// after wait. It returns the number of tries that failed in a row.
func (s *Schedule) Postpone(policy brook.Retry) (tries int, wait time.Duration) {
	s.tries++
	wait = retry.Wait(policy, s.tries)
	s.next = time.Now().Add(wait)
	return s.tries, wait
}

// Forgo drops the checkpoints that are due: the driver never takes them.
func (s *Schedule) Forgo() {
	clear(s.due)
	s.tries = 0
}
