package publisher

import (
	"bytes"
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

// place returns the emissions of a batch that are to be published. Each goes to a partition that is
// known, and stored, before it does. Those whose partition is not known yet are added to failed.
func (p *Publisher) place(
	ctx context.Context, batch []*outbox.Item, failed map[*outbox.Item]error,
) (ready []*outbox.Item) {
	var late []*outbox.Item
	for _, item := range batch {
		if item.IsCheckpoint() || item.Passed || item.Record.Placed || !p.Destinations.Places() {
			continue
		}
		if err := p.Destinations.Find(ctx, &item.Record, item.Emitted()); err != nil {
			failed[item] = err
			continue
		}
		late = append(late, item)
	}
	p.storePlaces(ctx, late, failed)
	for _, item := range batch {
		if !item.IsCheckpoint() && !item.Passed {
			ready = append(ready, item)
		}
	}
	return ready
}

// storePlaces stores which partitions emissions go to, in as many commits as the store needs. It
// adds what can't be stored to failed.
func (p *Publisher) storePlaces(
	ctx context.Context, items []*outbox.Item, failed map[*outbox.Item]error,
) {
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
	case errors.Is(err, brook.ErrTooLarge): // it stays as it is stored, and is published all the same
	default:
		for _, item := range items {
			item.Record.Placed, item.Record.Partition = false, 0
			failed[item] = err
		}
	}
}

// commitPlaces stores which partitions emissions go to, all or none. Over a shared store another
// process may have published them and removed them from the store: the commit checks the lease, or
// the row of an emission that the process publishes for a partition of its own.
func (p *Publisher) commitPlaces(ctx context.Context, items []*outbox.Item) error {
	batch := &brook.Batch{ID: p.Ids.Batch()}
	leased := false
	for _, item := range items {
		if leased = leased || p.leases(item); p.Catalog.Fenced() && !p.leases(item) {
			check, err := p.recheck(ctx, item)
			if err != nil {
				return err
			}
			if check == nil {
				continue
			}
			batch.Checks = append(batch.Checks, *check)
		}
		batch.Writes = append(batch.Writes, item.Write(p.OutboxTable))
	}
	if leased {
		batch.Checks = append(batch.Checks, p.Lease.check())
	}
	if len(batch.Writes) == 0 {
		return nil
	}
	err := p.Store.Commit(ctx, batch)
	if leased && errors.Is(err, brook.ErrConflict) {
		if _, lerr := p.Lease.confirm(ctx); lerr != nil {
			return lerr
		}
	}
	return err
}

// recheck reads an emission again before its partition is stored, and returns the check that the
// row stays as it is. It returns nil if there is nothing to store: another process published it, or
// chose its partition.
func (p *Publisher) recheck(ctx context.Context, item *outbox.Item) (*brook.Check, error) {
	v, err := p.Reader.Get(ctx, p.OutboxTable, item.Key)
	if errors.Is(err, brook.ErrNotFound) {
		item.Passed = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stored, err := outbox.DecodeItem(brook.Row{Key: item.Key, Value: v})
	if err != nil {
		return nil, err
	}
	if stored.Record.Placed {
		item.Record = stored.Record
		return nil, nil
	}
	value := bytes.Clone(v.Data.([]byte))
	return &brook.Check{Table: p.OutboxTable, Key: item.Key, Value: value}, nil
}

// leases reports whether the holder of the lease publishes an emission.
func (p *Publisher) leases(item *outbox.Item) bool {
	return p.Catalog.Fenced() && (item.Free || !p.Config.Group)
}
