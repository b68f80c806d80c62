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
	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/components/cqrs"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
)

// bareJSON reads records that have no name of the event with them.
type bareJSON struct{ cqrs.JSONMarshaler }

func (m bareJSON) NameFromMessage(*message.Message) string { return m.Name(accounts.Paid{}) }

// foldWatermill is an event processor of Watermill's CQRS component with one handler, which adds to
// a map.
func foldWatermill(b *testing.B, t *topic) (summary, time.Duration) {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	settings := kafka.DefaultSaramaSubscriberConfig()
	settings.Version = sarama.MaxVersion
	settings.Consumer.Offsets.Initial = sarama.OffsetOldest
	subscriber, err := kafka.NewSubscriber(kafka.SubscriberConfig{Brokers: t.brokers, Unmarshaler: kafka.DefaultMarshaler{},
		OverwriteSaramaConfig: settings, ConsumerGroup: "bench-" +
			rand.Text()}, watermill.NopLogger{})
	if err != nil {
		b.Fatal(err)
	}
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	if err != nil {
		b.Fatal(err)
	}
	processor, err := cqrs.NewEventProcessorWithConfig(router, cqrs.EventProcessorConfig{
		GenerateSubscribeTopic: func(cqrs.EventProcessorGenerateSubscribeTopicParams) (string, error) { return t.name, nil },
		SubscriberConstructor: func(cqrs.EventProcessorSubscriberConstructorParams) (message.Subscriber, error) {
			return subscriber, nil
		},
		Marshaler: bareJSON{},
	})
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	sum := summary{balances: map[string]*accounts.Balance{}}
	var first time.Time
	over := make(chan time.Duration, 1)
	handler := cqrs.NewEventHandler("sums", func(_ context.Context, p *accounts.Paid) error {
		mu.Lock()
		defer mu.Unlock()
		if sum.events == 0 {
			first = time.Now()
		}
		sum.events++
		sum.fold(p)
		if sum.events == t.sum.events {
			over <- time.Since(first)
		}
		return nil
	})
	if _, err := processor.AddHandler(handler); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- router.Run(ctx) }()
	var taken time.Duration
	select {
	case taken = <-over:
	case <-ctx.Done():
		err = fmt.Errorf("not done in %v", patience)
	}
	if err := errors.Join(err, router.Close(), <-ended); err != nil {
		b.Fatal(err)
	}
	return sum, taken
}
