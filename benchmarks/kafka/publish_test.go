package kafka

import (
	"runtime"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
)

// publisher is somebody who publishes payments, and knows of each that it is stored when run
// returns.
type publisher struct {
	name string
	run  func(b *testing.B, t *topic, payments []accounts.Paid) time.Duration
}

const bareProducer = "sarama-async"

// BenchmarkPublish publishes events to an empty topic: it tells how many a second, and how much
// that is of the bare asynchronous producer's rate.
func BenchmarkPublish(b *testing.B) {
	payments := make([]accounts.Paid, events(b))
	for i := range payments {
		payments[i] = payment(i, users)
	}
	bare := 0.0
	for _, p := range []publisher{
		{bareProducer, publishBare},
		{"brook-publish-all", publishAll},
		{"brook-publish", publishEach},
	} {
		b.Run(p.name, func(b *testing.B) {
			var taken time.Duration
			turns := 0
			for b.Loop() {
				t := newTopic(b)
				runtime.GC() // not for the others before
				taken += p.run(b, t, payments)
				turns++
				stored := 0
				for _, end := range t.ends(b) {
					stored += int(end)
				}
				if stored != len(payments) {
					b.Fatalf("%d records are stored, want %d", stored, len(payments))
				}
			}
			rate := float64(turns*len(payments)) / taken.Seconds()
			if p.name == bareProducer {
				bare = rate
			}
			b.ReportMetric(rate, "events/s")
			b.ReportMetric(0, "ns/op")
			if bare > 0 {
				b.ReportMetric(rate/bare, "of-bare")
			}
		})
	}
}

// publishBare is sarama's idempotent asynchronous producer as it comes.
func publishBare(b *testing.B, t *topic, payments []accounts.Paid) time.Duration {
	c := config()
	c.Producer.Idempotent = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Net.MaxOpenRequests = 1
	c.Producer.Partitioner = sarama.NewMurmur2Partitioner
	c.Producer.Return.Successes = true
	producer, err := sarama.NewAsyncProducer(t.brokers, c)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	go func() {
		for i := range payments {
			value, err := accounts.AppendPaidJSON(nil, &payments[i])
			if err != nil {
				b.Error(err)
				break
			}
			producer.Input() <- &sarama.ProducerMessage{Topic: t.name,
				Key: sarama.StringEncoder(payments[i].Account), Value: sarama.ByteEncoder(value)}
		}
		producer.AsyncClose()
	}()
	over := make(chan struct{})
	go func() {
		defer close(over)
		for err := range producer.Errors() {
			b.Error(err)
		}
	}()
	stored := 0
	for range producer.Successes() {
		stored++
	}
	taken := time.Since(start)
	<-over
	if stored != len(payments) {
		b.Fatalf("%d of %d are stored", stored, len(payments))
	}
	return taken
}
