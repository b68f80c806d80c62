package engine

import (
	"context"
	"iter"

	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// loadOutbox fills the outbox with what earlier runs did not get to publish: all, or what was caused in the partitions wanted.
func (a *App) loadOutbox(ctx context.Context, wanted func(partition.ID) bool) error {
	loaded := a.outbox.Keys()
	for item, err := range a.storedItems(ctx) {
		if err != nil {
			return err
		}
		if wanted(partition.Of(item.Position)) && !loaded[string(item.Key)] && !(item.Free && a.catalog.Fenced()) {
			a.outbox.Load(item)
		}
	}
	return nil
}

// storedItems returns the emissions that the store has, in the order of their keys.
func (a *App) storedItems(ctx context.Context) iter.Seq2[*outbox.Item, error] {
	return func(yield func(*outbox.Item, error) bool) {
		for row, err := range a.reader.Scan(ctx, a.outboxTable, nil, nil) {
			if err != nil {
				yield(nil, err)
				return
			}
			item, err := outbox.DecodeItem(row)
			if err != nil {
				yield(nil, err)
				return
			}
			item.Free = item.Number() != 0 || item.Position.IsZero()
			if !yield(item, nil) {
				return
			}
		}
	}
}

func everyPartition(partition.ID) bool { return true }
