package rebuild

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// manyWrites is how many writes a writer collects before it commits them.
const manyWrites = 16

// writer commits writes, a few at a time, that need not be in one commit.
type writer struct {
	store  brook.Store
	writes []brook.Write
}

func (w *writer) add(ctx context.Context, one brook.Write) error {
	if w.writes = append(w.writes, one); len(w.writes) < manyWrites {
		return nil
	}
	return w.flush(ctx)
}

// flush commits what was added since the last commit.
func (w *writer) flush(ctx context.Context) error {
	err := retry.InParts(w.writes, func(part []brook.Write) error {
		return w.store.Commit(ctx, &brook.Batch{Writes: part})
	})
	w.writes = nil
	return err
}
