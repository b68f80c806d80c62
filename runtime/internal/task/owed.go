package task

import (
	"context"
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Owe takes the emissions of an event into the batch of a rebuild, those of sets that never acted on it.
func (t *Task) Owe(d *delivery.Delivery, aside deadletter.SetAside) {
	for i := range d.Emissions {
		if !aside.Owed(d.Position, t.set.Def.Sets[d.Emissions[i].Set]) {
			continue
		}
		if item := t.item(d, &d.Emissions[i]); item != nil {
			t.Batch.owed = append(t.Batch.owed, item)
		}
	}
}

// RaiseAll raises the epochs of the partitions that caused items.
func (t *Task) RaiseAll(ctx context.Context, items []*outbox.Item) error {
	raised := map[partition.ID]bool{}
	for _, item := range items {
		id := partition.Of(item.Position)
		if raised[id] {
			continue
		}
		raised[id] = true
		writes, checks, err := t.set.Catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		t.Batch.Writes, t.Batch.Checks = append(t.Batch.Writes, writes...), append(t.Batch.Checks, checks...)
	}
	return nil
}

// ErrNoRecord is returned for an emission whose record the envelope can't open, or make anew with its number.
var ErrNoRecord = errors.New("brook: the record can't be renumbered")

// Renumber makes an emission whose record is there the next one of the numbered stream.
func (t *Task) Renumber(item *outbox.Item) error {
	var m brook.Message
	envelope := t.set.Config.Envelope
	if err := envelope.Open(&item.Record, &m); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	number := t.number(&m)
	if err := envelope.Wrap(&m, &item.Record); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	item.Free = true
	item.Key = outbox.ItemKey(item.Position, item.ID, number, slices.Index(t.set.Def.Sets, item.Set), item.Ordinal)
	return nil
}
