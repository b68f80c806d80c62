package engine

import (
	"bytes"
	"context"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/reads"
)

// DeadLetters gives all dead letters in log order: by topic, partition, offset.
func (a *App) DeadLetters() iter.Seq2[brook.DeadLetter, error] { return a.deadLetters(a.ctx) }

// deadLetters is DeadLetters until ctx ends.
func (a *App) deadLetters(ctx context.Context) iter.Seq2[brook.DeadLetter, error] {
	return func(yield func(brook.DeadLetter, error) bool) {
		if a.closed.Load() {
			yield(brook.DeadLetter{}, brook.ErrClosed)
			return
		}
		watch, err := a.catalog.Guarded(ctx)
		if err != nil {
			yield(brook.DeadLetter{}, catalog.Closing(ctx, err))
			return
		}
		defer watch.End()
		for row, err := range reads.Checked(ctx, watch, a.reader.Scan(ctx, watch.Gen.Letters, nil, nil)) {
			var l deadletter.Letter
			if err == nil {
				l, err = deadletter.Decode(row.Value)
				l.Record.Value = bytes.Clone(l.Record.Value)
			}
			if !yield(l.DeadLetter, catalog.Closing(ctx, err)) || err != nil {
				return
			}
		}
	}
}
