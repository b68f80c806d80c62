package publisher

import (
	"context"
	"iter"

	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Load fills the outbox with what earlier runs did not get to publish: all, or what was caused in the partitions wanted.
func (p *Publisher) Load(ctx context.Context, wanted func(partition.ID) bool) error {
	loaded := p.Outbox.Keys()
	for item, err := range p.storedItems(ctx) {
		if err != nil {
			return err
		}
		if wanted(partition.Of(item.Position)) && !loaded[string(item.Key)] && !(item.Free && p.Catalog.Fenced()) {
			p.Outbox.Load(item)
		}
	}
	return nil
}

// storedItems returns the emissions that the store has, in the order of their keys.
func (p *Publisher) storedItems(ctx context.Context) iter.Seq2[*outbox.Item, error] {
	return func(yield func(*outbox.Item, error) bool) {
		for row, err := range p.Reader.Scan(ctx, p.OutboxTable, nil, nil) {
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
