package task

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Positions returns how far the live views have come in the partitions that the tasks fold. Any
// goroutine may call it.
func (s *Set) Positions() map[partition.ID]int64 {
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	at := map[partition.ID]int64{}
	for _, t := range s.Tasks {
		for _, p := range t.Partitions {
			at[p.ID] = s.Progress.At(p.ID)
		}
	}
	return at
}

// StandStill reports whether a partition that tasks fold has more, as far as is known, and did not
// move since it stood where before says. Any goroutine may call it.
func (s *Set) StandStill(before map[partition.ID]int64) bool {
	now := time.Now()
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		for _, p := range t.Partitions {
			r := p.Gauge.Reading(now)
			if was, folded := before[p.ID]; folded && was == r.Next && r.Next < r.End {
				return true
			}
		}
	}
	return false
}

// LearnEnds notes how far partitions go, which the driver said. Any goroutine may call it.
func (s *Set) LearnEnds(partitions []brook.Partition) {
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		for _, p := range partitions {
			if own := t.Partition(partition.ID{Topic: p.Topic, Number: p.Number}); own != nil {
				own.Gauge.Learn(p.End)
			}
		}
	}
}

// LearnHeld notes where the log keeps records back, if the driver knows. Any goroutine may call it.
func (s *Set) LearnHeld() {
	driver, ok := s.Config.Driver.(brook.Withholder)
	if !ok {
		return
	}
	held := map[partition.ID]brook.Held{}
	for _, h := range driver.Held() {
		held[partition.ID{Topic: h.Topic, Number: h.Partition}] = h
	}
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		for _, p := range t.Partitions {
			h := held[p.ID]
			p.Gauge.Holds(h.Records, h.Since)
		}
	}
}
