package task

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/emission"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
)

// Partition is one partition in a lane.
type Partition struct {
	*input.Queue
	task *Task // whose partition it is

	broken   int  // tries of the head that the store failed, one after the other
	unstored int  // tries of the head of which not even the letter could be stored
	Full     bool // it stands still for want of room for dead letters, which was told
	outbound int  // what waited in the outbox for it when the batch began
	Blocked  *deadletter.Blocked
	Repeats  *repeats.Filter
	emits    string // what the streams of emissions that are caused here begin with; "": not needed yet
}

// source gives what the streams of emissions that are caused in the partition begin with.
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

// NewPartition returns the feed of a partition that is read from its start. dropRepeats is Config.DropRepeats.
func NewPartition(p brook.Partition, blocked *deadletter.Blocked, dropRepeats int) *Partition {
	q := input.NewQueue(p)
	return &Partition{Queue: q, Blocked: blocked, Repeats: repeats.NewFilter(q.ID, dropRepeats)}
}

// dirty reports whether the batch has a position of the feed to store.
func dirty(p *Partition) bool { return p.Dirty() }

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

// nobody is the host of events that are in no partition.
type nobody struct{}

// Owns returns true.
func (nobody) Owns(*brook.Record) bool { return true }

// Blocker returns false.
func (nobody) Blocker(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}
