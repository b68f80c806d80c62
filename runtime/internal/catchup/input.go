package catchup

import (
	"context"
	"errors"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// partitionInput reads the partitions of one task in the goroutine that folds them.
type partitionInput struct {
	driver  brook.Driver
	tasks   *task.Set
	task    *task.Task
	readers map[*task.Partition]*placedReader
}

// placedReader is a reader with its place in the log.
type placedReader struct {
	brook.PartitionReader // nil: it is to be opened
	at                    input.Bookmark
}

func newInput(driver brook.Driver, tasks *task.Set, t *task.Task) *partitionInput {
	return &partitionInput{driver, tasks, t, map[*task.Partition]*placedReader{}}
}

// close closes all readers.
func (c *partitionInput) close() error {
	var errs []error
	for _, r := range c.readers {
		if r.PartitionReader != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// read takes a chunk of each partition that has one and none in memory. It reports whether there
// was any. It fails with task.ErrOthers if there are other partitions than those of the task.
func (c *partitionInput) read(ctx context.Context) (more bool, err error) {
	partitions, err := c.tasks.Partitions(ctx)
	if err != nil {
		return false, err
	}
	ends := map[partition.ID]int64{}
	for _, one := range partitions {
		id := partition.ID{Topic: one.Topic, Number: one.Number}
		if c.task.Partition(id) == nil {
			return false, task.ErrOthers // topics grew meanwhile
		}
		ends[id] = one.End
	}
	for _, one := range c.task.Partitions {
		if !one.Dry() || one.Ahead() >= ends[one.ID] {
			continue
		}
		err := c.tasks.Retry.Ask(ctx, "read", func() error { return c.readChunk(ctx, one) })
		if err != nil {
			return false, fmt.Errorf("brook: read %s: %w", one.ID.At(one.Ahead()), err)
		}
		more = true
	}
	return more, nil
}

// readChunk takes the next chunk of a partition that has one. If that fails, the next call opens
// another reader.
func (c *partitionInput) readChunk(ctx context.Context, one *task.Partition) error {
	r := c.readers[one]
	if r == nil {
		r = &placedReader{at: one.Bookmark()}
		c.readers[one] = r
	}
	for {
		if r.PartitionReader == nil {
			opened, err := r.at.Open(ctx, c.driver)
			if err != nil {
				return err
			}
			r.PartitionReader = opened
		}
		chunk, release, err := input.ReadChunk(ctx, r.PartitionReader)
		if err != nil {
			err = errors.Join(err, r.Close())
			r.PartitionReader = nil
			return err
		}
		if fresh, err := r.at.Check(&chunk); err != nil {
			return err
		} else if fresh {
			one.Append(chunk, release)
			return nil
		}
		if release != nil { // all of it was read before
			release()
		}
	}
}
