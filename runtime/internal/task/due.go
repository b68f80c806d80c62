package task

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// dueEvents is how the parked events of a task fare that are due.
type dueEvents struct {
	tries  int           // of the one that is due first, before this one
	of     *parked.Event // that these are of
	paused time.Time     // it is not tried before this time
	ran    *parked.Event // what ran last, nil if it was the head of a partition
}

// firstDue returns the parked event of the task that is due first, and its partition.
func (t *Task) firstDue() (first *parked.Event, of *Partition) {
	events := t.Batch.Parked.Events()
	if !events.AnyDue() {
		return nil, nil
	}
	for _, p := range t.Partitions {
		if e := events.Due(p.ID); e != nil && (first == nil || events.Compare(e, first) < 0) {
			first, of = e, p
		}
	}
	return first, of
}

// anyDue reports whether a parked event of the task is due.
func (t *Task) anyDue() bool {
	e, _ := t.firstDue()
	return e != nil
}

// nextDue is Next while a parked event is due: it goes first, and all others wait for it.
func (t *Task) nextDue(e *parked.Event, p *Partition) (*Partition, time.Duration) {
	if e.Is(t.parked.of) {
		if wait := time.Until(t.parked.paused); wait > 0 {
			return nil, wait
		}
	}
	for i, other := range t.Partitions {
		if other == p && !t.mayGoOn(i) {
			return nil, 0
		}
	}
	return p, 0
}

// process runs what is next of p, which Next returned: the parked event that is due first, or else
// the partition's head.
func (t *Task) process(ctx context.Context, p *Partition) (processor.Outcome, error) {
	if e, p := t.firstDue(); e != nil {
		return t.processDue(ctx, p, e)
	}
	t.parked.ran = nil
	r := p.Head()
	what, err := t.Process(ctx, &p.Partition, r)
	if what != processor.Accepted {
		return what, err
	}
	if p.broken > 0 || p.Attempts > 0 {
		t.wentOn(p)
	}
	t.Batch.Bytes += len(r.Key) + len(r.Value)
	p.Advance()
	return what, nil
}

// processDue runs the parked event that is due first.
func (t *Task) processDue(
	ctx context.Context, p *Partition, e *parked.Event,
) (processor.Outcome, error) {
	if !e.Is(t.parked.of) {
		t.parked.of, t.parked.tries, t.parked.paused = e, 0, time.Time{}
	}
	t.parked.ran = e
	what, _, err := t.ProcessParked(ctx, &p.Partition, e, t.parked.tries)
	if what != processor.Accepted {
		return what, err
	}
	if p.broken > 0 || t.parked.tries > 0 {
		t.wentOn(p)
	}
	t.parked.of, t.parked.tries = nil, 0
	t.Batch.Woken++
	return what, nil
}

// tried returns the position of what ran last, which has yet to be accepted, of p or due.
func (t *Task) tried(p *Partition) brook.Position {
	if t.parked.ran != nil {
		return t.parked.ran.Position
	}
	return p.ID.At(p.Next())
}

// touch makes the commit store the positions of the partitions whose parked events the batch
// changes, and of all if other processes fold them, too: who folded without knowing of the change
// is refused. It returns the partitions that are not the task's.
func (t *Task) touch() (others []partition.ID) {
	if t.Batch.Parked.Empty() {
		return nil
	}
	for _, id := range t.Batch.Parked.Touched() {
		if p := t.Partition(id); p != nil {
			p.TouchParked()
		} else {
			others = append(others, id)
		}
	}
	if t.Tx.TracksReads() && !t.set.Config.Group {
		for _, p := range t.Partitions {
			p.Touch()
		}
	}
	return others
}

// checkpoints returns how far a commit moves checkpoints, which moved says if nothing was ever
// parked, or if the store, which other processes write, has what they would say. They stay behind
// an event that woke one which is due yet. If the store forgets, or other members of a group have
// views of their own, they stay behind a parked event, too: folded there, in another order among
// topics, it may not come too early at all, and acts if it is not below the checkpoint.
func (t *Task) checkpoints(moved []brook.Position) []brook.Position {
	events := t.Batch.Parked.Events()
	if !events.Ever() || t.set.Catalog.Fenced() {
		return moved
	}
	at := map[partition.ID]brook.Position{} // of all: what held one back may be gone
	if t.exclusive {
		t.set.TasksMu.Lock()
		for _, other := range t.set.Tasks { // which rests
			other.eachCheckpoint(at)
		}
		t.set.TasksMu.Unlock()
	}
	t.eachCheckpoint(at)
	for _, p := range moved {
		at[partition.Of(p)] = p
	}
	awaits := t.set.AwaitsParked()
	var capped []brook.Position
	for id, p := range at {
		if low, ok := events.Owing(id, awaits); ok {
			p.Offset = min(p.Offset, low)
		}
		capped = append(capped, p)
	}
	return capped
}

// eachCheckpoint adds to at how far the partitions of the task are folded.
func (t *Task) eachCheckpoint(at map[partition.ID]brook.Position) {
	for _, p := range t.Partitions {
		at[p.ID] = p.ID.At(p.Base())
	}
}

// patience returns how long it is until a parked event of the task is to be reported, and whether
// there is one.
func (t *Task) patience() (wait time.Duration, ok bool) {
	events := t.Batch.Parked.Events()
	if events.Empty() || !t.visits {
		return 0, false
	}
	for _, p := range t.Partitions {
		if e := events.Overdue(p.ID); e != nil {
			if left := t.left(e); !ok || left < wait {
				wait, ok = left, true
			}
		}
	}
	return wait, ok
}

// left returns how long an event may be parked without being reported.
func (t *Task) left(e *parked.Event) time.Duration {
	return e.Since.Add(t.set.Config.Patience).Sub(t.set.Now())
}

// ReportOverdue makes dead letters of the parked events that waited for too long, which stay
// parked, and commits them. ctx is that of the commit.
func (t *Task) ReportOverdue(stop, ctx context.Context) error {
	if wait, ok := t.patience(); !ok || wait > 0 {
		return nil
	}
	switch err := t.Target.Claim(stop); {
	case stop.Err() != nil && !errors.Is(err, retry.ErrRestart):
		return nil
	case err != nil:
		return err
	}
	if t.Enter(stop) != nil {
		return nil
	}
	if t.Target.Claimed() {
		t.reportOverdue(ctx)
	}
	err := t.commit(ctx)
	t.Leave()
	t.follow()
	if errors.Is(err, errRewound) {
		return nil // fewer come again
	}
	return err
}

// reportOverdue takes the dead letters into the batch, as many as a batch may have events.
func (t *Task) reportOverdue(ctx context.Context) {
	events := t.Batch.Parked.Events()
	for _, p := range t.Partitions {
		for t.Batch.Size() < t.limit {
			e := events.Overdue(p.ID)
			if e == nil || t.left(e) > 0 {
				break
			}
			t.PublishOverdue(ctx, &p.Partition, e, p.ID.At(p.Next()))
			t.Batch.Parked.Report(e)
			t.Batch.Overdue++
			t.Batch.Last = e.Position
		}
	}
}
