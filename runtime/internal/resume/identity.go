package resume

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Identity finds out whether the log is the one that the live views were made from, for callers who
// go by the positions in the store and fold nothing themselves. Any goroutine may use it.
type Identity struct {
	tasks  *task.Set
	asking quiesce.Mutex // one comparison at a time: the others find it done
}

// NewIdentity returns the Identity of what tasks fold.
func NewIdentity(tasks *task.Set) *Identity {
	return &Identity{tasks: tasks, asking: quiesce.NewMutex()}
}

// Confirm returns an error that wraps brook.ErrLogChanged if a partition of the log is another one
// than the live views were made from. Once it is confirmed, neither store nor driver is asked any
// more, until a run finds another log. If the store has no position of the partition, there is
// nothing to compare. Confirm asks a driver that does not answer until ctx ends.
func (i *Identity) Confirm(ctx context.Context, id partition.ID) error {
	s := i.tasks
	if s.Progress.Confirmed(id) {
		return nil
	}
	if !i.asking.LockContext(ctx) {
		return retry.Ending(ctx)
	}
	defer i.asking.Unlock()
	if s.Progress.Confirmed(id) { // another goroutine did it
		return nil
	}
	stored, err := i.stored(ctx, id) // before the log's end
	if stored == nil || err != nil {
		return err
	}
	err = s.Retry.Ask(ctx, "read", func() error { return i.compare(ctx, id, stored) })
	if err == nil {
		s.Progress.Confirm(id)
	}
	return err
}

// stored returns the live views' stored position of a partition, nil if there is none.
func (i *Identity) stored(ctx context.Context, id partition.ID) (*partition.Stored, error) {
	c := i.tasks.Catalog
	for {
		g := c.Live()
		stored, err := g.Standing(ctx, i.tasks.Reader, id)
		if err != nil {
			return nil, err
		}
		if err := c.Current.Confirm(ctx); err != nil {
			return nil, err
		}
		if c.Live() == g { // else what was read may be from tables that are being removed
			return stored, nil
		}
	}
}

// compare compares what the store has of a partition with the log.
func (i *Identity) compare(
	ctx context.Context, id partition.ID, stored *partition.Stored,
) error {
	driver := i.tasks.Config.Driver
	partitions, err := driver.Partitions(ctx, id.Topic)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		if p.Number != id.Number {
			continue
		}
		if err := stored.Check(p); err != nil {
			return err
		}
		return input.Anchor{Offset: stored.Last, Sum: stored.Sum}.Meet(ctx, driver, p)
	}
	return fmt.Errorf("topic %q has %d partitions: %w", id.Topic, len(partitions),
		brook.ErrOutOfRange)
}
