package engine

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// lookAnew ends a feed of the live views that retention overtook: Run looks what is to be done.
func lookAnew(context.Context, partition.ID, int64) (c brook.Chunk, lost *input.Gap, err error) {
	return c, nil, retry.ErrRestart
}
