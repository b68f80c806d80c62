package publisher

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

// placed returns the emissions of a batch that are to be published: each goes to a partition that is known, and stored, before it does. Those that
// have none yet have failed.
func (p *Publisher) placed(ctx context.Context, batch []*outbox.Item, failed map[*outbox.Item]error) (ready []*outbox.Item) {
	var late []*outbox.Item
	for _, item := range batch {
		if !item.IsCheckpoint() && !item.Passed && !item.Record.Placed && p.Targets.Places() {
			if err := p.Targets.Find(ctx, &item.Record, item.Emitted()); err != nil {
				failed[item] = err
				continue
			}
			late = append(late, item)
		}
	}
	p.storePlaces(ctx, late, failed)
	for _, item := range batch {
		if !item.IsCheckpoint() && !item.Passed {
			ready = append(ready, item)
		}
	}
	return ready
}

// storePlaces stores where emissions go, in as many commits as the store takes them in. What can't be stored is to be tried again.
func (p *Publisher) storePlaces(ctx context.Context, items []*outbox.Item, failed map[*outbox.Item]error) {
	if len(items) == 0 {
		return
	}
	err := p.commitPlaces(ctx, items)
	half := len(items) / 2
	switch {
	case err == nil:
	case errors.Is(err, brook.ErrTooLarge) && half > 0:
		p.storePlaces(ctx, items[:half], failed)
		p.storePlaces(ctx, items[half:], failed)
	case errors.Is(err, brook.ErrTooLarge): // it stays as it is in the store, and is published all the same
	default:
		for _, item := range items {
			item.Record.Placed, item.Record.Partition = false, 0
			failed[item] = err
		}
	}
}

// commitPlaces stores where emissions go, all or none. Over a shared store another process may publish them by now, and have removed them: that of
// the lease is noticed by the lease, one of the app's own share by its row.
func (p *Publisher) commitPlaces(ctx context.Context, items []*outbox.Item) error {
	batch := &brook.Batch{ID: p.Ids.Batch()}
	leased := false
	for _, item := range items {
		if leased = leased || p.leases(item); p.Catalog.Fenced() && !p.leases(item) {
			v, err := p.Reader.Get(ctx, p.OutboxTable, item.Key)
			if errors.Is(err, brook.ErrNotFound) {
				item.Passed = true
				continue
			}
			if err != nil {
				return err
			}
			stored, err := outbox.DecodeItem(brook.Row{Key: item.Key, Value: v})
			if err != nil {
				return err
			}
			if stored.Record.Placed {
				item.Record = stored.Record
				continue
			}
			batch.Checks = append(batch.Checks, brook.Check{Table: p.OutboxTable, Key: item.Key, Value: bytes.Clone(v.Data.([]byte))})
		}
		batch.Writes = append(batch.Writes, item.Write(p.OutboxTable))
	}
	if leased {
		batch.Checks = append(batch.Checks, p.Lease.check(p.Sending))
	}
	if len(batch.Writes) == 0 {
		return nil
	}
	err := p.Store.Commit(ctx, batch)
	if leased && errors.Is(err, brook.ErrConflict) {
		if _, lerr := p.Lease.still(ctx, p); lerr != nil {
			return lerr
		}
	}
	return err
}

// leases reports whether an emission is published by who holds the lease.
func (p *Publisher) leases(item *outbox.Item) bool {
	return p.Catalog.Fenced() && (item.Free || !p.Config.Group)
}
