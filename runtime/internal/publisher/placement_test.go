package publisher_test

import (
	"fmt"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

// placing makes the driver one that lets partitions be chosen.
func placing(_ *store, c *brook.Config) { c.Driver = &placer{broker: c.Driver.(*broker)} }

// partitions returns the partitions of the emissions that a batch stores.
func partitions(t *testing.T, r *rig, b *brook.Batch) (all []int32) {
	t.Helper()
	for _, w := range b.Writes {
		if w.Table != r.OutboxTable || w.Op != brook.Put {
			continue
		}
		item, err := outbox.DecodeItem(brook.Row{Key: w.Key, Value: brook.Value{Data: w.Value}})
		if err != nil || !item.Record.Placed {
			t.Errorf("stored %+v, %v", item, err)
			continue
		}
		all = append(all, item.Record.Partition)
	}
	return all
}

// Where an emission goes is stored before it is published.
func TestPartitionsAreStoredFirst(t *testing.T) {
	r := newRig(t, newDisk(), placing)
	r.emit(0, "out")
	var stored []int32
	r.store.commit = func(b *brook.Batch) error {
		stored = append(stored, partitions(t, r, b)...)
		if len(stored) == 1 && len(r.broker.calls) > 0 && len(b.Writes) == 1 &&
			b.Writes[0].Op == brook.Put {
			t.Error("it was published before")
		}
		return nil
	}
	r.publish(false)
	want(t, "stored", fmt.Sprint(stored), "[3]")
	want(t, "published", r.broker.took(), "out:0")
}

// What can't be placed, or whose partition can't be stored, waits.
func TestPartitionsThatAreNotKnown(t *testing.T) {
	r := newRig(t, newDisk(), placing)
	driver := r.Config.Driver.(*placer)
	driver.unknown = errAway
	r.emit(0, "out")
	r.publish(true)
	want(t, "published without a partition", r.broker.took(), "")
	driver.unknown = nil
	r.store.commit = func(*brook.Batch) error { return errAway }
	r.publish(true)
	want(t, "published without being stored", r.broker.took(), "")
	r.store.commit = nil
	r.publish(true)
	want(t, "published", r.broker.took(), "out:0")
}

// A partition that the topic has no more is chosen anew.
func TestPartitionsThatAreGone(t *testing.T) {
	r := newRig(t, newDisk(), placing)
	r.broker.fails["out"] = brook.ErrOutOfRange
	r.emit(0, "out")
	r.publish(true)
	delete(r.broker.fails, "out")
	chosen := 0
	r.store.commit = func(b *brook.Batch) error {
		chosen += len(partitions(t, r, b))
		return nil
	}
	r.publish(true)
	want(t, "chosen again", chosen, 1)
	want(t, "published", r.broker.took(), "out:0")
}
