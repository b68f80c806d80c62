package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// feed is one partition in a lane.
type feed struct {
	*input.Queue

	broken   int  // tries of the head that the store failed, one after the other
	unstored int  // tries of the head of which not even the letter could be stored
	full     bool // it stands still for want of room for dead letters, which was told
	outbound int  // what waited in the outbox for it when the batch began
	waits    *deadletter.Blocked
	repeats  *repeats.Filter
	emits    string // what the streams of emissions that are caused here begin with; "": not needed yet
}

// source gives what the streams of emissions that are caused in the partition begin with.
func (f *feed) source(s *tasks) string {
	if f.emits == "" {
		f.emits = s.source(f.Log, f.ID)
	}
	return f.emits
}

// commit forgets the batch, which is in the store.
func (f *feed) commit() {
	f.Committed()
	f.repeats.Committed()
	f.unstored = 0
}

// newFeed returns the feed of a partition that is read from its start. dropRepeats is Config.DropRepeats.
func newFeed(p brook.Partition, waits *deadletter.Blocked, dropRepeats int) *feed {
	q := input.NewQueue(p)
	return &feed{Queue: q, waits: waits, repeats: repeats.NewFilter(q.ID, dropRepeats)}
}

// dirty reports whether the batch has a position of the feed to store.
func dirty(f *feed) bool { return f.Dirty() }

// input returns what reads partitions ahead of lanes.
func (a *App) input(overtaken func(context.Context, partition.ID, int64) (brook.Chunk, *input.Gap, error)) *input.Reader {
	return &input.Reader{Driver: a.config.Driver, Policy: a.config.Retry, Report: a.report, Overtaken: overtaken}
}

// lookAnew ends a feed of the live views that retention overtook: Run looks what is to be done.
func lookAnew(context.Context, partition.ID, int64) (c brook.Chunk, lost *input.Gap, err error) {
	return c, nil, retry.ErrRestart
}
