package rebuild

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/processor"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// A Rebuild is the target of its task. Nobody reads the views that it makes before they are
// promoted, so that it needs neither lock nor claim.
var (
	_ task.Target       = (*Rebuild)(nil)
	_ processor.Dropper = (*Rebuild)(nil)
)

// Visits is false: batches do not visit the quiesce lock.
func (r *Rebuild) Visits() bool { return false }

// Current is true: no other process writes the generation.
func (r *Rebuild) Current(*catalog.Generation) bool { return true }

// Lost returns nil: nobody takes the generation away.
func (r *Rebuild) Lost() error { return nil }

// Claim has nothing to do.
func (r *Rebuild) Claim(context.Context) error { return nil }

// Claimed is true: there is nothing to claim.
func (r *Rebuild) Claimed() bool { return true }

// Look has nothing to look at: nothing is published before the promotion.
func (r *Rebuild) Look([]*task.Partition) {}

// Stops is false: what fails becomes a letter, whatever Config.OnFailure is.
func (r *Rebuild) Stops() bool { return false }

// Full ends the rebuild: a partition has too many dead letters.
func (r *Rebuild) Full(t *task.Task, f *task.Partition) {
	t.Over = &brook.RebuildRefusedError{
		Err: fmt.Errorf("%w: partition %s/%d has %d of them at offset %d",
			brook.ErrDeadLettersFull, f.ID.Topic, f.ID.Number, f.Blocked.Len(), f.Next()),
	}
}

// Dropped returns the sets for which the event was dropped from the live views: it stays dropped.
func (r *Rebuild) Dropped(p brook.Position) []string { return r.asides.Dropped(p) }

// Stage keeps the emissions of an event that the live views owe.
func (r *Rebuild) Stage(
	x *processor.Processor, _ *processor.Partition, d *delivery.Delivery,
) {
	x.Owe(d, r.asides)
}

// Silence notes in a new letter which sets of the live views have not acted on its event.
func (r *Rebuild) Silence(letter *deadletter.Letter) {
	if letter.Stage != brook.StageEmit {
		letter.Silent, letter.Owes = r.asides.Silence(letter)
	}
}

// Committed counts what the code does not know any more.
func (r *Rebuild) Committed(t *task.Task, _ []brook.Progress, _ []brook.Position) {
	r.tally.pass(t.Batch.Unknown)
}
