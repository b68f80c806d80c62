package task

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
)

// Partition is a partition of a task: its queue, its blocked keys and its repeats. It is the host
// of its deliveries. The task's goroutine uses it, or who holds the quiesce lock.
type Partition struct {
	*input.Queue
	task *Task // whose partition it is

	Blocked *deadletter.Blocked
	Repeats *repeats.Filter

	broken   int    // tries of the head in a row in which the store failed
	unstored int    // tries of the head whose letter alone was too large for the store
	Full     bool   // it stands still because of its dead letters, which was reported
	outbound int    // emissions that waited in the outbox when the batch began
	emits    string // what streams of emissions begin with; "": not needed yet
}

// NewPartition returns a partition that is read from its start. dropRepeats is Config.DropRepeats.
func NewPartition(p brook.Partition, blocked *deadletter.Blocked, dropRepeats int) *Partition {
	q := input.NewQueue(p)
	return &Partition{Queue: q, Blocked: blocked, Repeats: repeats.NewFilter(q.ID, dropRepeats)}
}

var _ delivery.Host = (*Partition)(nil)

// Owns reports whether a record is in the partition that its key belongs to.
func (p *Partition) Owns(r *brook.Record) bool {
	driver, ok := p.task.set.Config.Driver.(brook.Partitioner)
	return ok && driver.Partition(r.Key, p.task.count) == int(r.Partition)
}

// Blocker reports whether the event has to wait for a set, and behind which position.
func (p *Partition) Blocker(d *delivery.Delivery, set string) (brook.Position, bool) {
	if p.Blocked.Empty() || len(d.Key) == 0 {
		return brook.Position{}, false
	}
	offset, ok := p.Blocked.Blocker(set, p.task.set.keyText(d), d.Position.Offset)
	return p.ID.At(offset), ok
}

// source returns what the streams of emissions begin with that are caused in the partition.
func (p *Partition) source(k *emission.Maker) string {
	if p.emits == "" {
		p.emits = k.Source(p.Log, p.ID)
	}
	return p.emits
}

// commit forgets the batch, which is in the store.
func (p *Partition) commit() {
	p.Committed()
	p.Repeats.Committed()
	p.unstored = 0
}

// dirty reports whether the batch has a position of p to store.
func dirty(p *Partition) bool { return p.Dirty() }

// nobody is the host of events that are in no partition.
type nobody struct{}

// Owns returns true.
func (nobody) Owns(*brook.Record) bool { return true }

// Blocker returns false.
func (nobody) Blocker(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}
