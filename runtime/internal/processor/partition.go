package processor

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/repeats"
)

// Partition is a partition whose records are processed: its queue, its blocked keys and its
// repeats. It is the host of its deliveries. The goroutine of its task uses it, or who holds the
// quiesce lock.
type Partition struct {
	*input.Queue
	Blocked *deadletter.Blocked
	Repeats *repeats.Filter

	on    *Processor        // that folds it
	parts *Parts            // of the processor
	owner brook.Partitioner // says where keys belong; nil: nobody does
	tasks int               // how many there are; keys are divided among so many partitions
	emits string            // what streams of emissions begin with; "": not needed yet
}

// NewPartition returns a partition that is read from its start. dropRepeats is Config.DropRepeats.
func NewPartition(p brook.Partition, blocked *deadletter.Blocked, dropRepeats int) *Partition {
	q := input.NewQueue(p)
	return &Partition{Queue: q, Blocked: blocked, Repeats: repeats.NewFilter(q.ID, dropRepeats)}
}

// Single returns the partition of one letter that is redriven. q holds nothing, and has the number
// of attempts that there were.
func (x *Processor) Single(q *input.Queue, blocked *deadletter.Blocked) *Partition {
	p := &Partition{Queue: q, Blocked: blocked}
	p.Join(x, 0)
	return p
}

// Join makes the partition one of a processor's. tasks is how many tasks there are.
func (p *Partition) Join(x *Processor, tasks int) {
	p.on, p.parts, p.tasks = x, x.parts, tasks
	p.owner, _ = x.parts.Config.Driver.(brook.Partitioner)
}

var _ delivery.Host = (*Partition)(nil)

// Owns reports whether a record is in the partition that its key belongs to.
func (p *Partition) Owns(r *brook.Record) bool {
	return p.owner != nil && p.owner.Partition(r.Key, p.tasks) == int(r.Partition)
}

// Blocker reports whether the event has to wait for a set, and behind which position.
func (p *Partition) Blocker(d *delivery.Delivery, set string) (brook.Position, bool) {
	if p.Blocked.Empty() || len(d.Key) == 0 {
		return brook.Position{}, false
	}
	offset, ok := p.Blocked.Blocker(set, keyText(p.parts.Code, d), d.Position.Offset)
	return p.ID.At(offset), ok
}

// Block makes a letter block its key, unless Config.OnFailure says to go on.
func (p *Partition) Block(letter *deadletter.Letter) {
	p.Blocked.Add(letter, p.parts.Config.OnFailure != brook.GoOn)
}

// Source returns what the streams and IDs of emissions begin with that are caused in the partition.
func (p *Partition) Source() string {
	if p.emits == "" {
		p.emits = p.parts.Emissions.Source(p.Log, p.ID)
	}
	return p.emits
}

// keyText returns the event's key as text, nil if it has none.
func keyText(code *plan.Code, d *delivery.Delivery) []byte {
	if len(d.Key) == 0 {
		return nil
	}
	text, err := code.Events[d.Message.Type].Shape.Text([]byte{}, d.Key)
	if err != nil {
		return nil
	}
	return text
}
