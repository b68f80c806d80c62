package task

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Owe takes the emissions of an event into the batch of a rebuild: those of sets that never acted
// on it.
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

// BumpEpochs bumps the epochs of the partitions whose events caused items.
func (t *Task) BumpEpochs(ctx context.Context, items []*outbox.Item) error {
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
		t.Batch.Writes = append(t.Batch.Writes, writes...)
		t.Batch.Checks = append(t.Batch.Checks, checks...)
	}
	return nil
}

// Renumber makes an emission that has a record the next one of the numbered stream. The error wraps
// emission.ErrNoRecord if that can't be.
func (t *Task) Renumber(item *outbox.Item) error {
	return t.set.Emissions.Renumber(item, t.number)
}

// number makes a message the next one of the numbered stream, and returns its number.
func (t *Task) number(m *brook.Message) int64 {
	t.numbered = true
	return t.set.Emissions.Number(m)
}
