package task

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/gauge"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
)

// Partition is a partition of a task, and how its head fares. The task's goroutine uses it, or who
// holds the quiesce lock.
type Partition struct {
	processor.Partition
	Full     bool // it stands still because of its dead letters, which was reported
	broken   int  // tries of the head in a row in which the store failed
	unstored int  // tries of the head whose letter alone was too large for the store
	outbound int  // emissions that waited in the outbox when the batch began
	waiting  int  // jobs that waited then
}

// NewPartition returns a partition that is read from its start. dropRepeats is Config.DropRepeats.
func NewPartition(p brook.Partition, blocked *deadletter.Blocked, dropRepeats int) *Partition {
	return &Partition{Partition: *processor.NewPartition(p, blocked, dropRepeats)}
}

// commit forgets the batch, which is in the store.
func (p *Partition) commit() {
	p.Committed()
	p.Repeats.Committed()
	if p.unstored > 0 {
		p.unstored = 0
		p.Gauge.FoldFails(nil, gauge.None)
	}
}

// Partitions are those of one task, in the order of topic and number.
type Partitions []*Partition

// of returns the partition of that ID, nil if there is none.
func (all Partitions) of(id partition.ID) *Partition {
	for _, p := range all {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// finished reports whether there are any, and every one has an end and reached it.
func (all Partitions) finished() bool {
	open := func(p *Partition) bool { return !p.Finished() }
	return len(all) > 0 && !slices.ContainsFunc(all, open)
}

// dirty reports whether the batch has a position to store.
func (all Partitions) dirty() bool { return slices.ContainsFunc(all, (*Partition).Dirty) }

// fresh reports whether the store does not know one of them yet.
func (all Partitions) fresh() bool {
	return slices.ContainsFunc(all, func(p *Partition) bool { return p.New })
}

// moves returns how far the batch moves partitions on, and for each of these from where.
func (all Partitions) moves() (moved []brook.Progress, from []brook.Position) {
	for _, p := range all {
		if p.Moved() {
			moved = append(moved, brook.Progress{
				Topic: p.ID.Topic, Partition: p.ID.Number,
				Next: p.Next(), End: max(p.End(), p.Next()),
			})
			from = append(from, p.ID.At(p.Base()))
		}
	}
	return moved, from
}

// positions returns where partitions were moved to.
func positions(moved []brook.Progress) (at []brook.Position) {
	for _, p := range moved {
		at = append(at, brook.Position{Topic: p.Topic, Partition: p.Partition, Offset: p.Next})
	}
	return at
}

// rewind puts the events of the batch back into their queues.
func (all Partitions) rewind() {
	for _, p := range all {
		p.Rewind()
		p.Repeats.Reset()
	}
}
