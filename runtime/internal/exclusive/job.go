package exclusive

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/processor"
)

// ErrNoJob is returned for a letter whose job can't be put back.
var ErrNoJob = errors.New("brook: the job can't be put back")

// Restore puts the job of a letter back into its place, to be tried as one that never was. remove
// is the removal of the letter, followed by other writes of the commit.
func (t *Task) Restore(
	ctx context.Context, letter deadletter.Letter, remove []brook.Write,
) error {
	if t.set.Jobs == nil {
		return fmt.Errorf("%w: the code has no jobs any more: drop the letter, or bring them back",
			ErrNoJob)
	}
	j, err := jobs.OfLetter(&letter)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoJob, err)
	}
	j.Type = t.set.Jobs.Today(j.Type)
	t.Batch.Jobs = append(t.Batch.Jobs, j)
	t.Batch.Writes = remove
	if _, err := t.Commit(ctx); err != nil {
		return err
	}
	t.set.BlockedOf(partition.Of(letter.Position)).Remove(&letter)
	t.set.Jobs.Release(j)
	return nil
}

// Released notes that a letter of a job was dropped: the jobs behind it go on. It returns what tells
// that to the other processes of a shared store, if it is to be committed.
func (t *Task) Released(letter *deadletter.Letter) (note []brook.Write, done func()) {
	b := t.set.Jobs
	if letter.Stage != brook.StageJob || b == nil {
		return nil, func() {}
	}
	if b.Shared {
		note = append(note, b.Note(t.set.Publisher.Sending))
	}
	return note, func() {
		if j, err := jobs.OfLetter(letter); err == nil { // else it held up nothing
			j.Type = b.Today(j.Type)
			b.Release(j)
		}
	}
}

// PublishJob takes into the batch, to be published to Config.DeadLetterTopic, the letter of a job
// that is given up. The caller opened the numbers of emissions.
func (t *Task) PublishJob(ctx context.Context, l *deadletter.Letter) {
	if t.set.Config.DeadLetterTopic == "" {
		return
	}
	t.Batch.Items = append(t.Batch.Items, t.set.Publisher.LetterItem(
		ctx, l, processor.LetterID("", l), t.set.Emissions.Sets, t.NextNumber()))
}
