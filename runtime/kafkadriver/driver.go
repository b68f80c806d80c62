package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// ErrClosed is returned by a driver that was closed, and by its readers.
var ErrClosed = errors.New("kafkadriver: the driver is closed")

// Driver is a Kafka cluster as a log. Its methods are safe for concurrent use.
type Driver struct {
	addrs   []string
	config  *sarama.Config
	options options

	ctx    context.Context // ends when the driver is closed
	cancel context.CancelFunc
	owned  sync.WaitGroup // the driver's goroutines

	router  *router
	reading *reading
	writing *writing

	mu     sync.Mutex
	topics map[string]*topic // as told last
	logs   map[string]string // by topic: what Partitions said last
	told   []string          // addresses of brokers, by the cluster
	chief  string            // address of the broker that creates topics
	links  map[string]*link  // for questions, by address

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

// Open connects to a cluster that brokers, as host:port, belong to. A nil config is a sound default. The configuration is
// copied; the driver does not change it, nor may others while the driver is open.
func Open(brokers []string, config *sarama.Config, opts ...Option) (*Driver, error) {
	o := options{inFlight: defaultInFlight}
	var errs []error
	for _, option := range opts {
		if err := option(&o); err != nil {
			errs = append(errs, err)
		}
	}
	if len(brokers) == 0 {
		errs = append(errs, errors.New("no broker is named: at least one host:port is needed"))
	}
	c, err := settle(config)
	if errs = append(errs, err); errors.Join(errs...) != nil {
		return nil, fmt.Errorf("kafkadriver: configuration: %w", errors.Join(errs...))
	}
	d := &Driver{addrs: slices.Clone(brokers), config: c, options: o, topics: map[string]*topic{}, logs: map[string]string{}, links: map[string]*link{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	c.Net.Proxy.Dialer, c.Net.Proxy.Enable = newDialer(d.ctx, c), true
	if err := d.reach(); err != nil {
		d.cancel()
		return nil, err
	}
	d.router, d.reading, d.writing = newRouter(d), newReading(d), newWriting(d)
	d.begin(d.router.run)
	return d, nil
}

// reach asks one of the brokers something, which is where wrong addresses, credentials and certificates show.
func (d *Driver) reach() error {
	var errs []error
	for _, addr := range d.addrs {
		_, err := call(d.link(addr), (*sarama.Broker).ApiVersions, &sarama.ApiVersionsRequest{Version: 3, ClientSoftwareName: "brook", ClientSoftwareVersion: "1"})
		if err == nil {
			return nil
		}
		if silent := net.Error(nil); errors.Is(err, io.EOF) || errors.As(err, &silent) && silent.Timeout() {
			err = fmt.Errorf("%w: no answer as of a Kafka broker: does the listener want TLS or SASL, or is it another service's?", err)
		}
		errs = append(errs, fmt.Errorf("%s: %w", addr, err))
	}
	return fmt.Errorf("kafkadriver: no broker can be reached: %w", errors.Join(errs...))
}

// Close ends all that is under way and waits for it. Reads and publishes that wait get [ErrClosed]; what was handed to Publish may
// still be stored.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.cancel()
	d.mu.Unlock()
	d.reading.stop()
	d.writing.stop()
	d.owned.Wait()
	d.mu.Lock()
	links := slices.Collect(maps.Values(d.links))
	d.mu.Unlock()
	for _, l := range links {
		l.close()
	}
	return nil
}
