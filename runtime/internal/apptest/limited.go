package apptest

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Limited returns a store that takes about so many bytes in one commit: those of keys, of values of
// tables without codec, and of histories.
func Limited(store brook.Store, bytes int) brook.Store { return limited{store, bytes} }

type limited struct {
	brook.Store
	limit int
}

func (s limited) Durable() bool { return false }

// Commit refuses batches beyond the limit.
func (s limited) Commit(ctx context.Context, b *brook.Batch) error {
	size := 0
	for _, w := range b.Writes {
		size += len(w.Key)
		if v, ok := w.Value.([]byte); ok {
			size += len(v)
		}
		for _, e := range w.History {
			size += len(e.Key) + len(e.Data)
		}
	}
	if size > s.limit {
		return fmt.Errorf("%w: %d bytes, and the limit is %d", brook.ErrTooLarge, size, s.limit)
	}
	return s.Store.Commit(ctx, b)
}
