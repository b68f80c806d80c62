package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	partitions = 4
	batch      = 1_000            // events per commit: brook's default, and what is written by hand does the same
	patience   = 10 * time.Minute // for one run of anything
)

// brokers gives the addresses of the cluster.
func brokers(b *testing.B) []string {
	b.Helper()
	addrs := os.Getenv("BROOK_KAFKA")
	if addrs == "" {
		b.Skip("NOT MEASURED: there is no Kafka broker. Start one: scripts/kafka run make bench, or set BROOK_KAFKA to the address of one")
	}
	return strings.Split(addrs, ",")
}

// number gives a number that the environment may set.
func number(b *testing.B, name string, standard int) int {
	b.Helper()
	s := os.Getenv(name)
	if s == "" {
		return standard
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		b.Fatalf("%s is %q, and has to be a number of events", name, s)
	}
	return n
}

func events(b *testing.B) int { return number(b, "BROOK_KAFKA_EVENTS", 1_000_000) }

// config is what all that is built on sarama has in common: its defaults, and the events from the
// first on.
func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	return c
}

// topic is one that was made for a benchmark.
type topic struct {
	brokers []string
	name    string
	parts   int     // partitions
	sum     summary // what is in it
}

// newTopic makes an empty topic that goes when the benchmark ends.
func newTopic(b *testing.B) *topic {
	b.Helper()
	return newTopicOf(b, partitions)
}

// newTopicOf is newTopic with so many partitions.
func newTopicOf(b *testing.B, parts int) *topic {
	b.Helper()
	t := &topic{brokers: brokers(b), name: "bench-" + rand.Text(), parts: parts}
	admin, err := sarama.NewClusterAdmin(t.brokers, config())
	if err != nil {
		b.Fatal(err)
	}
	if err := admin.CreateTopic(t.name,
		&sarama.TopicDetail{NumPartitions: int32(parts), ReplicationFactor: 1}, false); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(admin.DeleteTopic(t.name), admin.Close()); err != nil {
			b.Error(err)
		}
	})
	// The broker knows of it a little later.
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	for {
		about, err := admin.DescribeTopics([]string{t.name})
		if err == nil && len(about) == 1 && about[0].Err == sarama.ErrNoError &&
			len(about[0].Partitions) == parts {
			return t
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			b.Fatalf("the topic that was made is not there: %v", err)
		}
	}
}

// newFilledTopic makes a topic with payments 0 to n to so many accounts, in batches of up to 128
// KiB, not compressed.
func newFilledTopic(b *testing.B, n, accounts int) *topic {
	b.Helper()
	t := newTopic(b)
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(t.brokers...), kgo.DefaultProduceTopic(t.name),
		kgo.ProducerLinger(20*time.Millisecond),
		kgo.ProducerBatchMaxBytes(128<<10), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	failed := make(chan error, 1)
	sent := func(_ *kgo.Record, err error) {
		if err != nil {
			select {
			case failed <- err:
			default:
			}
		}
	}
	for i := range n {
		p := payment(i, accounts)
		value := encode(b, &p)
		t.sum.add(&p, value)
		client.Produce(ctx, &kgo.Record{Key: []byte(p.Account), Value: value}, sent)
	}
	if err := client.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	ends := t.ends(b)
	for p, end := range ends {
		if end == 0 {
			b.Fatalf("partition %d of %v got nothing: there are too few events", p, ends)
		}
	}
	return t
}

// ends gives the offset behind the last record of every partition.
func (t *topic) ends(b *testing.B) []int64 {
	b.Helper()
	client, err := sarama.NewClient(t.brokers, config())
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	ends := make([]int64, t.parts)
	for p := range ends {
		if ends[p], err = client.GetOffset(t.name, int32(p), sarama.OffsetNewest); err != nil {
			b.Fatal(err)
		}
	}
	return ends
}

// payment gives the same payment for the same numbers, each time.
func payment(i, of int) accounts.Paid {
	h := mix(uint64(i))
	return accounts.Paid{
		Account:   account(int(h % uint64(of))),
		Amount:    int64(mix(h) % 10_000),
		Currency:  "EUR",
		Reference: strconv.FormatUint(mix(h+1)|1<<63, 16) + strconv.FormatUint(mix(h+2)|1<<63, 16),
		Reason:    "a text of some length, as events have",
		Sequence:  int64(i),
		Made:      1_764_000_000_000 + int64(i),
	}
}

// mix is splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func account(i int) string {
	digits := strconv.Itoa(i)
	return "account/" + "00000000"[len(digits):] + digits
}

func encode(b *testing.B, p *accounts.Paid) []byte {
	value, err := accounts.AppendPaidJSON(nil, p)
	if err != nil {
		b.Fatal(err)
	}
	return value
}
