package kafkadriver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
)

// read reads until an offset, and returns the values. It waits out errors that are not permanent,
// as the runtime does.
func read(t *testing.T, r brook.PartitionReader, to int64) (all []string, failures int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for next := int64(-1); next < to; {
		c, err := r.Read(ctx, 100)
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, brook.ErrPermanent) ||
				errors.Is(err, brook.ErrOutOfRange) {
				t.Fatalf("Read, at %d of %d: %v", next, to, err)
			}
			failures++
			continue
		}
		if c.Next <= next || c.End < c.Next {
			t.Fatalf("a chunk has Next %d, End %d after %d", c.Next, c.End, next)
		}
		for i := range c.Records {
			if o := c.Records[i].Offset; o < next || o >= c.Next {
				t.Fatalf("offset %d in a chunk from %d to %d", o, next, c.Next)
			}
			all = append(all, string(c.Records[i].Value))
		}
		next = c.Next
	}
	return all, failures
}

func wantNumbers(t *testing.T, got []string, n int) {
	t.Helper()
	if len(got) != n {
		t.Errorf("%d records, want %d", len(got), n)
	}
	for i := range got {
		if got[i] != fmt.Sprint(i) {
			t.Fatalf("record %d is %s", i, got[i])
		}
	}
}

// Whatever error a broker returns for a while, nothing is lost. If it lasts, Read returns it
// and can be called again.
func TestReadRetries(t *testing.T) {
	for name, fault := range map[string]kfake.Fault{
		"not leader":         {Err: kerr.NotLeaderForPartition},
		"unknown topic":      {Err: kerr.UnknownTopicOrPartition},
		"fenced epoch":       {Err: kerr.FencedLeaderEpoch},
		"unknown epoch":      {Err: kerr.UnknownLeaderEpoch},
		"storage":            {Err: kerr.KafkaStorageError},
		"whole answer fails": {Err: kerr.UnknownServerError, TopLevel: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake(t)
			d := open(t, c.ListenAddrs(), nil)
			at, err := d.Publish(t.Context(), numbered("t", "k", 0, 500))
			if err != nil {
				t.Fatal(err)
			}
			fault.Keys, fault.Count = []kmsg.Key{kmsg.Fetch}, 5
			h := c.Fault(fault)
			r, err := d.Open(t.Context(), at[0])
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, failures := read(t, r, 500)
			wantNumbers(t, got, 500)
			if failures == 0 || h.Hits() != 5 {
				t.Errorf("Read failed %d times, after %d faults", failures, h.Hits())
			}
		})
	}
}

// A quota costs time and nothing else.
func TestReadThrottled(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), nil)
	at, err := d.Publish(t.Context(), numbered("t", "k", 0, 500))
	if err != nil {
		t.Fatal(err)
	}
	var throttled atomic.Int32
	c.ControlKey(int16(kmsg.Fetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		n := throttled.Add(1)
		if n > 8 {
			return nil, nil, false
		}
		c.KeepControl()
		response := request.ResponseKind().(*kmsg.FetchResponse)
		response.ThrottleMillis = n * 20 // longer, at last, than sarama is left to wait
		return response, nil, true
	})
	r, err := d.Open(t.Context(), at[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, failures := read(t, r, 500)
	wantNumbers(t, got, 500)
	if failures > 0 || throttled.Load() < 8 {
		t.Errorf("Read failed %d times, after %d answers without records", failures,
			throttled.Load())
	}
}

// While leaders move and connections break, every record is read once, in order.
func TestReadWhileLeadersMove(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3))
	d := open(t, c.ListenAddrs(), quick())
	const n, step = 2000, 50
	first, err := d.Publish(t.Context(), numbered("t", "k", 0, step))
	if err != nil {
		t.Fatal(err)
	}
	requests := 0
	c.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		if requests++; requests%7 == 0 {
			c.KeepControl()
			return nil, errors.New("cut"), true
		}
		return nil, nil, false
	})
	published := make(chan error, 1)
	go func() {
		defer close(published)
		for from := step; from < n; from += step {
			node := int32(from / step % 3)
			if err := c.MoveTopicPartition("t", first[0].Partition, node); err != nil {
				published <- err
				return
			}
			if _, err := d.Publish(t.Context(), numbered("t", "k", from, from+step)); err != nil {
				published <- err
				return
			}
		}
	}()
	r, err := d.Open(t.Context(), first[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, _ := read(t, r, n)
	wantNumbers(t, got, n)
	if err := <-published; err != nil {
		t.Errorf("Publish: %v", err)
	}
}

// producer opens franz-go, to write what the driver does not.
func producer(t *testing.T, addrs []string, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(addrs...),
		kgo.RecordPartitioner(kgo.ManualPartitioner())}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func produce(t *testing.T, client *kgo.Client, topic string, values ...string) {
	t.Helper()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: topic, Key: []byte(v), Value: []byte(v)})
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func end(t *testing.T, client *kgo.Client, commit kgo.TransactionEndTry) {
	t.Helper()
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.EndTransaction(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
}

func testTransactions(t *testing.T, addrs []string, topic string) {
	d := open(t, addrs, nil)
	if _, err := d.Partitions(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	one := producer(t, addrs, kgo.TransactionalID(topic+"-one"))
	two := producer(t, addrs, kgo.TransactionalID(topic+"-two"))
	begin := func(c *kgo.Client) {
		t.Helper()
		if err := c.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := d.Open(t.Context(), brook.Position{Topic: topic})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	begin(one) // 0 to 2
	produce(t, one, topic, "a0", "a1", "a2")
	begin(two) // 3
	produce(t, two, topic, "b0")
	end(t, one, kgo.TryCommit) // the markers are 4 and 5, and come later
	end(t, two, kgo.TryAbort)
	got, _ := read(t, r, 6)
	if !slices.Equal(got, []string{"a0", "a1", "a2"}) {
		t.Errorf("one transaction committed, one aborted: %v", got)
	}
	begin(two) // 6 and 9
	produce(t, two, topic, "c0")
	begin(one) // 7 and 8
	produce(t, one, topic, "d0", "d1")
	produce(t, two, topic, "c1")
	end(t, one, kgo.TryAbort)
	if p := partition(t, d, brook.Position{Topic: topic}); p.End != 6 {
		t.Errorf("while a transaction is open the partition is %+v, want End 6", p)
	}
	end(t, two, kgo.TryCommit) // the markers are 10 and 11
	got, _ = read(t, r, 12)
	if !slices.Equal(got, []string{"c0", "c1"}) {
		t.Errorf("after it was committed: %v", got)
	}
	if p := partition(t, d, brook.Position{Topic: topic}); p.End != 12 {
		t.Errorf("the partition is %+v, want End 12", p)
	}
	for from, want := range map[int64][]string{1: {"a1", "a2", "c0", "c1"}, 3: {"c0", "c1"},
		4: {"c0", "c1"}, 8: {"c1"}, 10: nil, 11: nil} {
		r, err := d.Open(t.Context(), brook.Position{Topic: topic, Offset: from})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := read(t, r, 12)
		if !slices.Equal(got, want) {
			t.Errorf("from %d on: %v, want %v", from, got, want)
		}
		r.Close()
	}
}

// What aborted transactions wrote is left out, what open ones wrote waits; markers are passed.
func TestTransactionsFake(t *testing.T) { testTransactions(t, fake(t).ListenAddrs(), "t") }

func TestTransactionsKafka(t *testing.T) { testTransactions(t, brokers(t), newTopic()) }

// Offsets that compaction took are passed.
func TestCompacted(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), nil)
	if _, err := d.Partitions(t.Context(), "t"); err != nil {
		t.Fatal(err)
	}
	a := admin(t, c.ListenAddrs())
	compact := "compact"
	if err := a.AlterConfig(2, "t", map[string]*string{"cleanup.policy": &compact},
		false); err != nil {
		t.Fatal(err)
	}
	client := producer(t, c.ListenAddrs())
	produce(t, client, "t", "stays")
	for range 5 {
		produce(t, client, "t", "a", "b", "c")
	}
	c.Compact()
	r, err := d.Open(t.Context(), brook.Position{Topic: "t"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// The fake leaves the last records as they are, as Kafka leaves the last segment.
	got, _ := read(t, r, 16)
	if n := len(got); n < 4 || n > 10 || (n-1)%3 != 0 || got[0] != "stays" ||
		!slices.Equal(got[n-3:], []string{"a", "b", "c"}) {
		t.Errorf("the compacted log has %v", got)
	}
}

// A topic that was deleted and created again is another log: no reader goes from one to
// the other unnoticed.
// testMadeAnew has a reader's topic deleted and made anew. deleted is called in between.
func testMadeAnew(t *testing.T, addrs []string, topic string, deleted func()) {
	d := open(t, addrs, nil)
	was, err := d.Partitions(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	at, err := d.Publish(t.Context(), numbered(topic, "k", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), at[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	read(t, r, 10)
	if err := admin(t, addrs).DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := r.Read(ctx, 10)
			if len(c.Records) > 0 {
				err = fmt.Errorf("%d records", len(c.Records))
			}
			if len(c.Records) > 0 || errors.Is(err, brook.ErrOutOfRange) || ctx.Err() != nil {
				ended <- err
				return
			}
		}
	}()
	deleted()
	// The next driver creates it again, and longer than it was.
	again, err := open(t, addrs, nil).Publish(t.Context(), numbered(topic, "k", 0, 20))
	if err != nil || again[0].Partition != at[0].Partition {
		t.Fatalf("%v, %v", again, err)
	}
	if err := <-ended; !errors.Is(err, brook.ErrOutOfRange) {
		t.Fatalf("Read: %v, want ErrOutOfRange", err)
	}
	if _, err := d.Open(t.Context(), at[5]); !errors.Is(err, brook.ErrOutOfRange) {
		t.Errorf("Open: %v, want ErrOutOfRange until Partitions told of the new log", err)
	}
	// The sequence of a producer that published before does not fit the new log, and starts again.
	more, err := d.Publish(t.Context(), numbered(topic, "k", 20, 30))
	if err != nil || more[0].Offset != 20 {
		t.Errorf("published to the new log: %v, %v", more, err)
	}
	is, err := d.Partitions(t.Context(), topic)
	if err != nil || is[0].Log == was[0].Log {
		t.Errorf("the log was %s, and is %s now, %v", was[0].Log, is[0].Log, err)
	}
	if got := values(t, d, again[0]); len(got) != 30 {
		t.Errorf("the new log has %v", got)
	}
}

// The fake cluster makes a topic anew in an instant, in which a reader may have asked for nothing:
// so it has to have looked where the topic is.
func TestTopicMadeAnewFake(t *testing.T) {
	c := fake(t)
	looked := make(chan struct{})
	testMadeAnew(t, c.ListenAddrs(), "t", func() {
		var once sync.Once
		c.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			once.Do(func() { close(looked) })
			return nil, nil, false
		})
		select {
		case <-looked:
		case <-time.After(time.Minute):
			t.Error("the reader does not notice that the topic is gone")
		}
	})
}

func TestTopicMadeAnewKafka(t *testing.T) { testMadeAnew(t, brokers(t), newTopic(), func() {}) }
