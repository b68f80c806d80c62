package task

import (
	"context"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/publisher"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// BlockedOf gives the waits of a live partition. The caller holds the gate for writing, or sets a lane up.
func (s *Set) BlockedOf(id partition.ID) *deadletter.Blocked {
	if s.Blocked[id] == nil {
		s.Blocked[id] = &deadletter.Blocked{}
	}
	return s.Blocked[id]
}

// Installed has lanes go by the tables of g.
func (s *Set) Installed(g *catalog.Generation) {
	s.LanesMu.Lock()
	defer s.LanesMu.Unlock()
	for _, t := range append([]*Task{s.Exclusive}, s.Tasks...) {
		if t != nil && t.Gen.Number == g.Number {
			t.In(g)
		}
	}
}

// EmissionRefused counts a dead letter of an emission.
func (s *Set) EmissionRefused(id partition.ID) {
	if blocked := s.Blocked[id]; blocked != nil {
		blocked.AddEmission()
	}
}

// Partition gives the lane's feed of a partition, or nil.
func (t *Task) Partition(id partition.ID) *Partition {
	for _, p := range t.Partitions {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Split gives each lane its feeds: all to one, or those of a partition number to one each.
func (s *Set) Split(feeds []*Partition, mode brook.Mode) []*Task {
	lanes := make([]*Task, 0, mode.Lanes)
	for n := range mode.Lanes {
		t := s.NewTask(s.Catalog.Live(), Live{s})
		t.Parallel, t.count = mode.Lanes > 1, mode.Lanes
		var own []*Partition
		for _, p := range feeds {
			if mode.Lanes == 1 || p.ID.Number == int32(n) {
				own = append(own, p)
			}
		}
		if len(own) == 0 {
			continue // another member's
		}
		t.SetPartitions(own)
		lanes = append(lanes, t)
	}
	return lanes
}

// WakeTasks makes lanes look whether what they stood still for is over.
func (s *Set) WakeTasks() {
	s.LanesMu.Lock()
	defer s.LanesMu.Unlock()
	for _, t := range s.Tasks {
		t.Rouse()
	}
}

// Rouse makes the lane look whether what it stood still for is over.
func (t *Task) Rouse() { t.wake.Set() }

// Set is what the tasks of one app have in common: what they run on, and what only those may touch
// who visit the lock or hold it.
type Set struct {
	Config    *brook.Config // with defaults
	Def       *delivery.Definition
	Code      *plan.Code
	Bare      bool // the envelope takes anything for a payload
	Store     brook.Store
	Reader    brook.Reader // of what was committed last
	Catalog   *catalog.Catalog
	IDs       *ids.Source
	Lock      *quiesce.Lock
	Report    *report.Reporter
	Retry     *retry.Loop
	Outbox    *outbox.Outbox
	Publisher *publisher.Publisher
	Effects   *effects.Runner
	Emissions *emission.Maker
	Letters   *letters.Reader
	Hub       *watch.Hub
	Progress  *input.Progress
	Ctx       context.Context // ends when the app closes, with ErrClosed as its cause

	Blocked   map[partition.ID]*deadletter.Blocked // of the live generation; guarded by gate
	Exclusive *Task                                // what Process and Redrive run in, with all others at rest
	aloneMark atomic.Pointer[[]byte]               // the last mark of a commit that no position tells of
	Unsure    atomic.Bool                          // a commit may have happened although it gave an error

	LanesMu sync.Mutex
	Tasks   []*Task // that run
}

// keyText returns the event's key as text, nil if it has none.
func (s *Set) keyText(d *delivery.Delivery) []byte {
	if len(d.Key) == 0 {
		return nil
	}
	text, err := s.Code.Events[d.Message.Type].Shape.Text([]byte{}, d.Key)
	if err != nil {
		return nil
	}
	return text
}
