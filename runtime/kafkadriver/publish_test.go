package kafkadriver_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// numbered makes records of one key, with values from a number on.
func numbered(topic, key string, from, to int) (records []brook.Record) {
	for n := from; n < to; n++ {
		records = append(records,
			brook.Record{Topic: topic, Key: []byte(key), Value: fmt.Append(nil, n)})
	}
	return records
}

// values reads a partition from an offset to its end.
func values(t *testing.T, d brook.Driver, from brook.Position) (all []string) {
	t.Helper()
	r, err := d.Open(t.Context(), from)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for end := from.Offset; ; {
		if p := partition(t, d, from); p.End <= end {
			return all
		}
		c, err := r.Read(ctx, 1000)
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		for _, r := range c.Records {
			all = append(all, string(r.Value))
		}
		end = c.Next
	}
}

func partition(t *testing.T, d brook.Driver, at brook.Position) brook.Partition {
	t.Helper()
	all, err := d.Partitions(t.Context(), at.Topic)
	if err != nil {
		t.Fatalf("Partitions: %v", err)
	}
	return all[at.Partition]
}

// quick is a configuration that tries again at once.
func quick() *sarama.Config {
	c := sarama.NewConfig()
	c.Producer.Retry.Backoff = time.Millisecond
	return c
}

// impatient is a configuration that gives up soon.
func impatient() *sarama.Config {
	c := sarama.NewConfig()
	c.Producer.Retry.Max, c.Producer.Retry.Backoff = 2, time.Millisecond
	return c
}

// Whatever goes wrong for a while, records are stored once, in order.
func TestPublishRetries(t *testing.T) {
	for name, fault := range map[string]kfake.Fault{
		"not leader":                        {Err: kerr.NotLeaderForPartition},
		"unknown topic":                     {Err: kerr.UnknownTopicOrPartition},
		"timed out, but stored":             {Err: kerr.RequestTimedOut},
		"too few replicas":                  {Err: kerr.NotEnoughReplicas},
		"too few replicas, but stored":      {Err: kerr.NotEnoughReplicasAfterAppend},
		"producer unknown":                  {Err: kerr.UnknownProducerID},
		"out of order":                      {Err: kerr.OutOfOrderSequenceNumber},
		"old epoch":                         {Err: kerr.InvalidProducerEpoch},
		"storage":                           {Err: kerr.KafkaStorageError},
		"an error that nobody has heard of": {Err: &kerr.Error{Message: "NEW", Code: 999}},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake(t)
			d := open(t, c.ListenAddrs(), quick())
			var want []string
			fault.Keys, fault.Count = []kmsg.Key{kmsg.Produce}, 2
			var last brook.Position
			for from := 0; from < 50; from += 10 {
				var h *kfake.FaultHandle
				if from == 20 || from == 30 {
					h = c.Fault(fault)
				}
				positions, err := d.Publish(t.Context(), numbered("t", "k", from, from+10))
				if err != nil {
					t.Fatalf("Publish: %v", err)
				}
				if h != nil && h.Hits() != 2 {
					t.Errorf("the fault struck %d times", h.Hits())
				}
				for i, p := range positions {
					if p.Offset != int64(from+i) || from > 0 && p.Partition != last.Partition {
						t.Errorf("record %d is at %v", from+i, p)
					}
					last = p
					want = append(want, fmt.Sprint(from+i))
				}
			}
			if got := values(t, d, brook.Position{Topic: "t",
				Partition: last.Partition}); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("the log has %v", got)
			}
		})
	}
}

// A broker that waits for producer IDs says that it loads. This is no try of the batch.
func TestPublishWaitsForProducerID(t *testing.T) {
	c := fake(t)
	h := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID},
		Err: kerr.CoordinatorLoadInProgress, Count: 4})
	config := impatient()
	config.Producer.Retry.Max = 1
	d := open(t, c.ListenAddrs(), config)
	if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 1)); err != nil {
		t.Fatal(err)
	}
	if h.Hits() != 4 {
		t.Errorf("the fault struck %d times", h.Hits())
	}
}

// A connection that is cut before, or after, the broker took the records is opened again.
func TestPublishOverBrokenConnections(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), quick())
	cuts := 0
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		if cuts++; cuts%3 == 0 {
			return nil, nil, false
		}
		c.KeepControl()
		return nil, errors.New("cut"), true
	})
	var partition int32
	for n := range 10 {
		positions, err := d.Publish(t.Context(), numbered("t", "k", n, n+1))
		if err != nil {
			t.Fatalf("Publish: %v", err)
		}
		if partition = positions[0].Partition; positions[0].Offset != int64(n) {
			t.Errorf("record %d is at %v", n, positions[0])
		}
	}
	if got := values(t, d, brook.Position{Topic: "t", Partition: partition}); len(got) != 10 {
		t.Errorf("the log has %v", got)
	}
	if cuts == 0 {
		t.Error("no connection was cut")
	}
}

// After records that could not be stored, later ones of their call and partition are not; those of
// other partitions are, and the next call is as if nothing had been.
func TestPublishGivesUp(t *testing.T) {
	c := fake(t)
	config := impatient()
	config.Producer.MaxMessageBytes = 400 // a batch holds few of the records
	d := open(t, c.ListenAddrs(), config)
	first, err := d.Publish(t.Context(), numbered("t", "k", 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	bad := first[0].Partition
	h := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "t", Partitions: []int32{bad},
		Err: kerr.NotLeaderForPartition, Count: 3})
	var records []brook.Record
	for n := range 100 {
		records = append(records, numbered("t", "k", n, n+1)...)
		records = append(records,
			brook.Record{Topic: "t", Key: fmt.Append(nil, "other ", n), Value: []byte("o")})
	}
	positions, err := d.Publish(t.Context(), records)
	var refused *brook.PublishError
	if !errors.As(err, &refused) || errors.Is(err, brook.ErrPermanent) ||
		!errors.Is(err, sarama.ErrNotLeaderForPartition) {
		t.Fatalf("Publish: %v", err)
	}
	if h.Hits() != 3 {
		t.Errorf("the fault struck %d times", h.Hits())
	}
	for i := range records {
		of := d.Partition(records[i].Key, 3)
		if (refused.Errs[i] != nil) != (int32(of) == bad) {
			t.Errorf("record %d of partition %d: %v at %v", i, of, refused.Errs[i], positions[i])
		}
	}
	again, err := d.Publish(t.Context(), numbered("t", "k", 1, 20))
	if err != nil || again[0].Offset != 1 || again[18].Offset != 19 {
		t.Errorf("published again: %v, %v", again, err)
	}
}

// What a broker refuses for good is refused alone.
func TestPublishRefused(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), nil)
	c.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		r := request.(*kmsg.ProduceRequest)
		for _, topic := range r.Topics {
			for _, p := range topic.Partitions {
				if strings.Contains(string(p.Records), "poison") {
					return refusal(r, kerr.MessageTooLarge.Code), nil, true
				}
			}
		}
		return nil, nil, false
	})
	records := numbered("t", "k", 0, 100)
	records[17].Value, records[60].Value = []byte("poison"), []byte("poison")
	positions, err := d.Publish(t.Context(), records)
	var refused *brook.PublishError
	if !errors.As(err, &refused) {
		t.Fatalf("Publish: %v", err)
	}
	offset := int64(0)
	for i, err := range refused.Errs {
		if i == 17 || i == 60 {
			if !errors.Is(err, brook.ErrPermanent) ||
				!errors.Is(err, sarama.ErrMessageSizeTooLarge) ||
				!strings.Contains(err.Error(), "t/") {
				t.Errorf("record %d: %v", i, err)
			}
			continue
		}
		if err != nil || positions[i].Offset != offset {
			t.Errorf("record %d is at %v, %v; want offset %d", i, positions[i], err, offset)
		}
		offset++
	}
}

// refusal answers a produce request with one error for all.
func refusal(r *kmsg.ProduceRequest, code int16) kmsg.Response {
	response := r.ResponseKind().(*kmsg.ProduceResponse)
	for _, topic := range r.Topics {
		t := kmsg.NewProduceResponseTopic()
		t.Topic, t.TopicID = topic.Topic, topic.TopicID
		for _, p := range topic.Partitions {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode, rp.BaseOffset = p.Partition, code, -1
			t.Partitions = append(t.Partitions, rp)
		}
		response.Topics = append(response.Topics, t)
	}
	return response
}

// A missing topic is named; a topic that can't be is refused for good; others of the
// call are published.
func TestPublishTopics(t *testing.T) {
	c := fake(t, kfake.SeedTopics(2, "there"))
	d, err := kafkadriver.Open(c.ListenAddrs(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Partitions(t.Context(), "missing"); err == nil ||
		!strings.Contains(err.Error(), `"missing"`) || errors.Is(err, brook.ErrPermanent) {
		t.Errorf("Partitions: %v", err)
	}
	positions, err := d.Publish(t.Context(),
		[]brook.Record{{Topic: "missing"}, {Topic: "there", Value: []byte("v")}, {Topic: ""}})
	var refused *brook.PublishError
	if !errors.As(err, &refused) || refused.Errs[1] != nil || positions[1].Topic != "there" {
		t.Fatalf("Publish: %v, %v", positions, err)
	}
	if err := refused.Errs[0]; err == nil || !strings.Contains(err.Error(), `"missing"`) ||
		errors.Is(err, brook.ErrPermanent) {
		t.Errorf("missing topic: %v", err)
	}
	if err := refused.Errs[2]; !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("topic without name: %v", err)
	}
	for _, at := range []time.Time{time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := d.Publish(t.Context(),
			[]brook.Record{{Topic: "there", Time: at}}); !errors.Is(err, brook.ErrPermanent) {
			t.Errorf("a record of %v: %v", at, err)
		}
	}
}

// A broker that does not answer holds up no caller longer than that likes, and bounded memory;
// afterwards all is as before.
func TestPublishBackPressure(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), nil, kafkadriver.InFlight(10_000))
	if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 1)); err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.DropControl()
		close(asked)
		c.SleepControl(func() { <-answer })
		return nil, nil, false
	})
	publish := func(size int) (gone context.CancelFunc, result chan error) {
		ctx, cancel := context.WithCancel(t.Context())
		result = make(chan error, 1)
		go func() {
			_, err := d.Publish(ctx,
				[]brook.Record{{Topic: "t", Key: []byte("k"), Value: make([]byte, size)}})
			result <- err
		}()
		return cancel, result
	}
	until := func(what string, is func(free int64, waiting int) bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !is(d.Room()); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	cancel, first := publish(6000)
	defer cancel()
	<-asked // it is under way
	gone, second := publish(3000)
	until("the second record has no room", func(free int64, _ int) bool { return free <= 1000 })
	gone()
	var undecided *brook.PublishError
	if err := <-second; !errors.As(err, &undecided) || !errors.Is(err, context.Canceled) {
		t.Errorf("what waits behind it: %v", err)
	}
	gone, third := publish(50_000)
	until("the third record does not wait", func(_ int64, waiting int) bool { return waiting == 1 })
	gone()
	if err := <-third; errors.As(err, &undecided) || !errors.Is(err, context.Canceled) {
		t.Errorf("what there is no room for: %v", err)
	}
	cancel()
	if err := <-first; !errors.As(err, &undecided) || !errors.Is(err, context.Canceled) {
		t.Errorf("what is under way: %v", err)
	}
	close(answer)
	positions, err := d.Publish(t.Context(), numbered("t", "k", 1, 2))
	if err != nil || positions[0].Offset != 2 {
		t.Errorf("after the record that was under way: %v, %v; want offset 2", positions, err)
	}
}

// Without any broker, records fail when the tries are used up.
func TestPublishWithoutBrokers(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), impatient())
	if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 10)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	var refused *brook.PublishError
	_, err := d.Publish(t.Context(), numbered("t", "k", 10, 20))
	if !errors.As(err, &refused) || errors.Is(err, brook.ErrPermanent) {
		t.Fatalf("Publish: %v", err)
	}
	for i, err := range refused.Errs {
		if err == nil {
			t.Errorf("record %d was published", i)
		}
	}
}

// Publishing begins when there is a producer ID.
func TestPublishBegins(t *testing.T) {
	c := fake(t)
	d := open(t, c.ListenAddrs(), quick())
	h := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true,
		Err: kerr.CoordinatorLoadInProgress, Count: 3})
	at, err := d.Publish(t.Context(), numbered("t", "k", 0, 10))
	if err != nil || at[9].Offset != 9 || h.Hits() != 3 {
		t.Errorf("Publish: %v, %v, after %d faults", at, err, h.Hits())
	}
}

// Many drivers may want to create the same topic, and all of them have it; what can't be created
// is an error for good.
func TestCreateTopics(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3))
	var wg sync.WaitGroup
	for range 8 {
		d := open(t, c.ListenAddrs(), nil)
		wg.Go(func() {
			if all, err := d.Partitions(t.Context(), "t", "u"); err != nil || len(all) != 6 {
				t.Errorf("Partitions: %+v, %v", all, err)
			}
		})
	}
	wg.Wait()
	d := open(t, c.ListenAddrs(), nil)
	if _, err := d.Partitions(t.Context(), ""); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("a topic without name: %v", err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Topic: "v", Err: kerr.PolicyViolation})
	if _, err := d.Partitions(t.Context(), "v"); !errors.Is(err, brook.ErrPermanent) ||
		!strings.Contains(err.Error(), `"v"`) {
		t.Errorf("a topic that is against a policy: %v", err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Topic: "w",
		Err: kerr.NotController, Count: 2})
	if all, err := d.Partitions(t.Context(), "w"); err != nil || len(all) != 3 {
		t.Errorf("while the controller moves: %+v, %v", all, err)
	}
}
