package task

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/effects"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/timers"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// Set is what the tasks of one app share: the parts that they run on, and what is guarded by the
// quiesce lock.
type Set struct {
	processor.Parts
	Store    brook.Store
	Catalog  *catalog.Catalog
	IDs      *ids.Source
	Lock     *quiesce.Lock
	Report   *report.Reporter
	Retry    *retry.Loop
	Effects  *effects.Executor
	Letters  *letters.Reader
	Hub      *watch.Hub
	Progress *input.Progress
	Timers   *timers.Heads // nil: handlers set none
	Waiting  *timers.Count // of timers; nil: handlers set none
	Life     *lifetime.App

	Valve    quiesce.Valve    // that all passes which the app does by itself
	Running  gauge.Run        // what Run is about
	Gauges   gauge.Partitions // how far it is
	Rebuilds gauge.Rebuild

	// Blocked are the blocked keys of the live generation. They are replaced while the quiesce lock
	// is held.
	Blocked deadletter.AllBlocked

	ExclusiveMark batch.ExclusiveMark
	Unsure        atomic.Bool // a commit may have happened although it returned an error

	TasksMu sync.Mutex
	Tasks   []*Task // that run
}

// ErrOthers is returned if Run is to go on with other partitions.
var ErrOthers = errors.New("brook: the partitions are others now")

// BlockedOf returns the blocked keys of a live partition. The caller holds the quiesce lock.
func (s *Set) BlockedOf(id partition.ID) *deadletter.Blocked {
	return s.Blocked.Of(id)
}

// Installed makes tasks use the tables of g, which has the number of theirs. The caller holds the
// quiesce lock.
func (s *Set) Installed(g *generation.Generation) {
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		if t.Gen.Number == g.Number {
			t.In(g)
		}
	}
}

// CountLetter counts a dead letter of an emission or a job. The caller visits the quiesce lock.
func (s *Set) CountLetter(id partition.ID) { s.Blocked.Of(id).AddAfter() }

// Spares reports whether a rebuild does without what a topic no longer has: Config.OnRetention says
// so, or the topic is compacted, as its tombstones are handled: then later records replace those.
func (s *Set) Spares(topic string) bool {
	return s.Config.OnRetention == brook.GoOn || s.Code.Tombstone(topic) != ""
}

// Split returns a task for each partition number, with its partitions; one task with all of them if
// the mode says so.
func (s *Set) Split(partitions []*Partition, mode brook.Mode) []*Task {
	tasks := make([]*Task, 0, mode.Lanes)
	for n := range mode.Lanes {
		t := s.NewTask(s.Catalog.Live(), s.Live())
		t.Parallel, t.tasks, t.Valve = mode.Lanes > 1, mode.Lanes, &s.Valve
		var own []*Partition
		for _, p := range partitions {
			if mode.Lanes == 1 || p.ID.Number == int32(n) {
				own = append(own, p)
			}
		}
		if len(own) == 0 {
			continue // another member's
		}
		t.SetPartitions(own)
		tasks = append(tasks, t)
	}
	return tasks
}

// ReadExclusiveMark reads the exclusive mark, if several processes write the store.
func (s *Set) ReadExclusiveMark(ctx context.Context) error {
	if !s.Catalog.Fenced() {
		return nil
	}
	return s.ExclusiveMark.Read(ctx, s.Reader, s.Catalog.Meta())
}

// ReadParked reads which events the live generation has parked, whose positions are known. The
// caller holds the quiesce lock.
func (s *Set) ReadParked(
	ctx context.Context, standings map[partition.ID]partition.Stored,
) error {
	events, err := s.Letters.ParkedIn(ctx, s.Catalog.Live(), standings)
	if err == nil {
		s.Parked.Replace(events)
	}
	return err
}

// SilentOf returns the offset below which the task of a partition acts on nothing, 0 if no task has
// it. The caller holds the quiesce lock.
func (s *Set) SilentOf(id partition.ID) int64 {
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		if p := t.Partition(id); p != nil {
			return p.Silent
		}
	}
	return 0
}

// NoteParks notes that events of partitions are parked by who is none of the tasks. The caller holds
// the quiesce lock.
func (s *Set) NoteParks(ids []partition.ID) {
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		for _, p := range t.Partitions {
			p.Parks = p.Parks || slices.Contains(ids, p.ID)
		}
	}
}

// WakeTasks makes tasks look whether what they stood still for is over. Any goroutine may call it.
func (s *Set) WakeTasks() {
	s.TasksMu.Lock()
	defer s.TasksMu.Unlock()
	for _, t := range s.Tasks {
		t.Rouse()
	}
}

// RetryCommit calls do until it succeeds, fails for good, or ctx ends, as Loop.DoPausing does.
func (s *Set) RetryCommit(
	ctx context.Context, pause func(context.Context, time.Duration) error, do func() error,
) error {
	asked := s.Retry.Pending.Begin("commit")
	defer s.Retry.Pending.End(asked)
	return s.Retry.DoPausing(ctx, "commit", asked, pause, do)
}

// Doubt notes that a commit may have happened although it returned err: what memory knows of the
// store is read anew before the next run.
func (s *Set) Doubt(err error) {
	if !errors.Is(err, brook.ErrTooLarge) && !errors.Is(err, brook.ErrConflict) {
		s.Unsure.Store(true)
	}
}

// Partitions asks the driver for the partitions that the app reads, and tries again for as long as
// ctx lives.
func (s *Set) Partitions(ctx context.Context) (partitions []brook.Partition, err error) {
	err = s.Retry.Ask(ctx, "read", func() (err error) {
		partitions, err = s.Config.Driver.Partitions(ctx, s.Code.Topics...)
		return err
	})
	return partitions, err
}

// Input returns what reads partitions ahead of tasks. overtaken says how a reader goes on whose
// offset the log no longer has.
func (s *Set) Input(
	overtaken func(context.Context, partition.ID, int64) (brook.Chunk, *input.Gap, error),
) *input.Reader {
	return &input.Reader{
		Driver: s.Config.Driver, Policy: s.Config.Retry, Report: s.Report, Overtaken: overtaken,
	}
}
