package kafkadriver

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Publish appends records to their topics, together with what others publish at the same time. A record with a key goes to the
// partition that Kafka's default partitioner chooses; those of one call without a key go to one partition of their topic, those of the
// next call to another. A record that is Placed goes to its Partition. What lacks a right is not refused for good: an emission is published once somebody
// grants it.
//
// It waits while [InFlight] bytes are on their way. Brokers that can't take records are tried again as the configuration's
// Producer.Retry says; then the records fail, those of the call that would come after them in the partition too. Where ctx ends before, what was
// not sent yet is not sent; the rest may still be stored.
func (d *Driver) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if err := d.alive(ctx); err != nil || len(records) == 0 {
		return nil, err
	}
	topics, failed, err := d.resolve(ctx, records)
	if err != nil {
		return nil, err
	}
	p := &publication{positions: make([]brook.Position, len(records)), done: make(chan struct{})}
	parcels := d.writing.pack(p, records, topics, failed)
	for _, parcel := range parcels {
		p.left += len(parcel.records)
		p.size += parcel.size
	}
	if p.left == 0 {
		return p.outcome()
	}
	entered, err := d.writing.room.enter(ctx, d.ctx.Done(), p.size)
	if err != nil {
		return nil, err
	}
	p.leave = func() { d.writing.room.leave(entered) }
	d.writing.accept(parcels, topics)
	select {
	case <-p.done:
	case <-ctx.Done():
		d.writing.withdraw(parcels, fmt.Errorf("kafkadriver: the record may still be stored: %w", ctx.Err()))
	case <-d.ctx.Done():
		d.writing.withdraw(parcels, ErrClosed)
	}
	return p.outcome()
}

// resolve gives the topics of records, or what is wrong with them.
func (d *Driver) resolve(ctx context.Context, records []brook.Record) (map[string]*topic, map[string]error, error) {
	topics, failed := map[string]*topic{}, map[string]error{}
	var ask []string
	last := -1
	d.mu.Lock()
	for i := range records {
		name := records[i].Topic
		if last >= 0 && records[last].Topic == name {
			continue
		}
		last = i
		if _, ok := topics[name]; ok || failed[name] != nil {
			continue
		}
		if name == "" {
			failed[name] = errNoName
			continue
		}
		topics[name] = d.topics[name]
		if t := topics[name]; t == nil || time.Since(t.seen) > d.refresh() {
			ask = append(ask, name)
		}
	}
	d.mu.Unlock()
	if len(ask) == 0 {
		return topics, failed, nil
	}
	found, wrong, err := d.demand(ctx, ask)
	for _, name := range ask {
		switch {
		case err != nil && topics[name] == nil:
			return nil, nil, err
		case err != nil: // what was known before has to do
		case wrong[name] != nil:
			delete(topics, name)
			failed[name] = wrong[name]
		default:
			topics[name] = found[name]
		}
	}
	return topics, failed, nil
}
