package kafkadriver

import (
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A conn is a connection to one broker. It is opened when it is first needed, and
// again after it broke.
type conn struct {
	addr   string
	config *sarama.Config

	mu             sync.Mutex
	broker         *sarama.Broker
	throttledUntil time.Time // no request before then: the broker throttles this client
}

// call sends a request over c. A connection on which a request failed is discarded.
func call[Request, Response any](c *conn, send func(*sarama.Broker, Request) (Response, error),
	request Request) (Response, error) {
	c.awaitThrottle()
	b, err := c.open()
	if err != nil {
		var none Response
		return none, err
	}
	response, err := send(b, request)
	if err != nil {
		c.discard(b)
	} else {
		c.noteThrottle(b, response)
	}
	return response, err
}

func (c *conn) open() (*sarama.Broker, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broker == nil {
		b := sarama.NewBroker(c.addr)
		if err := b.Open(c.config); err != nil {
			return nil, err
		}
		c.broker = b
	}
	return c.broker, nil
}

func (c *conn) discard(b *sarama.Broker) {
	c.mu.Lock()
	if c.broker == b {
		c.broker = nil
	}
	c.mu.Unlock()
	_ = b.Close() // the error says it is closed already, or repeats why it is discarded
}

func (c *conn) close() {
	c.mu.Lock()
	b := c.broker
	c.mu.Unlock()
	if b != nil {
		c.discard(b)
	}
}

// conn returns the driver's connection to a broker for short requests.
func (d *Driver) conn(addr string) *conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.conns[addr]
	if c == nil {
		c = &conn{addr: addr, config: d.config}
		d.conns[addr] = c
	}
	return c
}
