package kafkadriver

import (
	"context"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Publish appends records to their topics, in batches with what others publish at the same time.
// A record with a key goes to the partition that Kafka's default partitioner chooses. Records of
// one call without a key go to one partition of their topic, those of the next call to another. A
// record that is Placed goes to its Partition. A missing right is no permanent error: an emission
// is published once somebody grants the right.
//
// Publish waits while [InFlight] bytes are on their way. If brokers cannot take records, it tries
// again as Producer.Retry of the configuration says. After that the records fail, and so do those
// of the call that follow them in the same partition. If ctx ends first, what was not sent yet is
// not sent; the rest may still be stored.
func (d *Driver) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if err := d.checkOpen(ctx); err != nil || len(records) == 0 {
		return nil, err
	}
	topics, failed, err := d.resolve(ctx, records)
	if err != nil {
		return nil, err
	}
	p := &publication{positions: make([]brook.Position, len(records)), done: make(chan struct{})}
	all := d.writing.split(p, records, topics, failed)
	for _, r := range all {
		p.left += len(r.records)
		p.size += r.size
	}
	if p.left == 0 {
		return p.outcome()
	}
	entered, err := d.writing.limiter.acquire(ctx, d.ctx.Done(), p.size)
	if err != nil {
		return nil, err
	}
	p.release = func() { d.writing.limiter.release(entered) }
	d.writing.accept(all, topics)
	select {
	case <-p.done:
	case <-ctx.Done():
		d.writing.withdraw(all, fmt.Errorf("kafkadriver: the record may still be stored: %w",
			ctx.Err()))
	case <-d.ctx.Done():
		d.writing.withdraw(all, ErrClosed)
	}
	return p.outcome()
}

// resolve returns the topics of records, and errors by topic.
func (d *Driver) resolve(
	ctx context.Context, records []brook.Record,
) (map[string]*topic, map[string]error, error) {
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
	found, wrong, err := d.lookupOrCreate(ctx, ask)
	for _, name := range ask {
		switch {
		case err != nil && topics[name] == nil:
			return nil, nil, err
		case err != nil: // use the earlier metadata
		case wrong[name] != nil:
			delete(topics, name)
			failed[name] = wrong[name]
		default:
			topics[name] = found[name]
		}
	}
	return topics, failed, nil
}
