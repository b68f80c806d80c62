package kafkadriver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"

	brook "github.com/brookgen/brookgen/runtime"
)

// These are about what only a real broker shows.

// run runs a command, and returns its output.
func run(t *testing.T, input string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, errs.String())
	}
	return out.String()
}

// A broker that is killed, and comes back, costs time and nothing else: what is published is stored
// once and in order, and read once and in order.
func TestRestartKafka(t *testing.T) {
	addrs := brokers(t)
	script, dir := os.Getenv("BROOK_KAFKA_SCRIPT"), os.Getenv("BROOK_KAFKA_DIR")
	if script == "" {
		t.Skip("SKIPPED: BROOK_KAFKA_SCRIPT does not name scripts/kafka, so a restart is NOT tested")
	}
	config := sarama.NewConfig()
	config.Producer.Retry.Max = 1000 // it may take long to come back on a machine that is busy
	d := open(t, addrs, config)
	topic := newTopic()
	first, err := d.Publish(t.Context(), numbered(topic, "k", 0, 100))
	if err != nil {
		t.Fatal(err)
	}
	const n = 5000
	r, err := d.Open(t.Context(), first[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, _ := read(t, r, 100)
	started, published := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(published)
		for from := 100; from < n; from += 100 {
			if from == 1000 {
				close(started)
			}
			if _, err := d.Publish(t.Context(), numbered(topic, "k", from, from+100)); err != nil {
				t.Errorf("Publish: %v", err)
				return
			}
		}
	}()
	soon := sarama.NewConfig()
	soon.Producer.Retry.Max, soon.Producer.Retry.Backoff = 20, 50*time.Millisecond
	hasty := open(t, addrs, soon)
	other := newTopic()
	if _, err := hasty.Publish(t.Context(), numbered(other, "k", 0, 10)); err != nil {
		t.Fatal(err)
	}
	<-started
	run(t, "", script, "kill", dir, "1")
	if _, err := hasty.Publish(t.Context(), numbered(other, "k", 10, 20)); err == nil ||
		errors.Is(err, brook.ErrPermanent) {
		t.Errorf("Publish without a broker: %v", err)
	}
	run(t, "", script, "up", dir, "1")
	rest, failures := read(t, r, n)
	wantNumbers(t, append(got, rest...), n)
	t.Logf("Read failed %d times", failures)
	<-published
	// Who had given up goes on, in a new epoch.
	if at, err := hasty.Publish(t.Context(), numbered(other, "k", 10, 20)); err != nil ||
		at[0].Offset != 10 || at[9].Offset != 19 {
		t.Errorf("Publish after the restart: %v, %v", at, err)
	}
}

// A record of 10 MB passes if the topic allows it; otherwise it is refused for good, with an error
// that says how large it is.
func TestLargeRecordKafka(t *testing.T) {
	addrs := brokers(t)
	d := open(t, addrs, nil)
	size, large := "16777216", newTopic()
	if err := admin(t, addrs).CreateTopic(large,
		&sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1,
			ConfigEntries: map[string]*string{"max.message.bytes": &size}}, false); err != nil {
		t.Fatal(err)
	}
	value := bytes.Repeat([]byte("0123456789"), 1_000_000)
	records := numbered(large, "k", 0, 3)
	records[1].Value = value
	at, err := d.Publish(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), at[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, _ := read(t, r, 3)
	if !slices.Equal(got, []string{"0", string(value), "2"}) {
		t.Errorf("%d records come back, of %d bytes", len(got), len(strings.Join(got, "")))
	}

	small := newTopic()
	for i := range records {
		records[i].Topic = small
	}
	at, err = d.Publish(t.Context(), records)
	var refused *brook.PublishError
	if !errors.As(err, &refused) || refused.Errs[0] != nil || refused.Errs[2] != nil ||
		at[2].Offset != 1 {
		t.Fatalf("Publish: %v, %v", at, err)
	}
	if err := refused.Errs[1]; !errors.Is(err, brook.ErrPermanent) ||
		!errors.Is(err, sarama.ErrMessageSizeTooLarge) ||
		!strings.Contains(err.Error(), "bytes: 10000") {
		t.Errorf("the large record: %v", err)
	}
}

// kcatRecord is what kcat -J prints.
type kcatRecord struct {
	Topic     string
	Partition int32
	Offset    int64
	Key       *string
	Payload   *string
	Headers   []string
	TS        int64
}

// What kcat, that is librdkafka, writes is read whole, and it reads ours whole; with
// every compression.
func TestKcatKafka(t *testing.T) {
	addrs := brokers(t)
	if _, err := exec.LookPath("kcat"); err != nil {
		t.Skip("SKIPPED: there is no kcat, so what librdkafka makes of records is NOT tested: " +
			"apt-get install kcat")
	}
	bootstrap := strings.Join(addrs, ",")
	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP,
		sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD} {
		t.Run(codec.String(), func(t *testing.T) {
			config := sarama.NewConfig()
			config.Producer.Compression = codec
			d := open(t, addrs, config)
			topic := newTopic()
			if _, err := d.Partitions(t.Context(), topic); err != nil {
				t.Fatal(err)
			}
			before := time.Now().Add(-time.Minute)
			run(t, "k1:v1\nk2:\n:v3\n", "kcat", "-P", "-b", bootstrap, "-t", topic, "-p", "1",
				"-K:", "-Z", "-z", codec.String(), "-H", "a=1", "-H", "b=")
			r, err := d.Open(t.Context(), brook.Position{Topic: topic, Partition: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var records []brook.Record
			for len(records) < 3 {
				c, err := r.Read(t.Context(), 10)
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, c.Records...)
			}
			for i, want := range []string{`"k1" "v1"`, `"k2" "" tombstone`, `"" "v3"`} {
				r := &records[i]
				got := fmt.Sprintf("%q %q", r.Key, r.Value)
				if r.Value == nil {
					got += " tombstone"
				}
				a, _ := r.Header("a")
				b, ok := r.Header("b")
				if got != want || string(a) != "1" || len(b) != 0 || !ok || r.Offset != int64(i) ||
					r.Time.Before(before) {
					t.Errorf("record %d of kcat is %+v", i, r)
				}
			}

			at := time.UnixMilli(1_700_000_000_123)
			ours := []brook.Record{
				{Topic: topic, Key: []byte("käse"), Value: []byte("{}"), Time: at,
					Headers: []brook.Header{{Key: "x", Value: []byte("y")},
						{Key: "x", Value: []byte("z")}}},
				{Topic: topic, Key: []byte("gone")},
			}
			positions, err := d.Publish(t.Context(), ours)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range positions {
				out := run(t, "", "kcat", "-C", "-b", bootstrap, "-t", topic, "-p",
					fmt.Sprint(p.Partition), "-o", fmt.Sprint(p.Offset), "-c", "1",
					"-e", "-q", "-J")
				var got kcatRecord
				if err := json.Unmarshal([]byte(out), &got); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				if got.Offset != p.Offset || got.Key == nil || *got.Key != string(ours[i].Key) ||
					(got.Payload == nil) != (ours[i].Value == nil) {
					t.Errorf("kcat reads %s", out)
				}
				if i == 0 && (*got.Payload != "{}" || got.TS != at.UnixMilli() ||
					!slices.Equal(got.Headers, []string{"x", "y", "x", "z"})) {
					t.Errorf("kcat reads %s", out)
				}
			}
		})
	}
}

// A name that Kafka does not take is refused for good, wherever it is named.
func TestTopicNameKafka(t *testing.T) {
	d := open(t, brokers(t), nil)
	const name = "a name with blanks"
	if _, err := d.Partitions(t.Context(), name); !errors.Is(err, brook.ErrPermanent) ||
		!strings.Contains(err.Error(), name) {
		t.Errorf("Partitions: %v", err)
	}
	if _, err := d.Publish(t.Context(), numbered(name, "k", 0, 1)); !errors.Is(err,
		brook.ErrPermanent) {
		t.Errorf("Publish: %v", err)
	}
	if _, err := d.Open(t.Context(), brook.Position{Topic: name}); !errors.Is(err,
		brook.ErrPermanent) {
		t.Errorf("Open: %v", err)
	}
}

// Keys live where librdkafka's and Kafka's own partitioner put them.
func TestPartitionerKafka(t *testing.T) {
	addrs := brokers(t)
	d := open(t, addrs, nil)
	topic := newTopic()
	if _, err := d.Partitions(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	client := producer(t, addrs, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	for i := range 50 {
		key := fmt.Append(nil, "key ", i)
		produced := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: key})
		r, err := produced.First()
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Partition(key, 3); int32(got) != r.Partition {
			t.Errorf("%s is in partition %d, not %d", key, r.Partition, got)
		}
	}
}

// Compaction leaves batches without records if they were the last ones of their producers. They are
// skipped, also if a response has nothing else.
func TestCompactedKafka(t *testing.T) {
	addrs := brokers(t)
	topic, compact, soon, none := newTopic(), "compact", "100", "0"
	if err := admin(t, addrs).CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1,
		ReplicationFactor: 1, ConfigEntries: map[string]*string{
			"cleanup.policy": &compact, "segment.ms": &soon, "min.compaction.lag.ms": &none,
			"delete.retention.ms": &none}}, false); err != nil {
		t.Fatal(err)
	}
	config := sarama.NewConfig()
	// the first batch of a partition comes whole, and nothing else
	config.Consumer.Fetch.Default = 64
	d := open(t, addrs, config)
	const n = 12
	for i := range n {
		// Each has a producer ID of its own, and ends a segment.
		if _, err := open(t, addrs, nil).Publish(t.Context(),
			numbered(topic, "k", i, i+1)); err != nil {
			t.Fatal(err)
		}
		<-time.After(110 * time.Millisecond) // segments are ended by the clock
	}
	deadline := time.Now().Add(time.Minute)
	for {
		r, err := d.Open(t.Context(), brook.Position{Topic: topic})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := read(t, r, n)
		r.Close()
		if len(got) == 0 || got[len(got)-1] != fmt.Sprint(n-1) {
			t.Fatalf("the log has %v", got)
		}
		if len(got) <= 2 {
			return // the last segment is not compacted
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log still has %v", got)
		}
	}
}
