package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
)

// ErrClosed is returned by a driver that was closed, and by its readers.
var ErrClosed = errors.New("kafkadriver: the driver is closed")

// Driver is a Kafka cluster as a log. Its methods are safe for concurrent use.
type Driver struct {
	addrs   []string
	config  *sarama.Config
	options options
	client  sarama.Client // for what is neither fetched nor published

	ctx    context.Context // ends when the driver is closed
	cancel context.CancelFunc
	owned  sync.WaitGroup // the driver's goroutines
}

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
	client, err := sarama.NewClient(brokers, c)
	if err != nil {
		return nil, fmt.Errorf("kafkadriver: open %v: %w", brokers, err)
	}
	if _, err := client.RefreshController(); err != nil {
		return nil, errors.Join(fmt.Errorf("kafkadriver: open %v: %w", brokers, err), client.Close())
	}
	d := &Driver{addrs: brokers, config: c, options: o, client: client}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d, nil
}

// Close ends all that is under way and waits for it.
func (d *Driver) Close() error {
	if d.ctx.Err() != nil {
		return nil
	}
	d.cancel()
	err := d.client.Close()
	d.owned.Wait()
	return err
}
