package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// input returns what reads partitions ahead of lanes.
func (a *App) input(overtaken func(context.Context, partition.ID, int64) (brook.Chunk, *input.Gap, error)) *input.Reader {
	return &input.Reader{Driver: a.config.Driver, Policy: a.config.Retry, Report: a.report, Overtaken: overtaken}
}

// lookAnew ends a feed of the live views that retention overtook: Run looks what is to be done.
func lookAnew(context.Context, partition.ID, int64) (c brook.Chunk, lost *input.Gap, err error) {
	return c, nil, retry.ErrRestart
}
