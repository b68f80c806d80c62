package kafkadriver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

// Brokers learn of a new topic one after another: metadata is asked for again during 5 s.
const (
	createTries = 100
	createPause = 50 * time.Millisecond
)

// lookupOrCreate returns topics as lookup does, and creates the missing ones if the option
// CreateTopics is set. The first error map is by topic, the last error is that of the request.
func (d *Driver) lookupOrCreate(
	ctx context.Context, names []string,
) (map[string]*topic, map[string]error, error) {
	found, failed, err := d.lookup(ctx, names)
	if err != nil || d.options.partitions == 0 {
		return found, failed, err
	}
	var made []string
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		if !errors.Is(failed[name], sarama.ErrUnknownTopicOrPartition) {
			continue
		}
		if err := d.create(ctx, name); err != nil {
			failed[name] = err
			continue
		}
		made = append(made, name)
	}
	for tries := 1; len(made) > 0 && tries <= createTries; tries++ {
		if tries > 1 {
			if err := d.pause(ctx, createPause); err != nil {
				return nil, nil, err
			}
		}
		again, still, err := d.lookup(ctx, made)
		if err != nil {
			return nil, nil, err
		}
		for name, t := range again {
			found[name] = t
			delete(failed, name)
		}
		maps.Copy(failed, still)
		made = slices.Collect(maps.Keys(still))
	}
	return found, failed, nil
}

func (d *Driver) create(ctx context.Context, name string) error {
	detail := &sarama.TopicDetail{NumPartitions: d.options.partitions,
		ReplicationFactor: d.options.replication}
	details := map[string]*sarama.TopicDetail{name: detail}
	err := d.retry(ctx, func() error {
		d.mu.Lock()
		controller := d.controller
		d.mu.Unlock()
		response, err := await(ctx, d, func() (*sarama.CreateTopicsResponse, error) {
			request := sarama.NewCreateTopicsRequest(d.config.Version, details,
				d.config.Admin.Timeout, false)
			return call(d.conn(controller), (*sarama.Broker).CreateTopics, request)
		})
		if err != nil {
			return err
		}
		refusal := response.TopicErrors[name]
		switch {
		case refusal == nil:
			return sarama.ErrIncompleteResponse
		// another client created it first
		case refusal.Err == sarama.ErrNoError || refusal.Err == sarama.ErrTopicAlreadyExists:
			return nil
		case refusal.Err == sarama.ErrNotController:
			_, _, _ = d.lookup(ctx, []string{name}) // learns the new controller
		}
		return refusal
	})
	if err == nil {
		return nil
	}
	return explain(err, "create topic %q with %d partitions and %d replicas", name,
		detail.NumPartitions, detail.ReplicationFactor)
}

// pause waits. It returns early, with an error, if ctx ends or the driver is closed.
func (d *Driver) pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return d.checkOpen(ctx)
	case <-ctx.Done():
		return ctx.Err()
	case <-d.ctx.Done():
		return ErrClosed
	}
}
