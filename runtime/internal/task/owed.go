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
func (l *Task) Owe(m *delivery.Delivery, aside deadletter.SetAside) {
	for i := range m.Emissions {
		if !aside.Owed(m.Position, l.set.Def.Sets[m.Emissions[i].Set]) {
			continue
		}
		if item := l.item(m, &m.Emissions[i]); item != nil {
			l.Batch.owed = append(l.Batch.owed, item)
		}
	}
}

// RaiseAll raises the epochs of the partitions that caused items.
func (l *Task) RaiseAll(ctx context.Context, items []*outbox.Item) error {
	raised := map[partition.ID]bool{}
	for _, item := range items {
		id := partition.Of(item.Position)
		if raised[id] {
			continue
		}
		raised[id] = true
		writes, checks, err := l.set.Catalog.BumpEpoch(ctx, id)
		if err != nil {
			return err
		}
		l.Batch.Writes, l.Batch.Checks = append(l.Batch.Writes, writes...), append(l.Batch.Checks, checks...)
	}
	return nil
}

// ErrNoRecord is returned for an emission whose record the envelope can't open, or make anew with its number.
var ErrNoRecord = errors.New("brook: the record can't be renumbered")

// Renumber makes an emission whose record is there the next one of the numbered stream.
func (l *Task) Renumber(item *outbox.Item) error {
	var m brook.Message
	envelope := l.set.Config.Envelope
	if err := envelope.Open(&item.Record, &m); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	number := l.number(&m)
	if err := envelope.Wrap(&m, &item.Record); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRecord, err)
	}
	item.Free = true
	item.Key = outbox.ItemKey(item.Position, item.ID, number, slices.Index(l.set.Def.Sets, item.Set), item.Ordinal)
	return nil
}
