package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// ErrClosed is returned by the methods of a driver that was closed, and of its readers.
var ErrClosed = errors.New("kafkadriver: the driver is closed")

// Driver is a Kafka cluster as a log. Its methods are safe for concurrent use.
type Driver struct {
	addrs   []string
	config  *sarama.Config
	options options

	ctx    context.Context // ends when the driver is closed
	cancel context.CancelFunc
	owned  sync.WaitGroup // goroutines that Close waits for

	resolver *leaderResolver
	locator  locator
	reading  *reading
	writing  *writing

	mu           sync.Mutex
	topics       map[string]*topic // by name: the latest metadata
	logs         map[string]string // topic IDs that Partitions returned last, by topic
	clusterAddrs []string          // addresses of brokers, from the latest metadata
	controller   string            // address of the broker that creates topics
	conns        map[string]*conn  // for short requests, by address

	goneInUse atomic.Bool // readers or producers still use a broker that left the cluster

	groups groups
}

var (
	_ brook.Driver      = (*Driver)(nil)
	_ brook.Partitioner = (*Driver)(nil)
	_ brook.Placer      = (*Driver)(nil)
	_ brook.Grower      = (*Driver)(nil)
	_ brook.Marker      = (*Driver)(nil)
	_ brook.Grouper     = (*Driver)(nil)
)

// openLimit is how long OpenContext waits for a broker to answer if its context has no deadline.
const openLimit = 20 * time.Second

// Open is OpenContext without a context: it gives up after 20 seconds.
func Open(brokers []string, config *sarama.Config, opts ...Option) (*Driver, error) {
	return OpenContext(context.Background(), brokers, config, opts...)
}

// OpenContext connects to the cluster of the given brokers, each host:port. A nil config is a sound
// default. The configuration is copied: the driver does not change it, and nobody may change what
// it points to while the driver is open. OpenContext returns an error when ctx ends, or after 20
// seconds if ctx has no deadline. The driver itself does not depend on ctx.
func OpenContext(ctx context.Context, brokers []string, config *sarama.Config,
	opts ...Option) (*Driver, error) {
	o := options{inFlight: defaultInFlight, log: slog.Default(), heldFor: heldFor}
	var errs []error
	for _, option := range opts {
		if err := option(&o); err != nil {
			errs = append(errs, err)
		}
	}
	if len(brokers) == 0 {
		errs = append(errs, errors.New("no broker is named: at least one host:port is needed"))
	}
	c, err := effectiveConfig(config)
	if errs = append(errs, err); errors.Join(errs...) != nil {
		return nil, fmt.Errorf("kafkadriver: configuration: %w", errors.Join(errs...))
	}
	d := &Driver{addrs: slices.Clone(brokers), config: c, options: o, topics: map[string]*topic{},
		logs: map[string]string{}, conns: map[string]*conn{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	c.Net.Proxy.Dialer, c.Net.Proxy.Enable = newDialer(d.ctx, c), true
	if err := d.reach(ctx); err != nil {
		d.cancel()
		d.owned.Wait()
		return nil, err
	}
	d.locator.driver = d
	d.resolver, d.reading, d.writing = newLeaderResolver(d), newReading(d), newWriting(d)
	d.start(d.resolver.run)
	return d, nil
}

// reach sends a request to one broker after another until one answers: wrong addresses,
// credentials and certificates show here. The next broker is asked when one fails, or has not
// answered for a while.
func (d *Driver) reach(ctx context.Context) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, openLimit)
		defer cancel()
	}
	const strange = "no answer as of a Kafka broker: does the listener want TLS or SASL, or is it " +
		"another service's?"
	type answer struct {
		addr string
		err  error
	}
	answers := make(chan answer, len(d.addrs))
	var silent []string // asked, and not answered yet
	asked := 0
	next := func() {
		addr := d.addrs[asked]
		asked++
		silent = append(silent, addr)
		d.start(func() {
			_, err := call(d.conn(addr), (*sarama.Broker).ApiVersions,
				&sarama.ApiVersionsRequest{Version: 3, ClientSoftwareName: "brook",
					ClientSoftwareVersion: "1"})
			answers <- answer{addr, err}
		})
	}
	var errs []error
	timer := time.NewTimer(hedge)
	defer timer.Stop()
	for next(); ; {
		select {
		case a := <-answers:
			if a.err == nil {
				return nil
			}
			silent = slices.DeleteFunc(silent, func(addr string) bool { return addr == a.addr })
			if timeout := net.Error(nil); errors.Is(a.err, io.EOF) || errors.As(a.err, &timeout) &&
				timeout.Timeout() {
				a.err = fmt.Errorf("%w: %s", a.err, strange)
			}
			errs = append(errs, fmt.Errorf("%s: %w", a.addr, a.err))
			if len(errs) == len(d.addrs) {
				return fmt.Errorf("kafkadriver: no broker can be reached: %w", errors.Join(errs...))
			}
		case <-timer.C:
		case <-ctx.Done():
			for _, addr := range silent {
				errs = append(errs, fmt.Errorf("%s: %s", addr, strange))
			}
			return fmt.Errorf("kafkadriver: no broker can be reached: %w: %w", ctx.Err(),
				errors.Join(errs...))
		}
		if asked < len(d.addrs) {
			next()
		}
		timer.Reset(hedge)
	}
}

// Close ends everything that is in progress and waits for it. Calls that wait return [ErrClosed].
// Records that were passed to Publish may still be stored.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.cancel()
	d.mu.Unlock()
	d.reading.stop()
	d.writing.stop()
	d.owned.Wait()
	d.mu.Lock()
	conns := slices.Collect(maps.Values(d.conns))
	d.mu.Unlock()
	for _, c := range conns {
		c.close()
	}
	return nil
}
