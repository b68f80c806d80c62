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
	locator locator
	reading *reading
	writing *writing

	mu     sync.Mutex
	topics map[string]*topic // as told last
	logs   map[string]string // by topic: what Partitions said last
	told   []string          // addresses of brokers, by the cluster
	chief  string            // address of the broker that creates topics
	links  map[string]*link  // for questions, by address

	leaving atomic.Bool // some of what is for brokers that are gone is still in use

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

// openLimit is how long Open waits for a broker to answer where its context sets no other limit.
const openLimit = 20 * time.Second

// Open is OpenContext without a context: it gives up after 20 seconds.
func Open(brokers []string, config *sarama.Config, opts ...Option) (*Driver, error) {
	return OpenContext(context.Background(), brokers, config, opts...)
}

// OpenContext connects to a cluster that brokers, as host:port, belong to. A nil config is a sound default. The configuration is
// copied; the driver does not change it, nor may others while the driver is open. It gives up when ctx ends, and after 20 seconds where ctx has no
// deadline; what it opened does not depend on ctx.
func OpenContext(ctx context.Context, brokers []string, config *sarama.Config, opts ...Option) (*Driver, error) {
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
	c, err := settle(config)
	if errs = append(errs, err); errors.Join(errs...) != nil {
		return nil, fmt.Errorf("kafkadriver: configuration: %w", errors.Join(errs...))
	}
	d := &Driver{addrs: slices.Clone(brokers), config: c, options: o, topics: map[string]*topic{}, logs: map[string]string{}, links: map[string]*link{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	c.Net.Proxy.Dialer, c.Net.Proxy.Enable = newDialer(d.ctx, c), true
	if err := d.reach(ctx); err != nil {
		d.cancel()
		d.owned.Wait()
		return nil, err
	}
	d.locator.driver = d
	d.router, d.reading, d.writing = newRouter(d), newReading(d), newWriting(d)
	d.begin(d.router.run)
	return d, nil
}

// reach asks the brokers something until one answers, which is where wrong addresses, credentials and certificates show. The next one is asked
// where one fails, and where it is silent for a while.
func (d *Driver) reach(ctx context.Context) error {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, openLimit)
		defer cancel()
	}
	const strange = "no answer as of a Kafka broker: does the listener want TLS or SASL, or is it another service's?"
	type answer struct {
		addr string
		err  error
	}
	answers := make(chan answer, len(d.addrs))
	var silent []string // that were asked and have not answered
	asked := 0
	next := func() {
		addr := d.addrs[asked]
		asked++
		silent = append(silent, addr)
		d.begin(func() {
			_, err := call(d.link(addr), (*sarama.Broker).ApiVersions, &sarama.ApiVersionsRequest{Version: 3, ClientSoftwareName: "brook", ClientSoftwareVersion: "1"})
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
			if timeout := net.Error(nil); errors.Is(a.err, io.EOF) || errors.As(a.err, &timeout) && timeout.Timeout() {
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
			return fmt.Errorf("kafkadriver: no broker can be reached: %w: %w", ctx.Err(), errors.Join(errs...))
		}
		if asked < len(d.addrs) {
			next()
		}
		timer.Reset(hedge)
	}
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
