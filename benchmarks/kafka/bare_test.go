package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
)

// claimer deals with the records of one partition; it is used by one goroutine.
type claimer interface {
	// record is given every record in order.
	record(m *sarama.ConsumerMessage) error
	// flush is called after every so many records and after the last, before they are marked as
	// consumed.
	flush() error
}

// member is a member of a sarama consumer group that reads a topic to its end.
type member struct {
	topic  *topic
	ends   []int64
	claim  func(partition int32) (claimer, error)
	resume func(partition int32) (next int64, err error) // nil: from where the group is

	begin   sync.Once
	started time.Time // when it got its partitions
	left    sync.WaitGroup
	failed  chan error
}

func (m *member) Setup(s sarama.ConsumerGroupSession) error {
	m.begin.Do(func() { m.started = time.Now() })
	if m.resume == nil {
		return nil
	}
	for _, p := range s.Claims()[m.topic.name] {
		next, err := m.resume(p)
		if err != nil {
			return err
		}
		s.ResetOffset(m.topic.name, p, next, "")
		s.MarkOffset(m.topic.name, p, next, "")
	}
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(s sarama.ConsumerGroupSession,
	claim sarama.ConsumerGroupClaim) error {
	c, err := m.claim(claim.Partition())
	if err != nil {
		return m.fail(err)
	}
	end, n := m.ends[claim.Partition()], 0
	for r := range claim.Messages() {
		if err := c.record(r); err != nil {
			return m.fail(err)
		}
		n++
		over := r.Offset+1 == end
		if n%batch == 0 || over {
			if err := c.flush(); err != nil {
				return m.fail(err)
			}
			s.MarkMessage(r, "")
		}
		if over {
			m.left.Done()
		}
	}
	return nil
}

func (m *member) fail(err error) error {
	select {
	case m.failed <- err:
	default:
	}
	return err
}

// run reads the topic as the one member of a new group, and gives how long that took since the
// partitions were assigned.
func (m *member) run(b *testing.B) time.Duration {
	b.Helper()
	m.ends, m.failed = m.topic.ends(b), make(chan error, 1)
	m.left.Add(len(m.ends))
	group, err := sarama.NewConsumerGroup(m.topic.brokers, "bench-"+rand.Text(), config())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var work sync.WaitGroup
	work.Go(func() {
		for ctx.Err() == nil {
			if err := group.Consume(ctx, []string{m.topic.name}, m); err != nil {
				_ = m.fail(err)
				return
			}
		}
	})
	over := make(chan time.Time, 1)
	go func() {
		m.left.Wait()
		over <- time.Now()
	}()
	var taken time.Duration
	select {
	case end := <-over:
		taken = end.Sub(m.started)
	case err = <-m.failed:
	case <-ctx.Done():
		err = fmt.Errorf("not done in %v", patience)
	}
	cancel()
	work.Wait()
	if err := errors.Join(err, group.Close()); err != nil {
		b.Fatal(err)
	}
	return taken
}

// discarder counts.
type discarder struct{ sum summary }

func (d *discarder) record(m *sarama.ConsumerMessage) error {
	d.sum.seen(m.Value)
	return nil
}

func (*discarder) flush() error { return nil }

// discardGroup is the usual loop of a sarama consumer group, with nothing in it.
func discardGroup(b *testing.B, t *topic) (sum summary, taken time.Duration) {
	var claims [partitions]discarder
	m := &member{topic: t, claim: func(p int32) (claimer, error) { return &claims[p], nil }}
	taken = m.run(b)
	for p := range claims {
		sum.merge(&claims[p].sum)
	}
	return sum, taken
}

// discardPartitions reads with a sarama consumer for each partition.
func discardPartitions(b *testing.B, t *topic) (sum summary, taken time.Duration) {
	ends := t.ends(b)
	consumer, err := sarama.NewConsumer(t.brokers, config())
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	var claims [partitions]discarder
	var readers [partitions]sarama.PartitionConsumer
	var work sync.WaitGroup
	for p := range ends {
		reader, err := consumer.ConsumePartition(t.name, int32(p), sarama.OffsetOldest)
		if err != nil {
			b.Fatal(err)
		}
		readers[p] = reader
		late := time.AfterFunc(patience, reader.AsyncClose)
		work.Go(func() {
			defer late.Stop()
			for m := range reader.Messages() {
				claims[p].sum.seen(m.Value)
				if m.Offset+1 == ends[p] {
					return
				}
			}
		})
	}
	work.Wait()
	taken = time.Since(start)
	for p := range claims {
		sum.merge(&claims[p].sum)
		readers[p].AsyncClose()
	}
	for _, reader := range readers {
		for range reader.Messages() { // until it is closed
		}
	}
	if err := consumer.Close(); err != nil {
		b.Fatal(err)
	}
	return sum, taken
}

// discardFranz reads as the one member of a group with franz-go.
func discardFranz(b *testing.B, t *topic) (sum summary, taken time.Duration) {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var begin sync.Once
	var start time.Time
	client, err := kgo.NewClient(kgo.SeedBrokers(t.brokers...), kgo.ConsumeTopics(t.name),
		kgo.ConsumerGroup("bench-"+rand.Text()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { begin.Do(func() { start = time.Now() }) }))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	for sum.events < t.sum.events {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			b.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) { sum.seen(r.Value) })
	}
	return sum, time.Since(start)
}
