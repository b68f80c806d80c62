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

// BenchmarkPublish publishes events to an empty topic: it tells how many a second, how much that is
// of the bare asynchronous producer's rate, and what each took of the processor.
func BenchmarkPublish(b *testing.B) { publishTo(b, partitions, events(b)) }

// manyPartitions are so many that a broker's work for each batch counts more than that for the
// events in it.
const manyPartitions = 1_000

// BenchmarkPublishManyPartitions is BenchmarkPublish with a topic of 1,000 partitions and a fifth
// of the events. Each partition has records before the time begins, see [topic.begin].
func BenchmarkPublishManyPartitions(b *testing.B) {
	publishTo(b, manyPartitions, max(events(b)/5, 1))
}

func publishTo(b *testing.B, parts, n int) {
	payments := make([]accounts.Paid, n)
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
			var total usage
			for b.Loop() {
				t := newTopicOf(b, parts)
				t.begin(b)
				runtime.GC() // not for the others before
				before := used(b)
				taken += p.run(b, t, payments)
				total = total.plus(used(b), before)
				turns++
				stored := 0
				for _, end := range t.ends(b) {
					stored += int(end)
				}
				if stored -= parts * beginnings; stored != len(payments) {
					b.Fatalf("%d records are stored, want %d", stored, len(payments))
				}
			}
			rate := float64(turns*len(payments)) / taken.Seconds()
			if p.name == bareProducer {
				bare = rate
			}
			b.ReportMetric(rate, "events/s")
			b.ReportMetric(0, "ns/op")
			total.per(b, turns*len(payments))
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
	var failed int
	go func() {
		defer close(over)
		for err := range producer.Errors() {
			if failed++; failed == 1 {
				b.Error(err) // the others say the same
			}
		}
	}()
	stored := 0
	for range producer.Successes() {
		stored++
	}
	taken := time.Since(start)
	<-over
	if stored != len(payments) {
		b.Fatalf("%d of %d are stored, %d failed", stored, len(payments), failed)
	}
	return taken
}

// beginnings is how many records begin stores in each partition.
const beginnings = 2

// begin has the broker make what it makes once for a partition, which takes it many milliseconds
// each: files with the first record, and the files of indexes with the first one that comes behind
// 4 KiB (index.interval.bytes). So what is measured is publishing.
func (t *topic) begin(b *testing.B) {
	b.Helper()
	c := config()
	c.Producer.Partitioner = sarama.NewManualPartitioner
	c.Producer.Return.Successes = true
	c.Producer.Retry.Max = 1_000 // it takes a broker a while to lead so many partitions
	c.Producer.Idempotent, c.Producer.RequiredAcks = true, sarama.WaitForAll
	c.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer(t.brokers, c)
	if err != nil {
		b.Fatal(err)
	}
	defer producer.Close()
	for range beginnings {
		all := make([]*sarama.ProducerMessage, t.parts)
		for p := range all {
			all[p] = &sarama.ProducerMessage{Topic: t.name, Partition: int32(p),
				Value: sarama.ByteEncoder(make([]byte, 5<<10))}
		}
		if err := producer.SendMessages(all); err != nil {
			b.Fatal(err)
		}
	}
}
