package kafkadriver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// While leaders move, a request is repeated for some seconds.
const (
	offsetTries = 20
	offsetPause = 250 * time.Millisecond
)

// Partitions returns the partitions of topics, ordered by topic and number; a topic that is named
// twice counts once. Log is the topic's ID. End is the last stable offset: what an open transaction
// wrote, and all behind it, is not counted. Topics that do not exist are created if [CreateTopics]
// is set. Otherwise the error names one, and is not permanent, as somebody may create it.
func (d *Driver) Partitions(ctx context.Context, topics ...string) ([]brook.Partition, error) {
	names := slices.Compact(slices.Sorted(slices.Values(topics)))
	if slices.Contains(names, "") {
		return nil, errNoName
	}
	var all []brook.Partition
	err := d.retry(ctx, func() (err error) {
		all, err = d.partitions(ctx, names)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.rememberLogs(all)
	return all, nil
}

// retry repeats f for some seconds while brokers report that leaders move, and once if a connection
// broke, which may have been idle for too long.
func (d *Driver) retry(ctx context.Context, f func() error) error {
	for tries := 1; ; tries++ {
		if err := d.checkOpen(ctx); err != nil {
			return err
		}
		err := f()
		if err == nil || tries == offsetTries || permanent(err) ||
			errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
			return err
		}
		if code := sarama.KError(0); !errors.As(err, &code) {
			if tries > 1 {
				return err
			}
			continue
		}
		if err := d.pause(ctx, offsetPause); err != nil {
			return err
		}
	}
}

// rememberLogs stores the topic IDs that the application knows.
func (d *Driver) rememberLogs(all []brook.Partition) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range all {
		d.logs[p.Topic] = p.Log
	}
}

func (d *Driver) partitions(ctx context.Context, names []string) ([]brook.Partition, error) {
	found, failed, err := d.lookupOrCreate(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := failed[name]; err != nil {
			return nil, err
		}
	}
	var all []brook.Partition
	for _, name := range names {
		for n := range found[name].leaders {
			all = append(all, brook.Partition{Topic: name, Number: int32(n),
				Log: found[name].log()})
		}
	}
	if err := d.fillOffsets(ctx, found, all); err != nil {
		return nil, err
	}
	return all, nil
}

// fillOffsets sets the start and end of partitions, with two requests to each leader.
func (d *Driver) fillOffsets(ctx context.Context, topics map[string]*topic,
	all []brook.Partition) error {
	byLeader := map[string][]*brook.Partition{}
	for i := range all {
		p := &all[i]
		addr := topics[p.Topic].leaders[p.Number].addr
		if addr == "" {
			return noLeader(p.Topic, p.Number)
		}
		byLeader[addr] = append(byLeader[addr], p)
	}
	var (
		wg   sync.WaitGroup
		errs = make(chan error, len(byLeader))
	)
	for addr, led := range byLeader {
		wg.Go(func() {
			_, err := await(ctx, d, func() (struct{}, error) {
				return struct{}{}, cmp.Or(d.offsets(addr, led)...)
			})
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
