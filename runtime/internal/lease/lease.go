// Package lease decides what a process of a shared store publishes, and when it looks into the
// store for what others committed.
//
// Over a store that several processes write, one of them publishes what all commit, as long as it
// holds the lease: a row that names it, and another one that it writes anew all the time. A process
// that sees no beat for Time takes over, by its own clock and not by a time in the row. Every
// commit that removes emissions checks that the lease is still the process's own. With Config.Group
// the lease is for the numbered emissions alone; the others are published by the owner of the
// partition.
//
// Package publisher holds and loses the lease. Here lies what follows from that: package outbox
// owns a State and guards it with its lock.
package lease

import (
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// The times of a lease.
const (
	Beat = time.Second     // between beats, and between looks of others
	Time = 5 * time.Second // without a beat: then the holder is gone
)

// State is what a process knows of the lease. The zero State is that of a process that publishes
// without one. It has no lock.
type State struct {
	on     bool // the process publishes only while it holds the lease
	group  bool // that is for numbered emissions alone
	holder bool
	looked time.Time // when the store was asked last
	behind bool      // there may be emissions in the store that are not here
	// seen: all emissions of events below are here, or were. It is empty unless the process is the
	// holder.
	seen map[partition.ID]int64
}

// Require makes the process publish only while it holds the lease, which it does not yet; group
// says that this is for numbered emissions alone.
func (s *State) Require(group bool) {
	*s = State{on: true, group: group}
	s.Restart()
}

// Hold notes whether the process holds the lease from now on. A new holder has seen nothing.
func (s *State) Hold(held bool) {
	s.holder = held
	s.Restart()
}

// Restart notes that what is here was forgotten: the holder has to look.
func (s *State) Restart() {
	s.seen = map[partition.ID]int64{}
	s.behind = s.holder
}

// Required reports whether the process publishes only while it holds the lease.
func (s *State) Required() bool { return s.on }

// All reports whether the lease is for all emissions.
func (s *State) All() bool { return s.on && !s.group }

// Holder reports whether the process holds the lease.
func (s *State) Holder() bool { return s.holder }

// Others reports whether other processes publish an emission, because this one does not hold the
// lease; free says that the emission is numbered.
func (s *State) Others(free bool) bool { return s.on && !s.holder && (free || !s.group) }

// Lag notes that the store may have emissions that are not here.
func (s *State) Lag() { s.behind = true }

// Follow notes that this process folded a partition from one offset to another. It reports whether
// the process is the holder and has all that came before: then it has what it committed now, too.
func (s *State) Follow(id partition.ID, from, next int64) bool {
	if seen, ok := s.seen[id]; s.holder && ok && seen == from {
		s.seen[id] = next
		return true
	}
	s.behind = true
	return false
}

// Saw notes that the store has been read as far as next: all emissions of events below are here. It
// reports false if that is known already.
func (s *State) Saw(id partition.ID, next int64) bool {
	if s.seen[id] > next {
		return false
	}
	s.seen[id] = next
	return true
}

// Heard notes how far others folded a partition, and reports whether the holder has to look.
func (s *State) Heard(id partition.ID, next int64) bool {
	if !s.All() || !s.holder || s.seen[id] >= next {
		return false
	}
	s.behind = true
	return true
}

// Look reports whether the store is to be read now: by the holder if it is behind, and once a beat,
// because what others committed may not be announced. Who does not hold the lease reads once a beat
// if anything waits: it learns that it is published.
func (s *State) Look(now time.Time, waits bool) bool {
	due := now.Sub(s.looked) >= Beat
	look := false
	switch {
	case !s.on:
	case s.holder:
		look = s.behind || due
	case !s.group:
		look = due && waits
	}
	if look {
		s.behind, s.looked = false, now
	}
	return look
}

// UntilLook returns how long it is until Look is to be asked again, 0 if it never has to be.
func (s *State) UntilLook(now time.Time) time.Duration {
	if !s.on {
		return 0
	}
	wait := Beat - now.Sub(s.looked)
	if wait <= 0 { // there is nothing to look for now
		wait = Beat
	}
	return wait
}
