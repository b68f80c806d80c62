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

const (
	pace   = 100                  // events, every
	beat   = 5 * time.Millisecond // which is 20,000 a second
	steady = 40_000               // events that make a steady state
)

// joiner makes a member of a group that says what it dealt with, until stop is called.
type joiner func(b *testing.B, t *topic, group string,
	handled func(partition int32, events int)) (stop func() error)

// BenchmarkRebalance lets a second member join a group of one under a steady load of 20,000 events
// a second: ms-stayed is the longest time in which nothing of a partition was dealt with that
// stayed with the first member, ms-moved of one that went to the second.
func BenchmarkRebalance(b *testing.B) {
	for _, c := range []struct {
		name string
		open func(*testing.B) joiner
	}{
		{"sarama-range", joinSarama(sarama.NewBalanceStrategyRange)},
		{"sarama-cooperative-sticky", joinSarama(sarama.NewBalanceStrategyCooperativeSticky)},
		{"brook+redis", joinApp},
	} {
		b.Run(c.name, func(b *testing.B) {
			join := c.open(b)
			var stayed, moved time.Duration
			for b.Loop() {
				s, m := rebalance(b, join)
				stayed, moved = max(stayed, s), max(moved, m)
			}
			b.ReportMetric(float64(stayed.Microseconds())/1000, "ms-stayed")
			b.ReportMetric(float64(moved.Microseconds())/1000, "ms-moved")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func rebalance(b *testing.B, join joiner) (stayed, moved time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	t, group := newTopic(b), "bench-"+rand.Text()
	stopLoad := load(b, t)
	p := new(pauses)
	until := func(what string, over func(*pauses) bool) {
		select {
		case <-p.when(over):
		case <-ctx.Done():
			b.Errorf("%s: not seen in %v", what, patience)
		}
	}
	leave := []func() error{join(b, t, group,
		func(partition int32, events int) { p.handled("first", partition, events) })}
	until("a steady state", func(p *pauses) bool {
		all := p.count >= steady
		for _, by := range p.by {
			all = all && by != ""
		}
		return all
	})
	p.watch()
	leave = append(leave, join(b, t, group,
		func(partition int32, events int) { p.handled("second", partition, events) }))
	until("the second member", func(p *pauses) bool { return p.second })
	from := 0
	until("a steady state of both", func(p *pauses) bool {
		if from == 0 {
			from = p.count
		}
		return p.count >= from+steady
	})
	stayed, moved, staying, moving := p.worst()
	if staying == 0 || moving == 0 {
		b.Errorf("%d partitions stayed with the first member, %d moved: some of each are needed",
			staying, moving)
	}
	if err := stopLoad(); err != nil {
		b.Error(err)
	}
	for _, stop := range leave {
		if err := stop(); err != nil {
			b.Error(err)
		}
	}
	if b.Failed() {
		b.FailNow()
	}
	return stayed, moved
}

// load publishes payments at a steady pace until stop is called.
func load(b *testing.B, t *topic) (stop func() error) {
	b.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(t.brokers...), kgo.DefaultProduceTopic(t.name),
		kgo.ProducerLinger(0))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var work sync.WaitGroup
	var failed error
	work.Go(func() {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for i := 0; ; {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				failed = client.Flush(context.WithoutCancel(ctx))
				return
			}
			for range pace {
				p := payment(i, users)
				client.Produce(context.WithoutCancel(ctx),
					&kgo.Record{Key: []byte(p.Account), Value: encode(b, &p)}, nil)
				i++
			}
		}
	})
	return func() error {
		cancel()
		work.Wait()
		client.Close()
		return failed
	}
}

// joinSarama joins as the usual loop of a sarama consumer group.
func joinSarama(strategy func() sarama.BalanceStrategy) func(*testing.B) joiner {
	join := func(b *testing.B, t *topic, group string,
		handled func(int32, int)) (stop func() error) {
		b.Helper()
		c := config()
		c.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy()}
		g, err := sarama.NewConsumerGroup(t.brokers, group, c)
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		var work sync.WaitGroup
		var failed error
		work.Go(func() {
			for ctx.Err() == nil && failed == nil {
				failed = g.Consume(ctx, []string{t.name}, listener(handled))
			}
		})
		return func() error {
			cancel()
			work.Wait()
			if errors.Is(failed, context.Canceled) {
				failed = nil
			}
			if failed != nil {
				failed = fmt.Errorf("group: %w", failed)
			}
			return errors.Join(failed, g.Close())
		}
	}
	return func(*testing.B) joiner { return join }
}

// listener is a member of a group that tells of every event.
type listener func(partition int32, events int)

func (listener) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (listener) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (l listener) ConsumeClaim(s sarama.ConsumerGroupSession,
	claim sarama.ConsumerGroupClaim) error {
	for m := range claim.Messages() {
		l(claim.Partition(), 1)
		s.MarkMessage(m, "")
	}
	return nil
}
