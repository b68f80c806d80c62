package task

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
)

// Partition is one partition in a lane.
type Partition struct {
	*input.Queue

	broken   int  // tries of the head that the store failed, one after the other
	unstored int  // tries of the head of which not even the letter could be stored
	Full     bool // it stands still for want of room for dead letters, which was told
	outbound int  // what waited in the outbox for it when the batch began
	Blocked  *deadletter.Blocked
	Repeats  *repeats.Filter
	emits    string // what the streams of emissions that are caused here begin with; "": not needed yet
}

// source gives what the streams of emissions that are caused in the partition begin with.
func (f *Partition) source(s *Set) string {
	if f.emits == "" {
		f.emits = s.source(f.Log, f.ID)
	}
	return f.emits
}

// commit forgets the batch, which is in the store.
func (f *Partition) commit() {
	f.Committed()
	f.Repeats.Committed()
	f.unstored = 0
}

// NewPartition returns the feed of a partition that is read from its start. dropRepeats is Config.DropRepeats.
func NewPartition(p brook.Partition, waits *deadletter.Blocked, dropRepeats int) *Partition {
	q := input.NewQueue(p)
	return &Partition{Queue: q, Blocked: waits, Repeats: repeats.NewFilter(q.ID, dropRepeats)}
}

// dirty reports whether the batch has a position of the feed to store.
func dirty(f *Partition) bool { return f.Dirty() }
