package task

import (
	"context"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// lookAgain is how long a task that has nothing to do waits between looks at what other processes
// did to its parked events.
const lookAgain = 3 * time.Second

// shares reports whether other processes may make parked events of the task due: by a redrive, say,
// after which they died.
func (t *Task) shares() bool {
	if !t.Tx.TracksReads() || t.Batch.Parked.Events().Empty() {
		return false
	}
	for _, p := range t.Partitions {
		if n, _ := t.Batch.Parked.Events().Len(p.ID); n > 0 {
			return true
		}
	}
	return false
}

// lookAround returns retry.ErrRestart if another process changed what is parked of the task's
// partitions. A commit would find out, but a task that has nothing to do makes none. It asks the
// store now and then only; a store that does not answer is asked again.
func (t *Task) lookAround(ctx context.Context) error {
	if !t.shares() || time.Since(t.looked) < lookAgain {
		return nil
	}
	t.looked = time.Now()
	standings, err := t.Gen.Standings(ctx, t.set.Reader)
	if err != nil {
		return nil // the next look, or the next commit, meets it too
	}
	for _, p := range t.Partitions {
		if stored, ok := standings[p.ID]; ok && stored.Epoch != p.Epoch {
			return retry.ErrRestart
		}
	}
	return nil
}
