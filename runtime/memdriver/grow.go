package memdriver

import (
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// Grow adds partitions to a topic, so that it has that many. From then on keys may go to other
// partitions, as in Kafka. Groups divide the partitions anew. The error wraps brook.ErrPermanent if
// the topic has more already, or does not exist.
func (d *Driver) Grow(topic string, partitions int) error {
	groups, err := d.grow(topic, partitions)
	if err != nil {
		return err
	}
	for _, g := range groups {
		g.grown(topic)
	}
	return nil
}

// grow adds the partitions, and returns the groups to notify.
func (d *Driver) grow(topic string, partitions int) (groups []*group, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.topics[topic]
	if t == nil {
		return nil, fmt.Errorf("memdriver: there is no topic %s: %w", topic, brook.ErrPermanent)
	}
	all := t.all()
	switch {
	case partitions < len(all):
		return nil, fmt.Errorf("memdriver: topic %s has %d partitions, not less than %d: %w", topic,
			len(all), partitions, brook.ErrPermanent)
	case partitions == len(all):
		return nil, nil
	}
	t.set(slices.Clone(all), partitions)
	close(d.grown)
	d.grown = make(chan struct{})
	for _, g := range d.groups {
		groups = append(groups, g)
	}
	return groups, nil
}

// Grown waits until topics of the given partitions have other partitions than these. It sleeps
// until Grow or the end of ctx.
func (d *Driver) Grown(ctx context.Context, known []brook.Partition) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		d.mu.RLock()
		others, grown := d.others(known), d.grown
		d.mu.RUnlock()
		if others {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
		}
	}
}

// others reports whether topics of the given partitions have further ones.
func (d *Driver) others(known []brook.Partition) bool {
	of := map[string][]string{} // logs by number, by topic
	for _, p := range known {
		logs := of[p.Topic]
		for len(logs) <= int(p.Number) {
			logs = append(logs, "")
		}
		logs[p.Number] = p.Log
		of[p.Topic] = logs
	}
	for name, logs := range of {
		t := d.topics[name]
		if t == nil {
			continue
		}
		for i := range t.all() {
			if i >= len(logs) || logs[i] != t.id {
				return true
			}
		}
	}
	return false
}

// count returns the number of a topic's partitions, 0 if there is no topic.
func (d *Driver) count(name string) int32 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if t := d.topics[name]; t != nil {
		return int32(len(t.all()))
	}
	return 0
}
