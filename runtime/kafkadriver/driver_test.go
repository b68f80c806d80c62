package kafkadriver_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// A configuration that would break a promise is refused, with all that is wrong with it; what is
// given is not changed.
func TestOpenRefuses(t *testing.T) {
	config := sarama.NewConfig()
	config.Version = sarama.V2_1_0_0
	config.ApiVersionsRequest = false
	config.Net.MaxOpenRequests = 7
	config.Net.ReadTimeout = config.Consumer.MaxWaitTime
	config.Producer.RequiredAcks = sarama.NoResponse
	config.Producer.Partitioner = sarama.NewRandomPartitioner
	config.Producer.Transaction.ID = "x"
	config.Producer.Interceptors = []sarama.ProducerInterceptor{nil}
	config.Consumer.Interceptors = []sarama.ConsumerInterceptor{nil}
	config.Consumer.Fetch.Max = 1000
	_, err := kafkadriver.Open(nil, config, kafkadriver.CreateTopics(0, 1), kafkadriver.InFlight(0))
	if err == nil {
		t.Fatal("it was opened")
	}
	for _, want := range []string{"host:port", "Version", "ApiVersionsRequest", "MaxOpenRequests",
		"ReadTimeout", "RequiredAcks", "Partitioner", "Transaction.ID", "Producer.Interceptors",
		"Consumer.Interceptors", "Fetch.Max", "CreateTopics(0, 1)", "InFlight(0)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %s: %v", want, err)
		}
	}

	given := sarama.NewConfig()
	open(t, fake(t).ListenAddrs(), given)
	if given.Producer.Idempotent || given.Net.MaxOpenRequests != 5 || given.Net.Proxy.Enable ||
		given.Producer.RequiredAcks != sarama.WaitForLocal {
		t.Error("the configuration was changed")
	}
}

// Brokers that can't be reached are named.
func TestOpenUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	if _, err := kafkadriver.Open([]string{addr}, nil); err == nil ||
		!strings.Contains(err.Error(), addr) {
		t.Errorf("Open: %v, want an error that names %s", err, addr)
	}
	// One that is there is enough.
	open(t, append([]string{addr}, fake(t).ListenAddrs()...), nil)
}

// A listener that hangs up may want TLS or SASL. The error says so.
func TestOpenOfWhatHangsUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1000))
			c.Close()
		}
	}()
	_, err = kafkadriver.Open([]string{l.Addr().String()}, nil)
	l.Close()
	<-ended
	if err == nil || !strings.Contains(err.Error(), "TLS or SASL") {
		t.Errorf("Open: %v, want an error that speaks of TLS and SASL", err)
	}
}

// Closing ends all that waits, whatever the brokers do, and leaves nothing behind.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	c := fake(t, kfake.NumBrokers(2))
	d := open(t, c.ListenAddrs(), nil)
	at, err := d.Publish(t.Context(), numbered("t", "k", 0, 3))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Open(t.Context(), brook.Position{Topic: "t", Partition: at[0].Partition, Offset: 3})
	if err != nil {
		t.Fatal(err)
	}
	known, err := d.Partitions(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	c.ControlKey(0, func(request kmsg.Request) (kmsg.Response, error, bool) {
		close(asked)
		c.DropControl()
		c.SleepControl(func() { <-answer })
		return nil, nil, false
	})
	ended := make(chan error, 3)
	go func() { _, err := r.Read(t.Context(), 1); ended <- err }()
	go func() { _, err := d.Publish(t.Context(), numbered("t", "k", 3, 4)); ended <- err }()
	go func() { ended <- d.Grown(t.Context(), known) }()
	<-asked
	if err := d.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for range 3 {
		if err := <-ended; !errors.Is(err, kafkadriver.ErrClosed) {
			t.Errorf("what waited gets %v, want ErrClosed", err)
		}
	}
	ctx := context.Background()
	for name, err := range map[string]error{
		"Partitions": second(d.Partitions(ctx, "t")), "Open": second(d.Open(ctx, at[0])),
		"Publish": second(d.Publish(ctx, numbered("t", "k", 3, 4))),
		"Read":    second(r.Read(ctx, 1)), "Grown": d.Grown(ctx, known),
	} {
		if !errors.Is(err, kafkadriver.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close of a reader: %v", err)
	}
	close(answer)
	c.Close()
	// The fake's goroutines, and those of the metrics that sarama keeps for all clients, end a
	// little after it closed.
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before+1; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before,
				stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A broker that wants silence for an hour holds up nobody for good, and Close not at all.
func TestCloseThrottled(t *testing.T) {
	c := fake(t, kfake.SeedTopics(1, "t"))
	d := open(t, c.ListenAddrs(), nil)
	throttled := make(chan struct{})
	c.ControlKey(int16(kmsg.Metadata), func(request kmsg.Request) (kmsg.Response, error, bool) {
		close(throttled)
		response := request.ResponseKind().(*kmsg.MetadataResponse)
		response.ThrottleMillis = 3_600_000
		broker := kmsg.NewMetadataResponseBroker()
		host, port, _ := net.SplitHostPort(c.ListenAddrs()[0])
		n, _ := strconv.Atoi(port)
		broker.Host, broker.Port = host, int32(n)
		response.Brokers = append(response.Brokers, broker)
		return response, nil, true
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if _, err := d.Partitions(t.Context(), "t"); errors.Is(err, kafkadriver.ErrClosed) {
				return
			}
		}
	}()
	<-throttled
	if err := d.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	<-ended
}

// A broker that does not answer costs two seconds, not all that the timeouts allow.
func TestSilentBroker(t *testing.T) {
	c := fake(t, kfake.NumBrokers(2), kfake.SeedTopics(2, "t"))
	config := sarama.NewConfig()
	config.Net.ReadTimeout = time.Hour
	d := open(t, c.ListenAddrs(), config)
	known, err := d.Partitions(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan struct{})
	defer close(answer)
	asked := false
	c.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		if !asked {
			asked = true
			c.SleepControl(func() { <-answer })
		}
		return nil, nil, false
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := d.Grown(ctx, known[:1]); err != nil {
		t.Errorf("Grown: %v", err)
	}
}
