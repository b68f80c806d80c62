package kafkadriver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// Many partitions are opened, and published to, with few requests: what is asked for at
// once is asked together.
func TestManyPartitionsFewRequests(t *testing.T) {
	const partitions = 1000
	c := fake(t, kfake.SeedTopics(partitions, "t"))
	d := open(t, c.ListenAddrs(), nil)
	var questions, produced atomic.Int64
	c.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		switch r.(type) {
		case *kmsg.MetadataRequest, *kmsg.ListOffsetsRequest:
			questions.Add(1)
		case *kmsg.ProduceRequest:
			produced.Add(1)
		}
		return nil, nil, false
	})
	all, err := d.Partitions(t.Context(), "t")
	if err != nil || len(all) != partitions {
		t.Fatal(len(all), err)
	}
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() {
			r, err := d.Open(t.Context(), brook.Position{Topic: "t", Partition: p.Number})
			if err != nil {
				t.Error(err)
				return
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d questions to open %d readers", questions.Load(), partitions)
	if n := questions.Load(); n > partitions/4 {
		t.Errorf("%d questions to open %d readers at once", n, partitions)
	}
	var records []brook.Record
	for i := range 20_000 {
		records = append(records,
			brook.Record{Topic: "t", Key: fmt.Append(nil, i), Value: []byte("v")})
	}
	if _, err := d.Publish(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d requests to publish %d records", produced.Load(), len(records))
	if n := produced.Load(); n > 20 {
		t.Errorf("%d requests to publish %d records to %d partitions", n, len(records), partitions)
	}
}

// What there was for a broker that the cluster no longer has is freed.
func TestBrokersThatLeft(t *testing.T) {
	c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(3, "t"))
	d := open(t, c.ListenAddrs(), nil)
	if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 10)); err != nil {
		t.Fatal(err)
	}
	read := func() {
		t.Helper()
		for n := range int32(3) {
			values(t, d, brook.Position{Topic: "t", Partition: n})
		}
	}
	read()
	before := runtime.NumGoroutine()
	for range 5 { // a broker comes, has all partitions for a while, and goes
		node, _, err := c.AddNode(-1, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := range int32(3) {
			if err := c.MoveTopicPartition("t", n, node); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 10)); err != nil {
			t.Fatal(err)
		}
		read()
		for n := range int32(3) {
			if err := c.MoveTopicPartition("t", n, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.RemoveNode(node); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Publish(t.Context(), numbered("t", "k", 0, 10)); err != nil {
			t.Fatal(err)
		}
		read()
	}
	for deadline := time.Now().Add(10 * time.Second); d.Brokers() > 1; time.Sleep(10 * time.Millisecond) {
		if _, err := d.Partitions(t.Context(), "t"); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d brokers are kept, and there is one", d.Brokers())
		}
	}
	t.Logf("%d goroutines, and there were %d", runtime.NumGoroutine(), before)
}

// Open ends with its context while what is there accepts connections and stays silent, and takes
// a broker that answers.
func TestOpenOfWhatIsSilent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent := l.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = kafkadriver.OpenContext(ctx, []string{silent}, nil)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), silent) ||
		!strings.Contains(err.Error(), "TLS or SASL") {
		t.Errorf("OpenContext: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	open(t, append([]string{silent}, fake(t).ListenAddrs()...), nil)
}
