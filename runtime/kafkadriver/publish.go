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
	topics, err := d.resolve(ctx, records)
	if err != nil {
		return nil, err
	}
	p := &publication{limiter: d.writing.limiter, positions: make([]brook.Position, len(records)),
		done: make(chan struct{})}
	all := d.writing.split(p, records, topics)
	if p.left == 0 {
		return p.outcome()
	}
	if p.entered, err = p.limiter.acquire(ctx, d.ctx.Done(), p.size); err != nil {
		freeSlab(p.slab)
		return nil, err
	}
	d.writing.accept(all)
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

// A resolution is what is known of the topics of a call.
type resolution []resolvedTopic

// A resolvedTopic is a topic, or why nothing can be published to it.
type resolvedTopic struct {
	name  string
	topic *topic
	err   error
}

// find returns the index of a topic, or -1. Most calls name one, so that looking at each is
// fastest.
func (r resolution) find(name string) int {
	for i := range r {
		if r[i].name == name {
			return i
		}
	}
	return -1
}

// topic returns a topic, or its error.
func (r resolution) topic(name string) (*topic, error) {
	known := &r[r.find(name)]
	return known.topic, known.err
}

// resolve returns what is known of the topics of records. It asks the brokers if that is too old.
func (d *Driver) resolve(ctx context.Context, records []brook.Record) (resolution, error) {
	all := make(resolution, 0, 1)
	var ask []string
	d.mu.Lock()
	for i := range records {
		name := records[i].Topic
		if i > 0 && records[i-1].Topic == name || all.find(name) >= 0 {
			continue
		}
		known := resolvedTopic{name: name, topic: d.topics[name]}
		switch {
		case name == "":
			known.err = errNoName
		case known.topic == nil || time.Since(known.topic.seen) > d.refresh():
			ask = append(ask, name)
		}
		all = append(all, known)
	}
	d.mu.Unlock()
	if len(ask) == 0 {
		return all, nil
	}
	found, failed, err := d.lookupOrCreate(ctx, ask)
	for _, name := range ask {
		known := &all[all.find(name)]
		switch {
		case err != nil && known.topic == nil:
			return nil, err
		case err != nil: // use the earlier metadata
		default:
			known.topic, known.err = found[name], failed[name]
		}
	}
	return all, nil
}
