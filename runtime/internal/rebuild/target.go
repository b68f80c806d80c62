package rebuild

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/parked"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// target is what the task of a rebuild folds into. Nobody reads the views before they are promoted,
// so that it needs neither lock nor claim. It goes by what the live views set aside.
type target struct {
	set *task.Set
	// asides is what the live views put aside, at least below the ends that the task folds to.
	asides   deadletter.SetAside
	park     func(*parked.Event) // parks an event in the rebuilt views
	gaps     gaps
	overtook overtakenParked
	tally    tally
	progress progress
}

var (
	_ task.Target       = (*target)(nil)
	_ processor.Dropper = (*target)(nil)
)

// Visits is false: batches do not visit the quiesce lock.
func (n *target) Visits() bool { return false }

// Current is true: no other process writes the generation.
func (n *target) Current(*generation.Generation) bool { return true }

// Lost returns nil: nobody takes the generation away.
func (n *target) Lost() error { return nil }

// Claim has nothing to do.
func (n *target) Claim(context.Context) error { return nil }

// Claimed is true: there is nothing to claim.
func (n *target) Claimed() bool { return true }

// Look has nothing to look at: nothing is published before the promotion.
func (n *target) Look([]*task.Partition) {}

// Stops is false: what fails becomes a letter, whatever Config.OnFailure is.
func (n *target) Stops() bool { return false }

// Full ends the rebuild: a partition has too many dead letters.
func (n *target) Full(t *task.Task, f *task.Partition) {
	t.Over = &brook.RebuildRefusedError{
		Err: fmt.Errorf("%w: partition %s/%d has %d of them at offset %d",
			brook.ErrDeadLettersFull, f.ID.Topic, f.ID.Number, f.Blocked.Len(), f.Next()),
	}
}

// Dropped returns the sets for which the event was dropped from the live views: it stays dropped.
func (n *target) Dropped(p brook.Position) []string { return n.asides.Dropped(p) }

// Stage keeps the emissions of an event that the live views owe.
func (n *target) Stage(
	x *processor.Processor, _ *processor.Partition, d *delivery.Delivery,
) {
	x.Owe(d, n.asides)
}

// Silence notes in a new letter which sets of the live views have not acted on its event.
func (n *target) Silence(letter *deadletter.Letter) {
	if !letter.AfterCommit() {
		letter.Silent, letter.Owes = n.asides.Silence(letter)
	}
}

// Committed counts what the code does not know any more, and reports how far the rebuild has come.
func (n *target) Committed(t *task.Task, _ []brook.Progress, _ []brook.Position) {
	n.tally.pass(t.Batch.Unknown)
	n.progress.committed(n.set, t.Partitions)
}
