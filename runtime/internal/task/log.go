package task

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// ErrOthers makes Run go on with other partitions.
var ErrOthers = errors.New("brook: the partitions are others now")

// Partitions asks the driver for what the app reads, for as long as it takes.
func (s *Set) Partitions(ctx context.Context) (partitions []brook.Partition, err error) {
	err = s.Retry.Do(ctx, "read", func() (err error) {
		partitions, err = s.Config.Driver.Partitions(ctx, s.Code.Topics...)
		return err
	})
	return partitions, err
}

// Input returns what reads partitions ahead of lanes.
func (s *Set) Input(overtaken func(context.Context, partition.ID, int64) (brook.Chunk, *input.Gap, error)) *input.Reader {
	return &input.Reader{Driver: s.Config.Driver, Policy: s.Config.Retry, Report: s.Report, Overtaken: overtaken}
}
