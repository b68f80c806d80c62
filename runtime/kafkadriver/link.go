package kafkadriver

import (
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A link is a connection to one broker that is made when it is needed, and made anew after it broke.
type link struct {
	addr   string
	config *sarama.Config

	mu     sync.Mutex
	broker *sarama.Broker
	silent time.Time // until when the broker wants to be left alone
}

// call sends a request. A connection over which it failed is given up.
func call[Request, Response any](l *link, send func(*sarama.Broker, Request) (Response, error), request Request) (Response, error) {
	l.quiet()
	b, err := l.open()
	if err != nil {
		var none Response
		return none, err
	}
	response, err := send(b, request)
	if err != nil {
		l.drop(b)
	} else {
		l.heed(b, response)
	}
	return response, err
}

func (l *link) open() (*sarama.Broker, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broker == nil {
		b := sarama.NewBroker(l.addr)
		if err := b.Open(l.config); err != nil {
			return nil, err
		}
		l.broker = b
	}
	return l.broker, nil
}

func (l *link) drop(b *sarama.Broker) {
	l.mu.Lock()
	if l.broker == b {
		l.broker = nil
	}
	l.mu.Unlock()
	_ = b.Close() // it says that it is closed already, or what made us give it up
}

func (l *link) close() {
	l.mu.Lock()
	b := l.broker
	l.mu.Unlock()
	if b != nil {
		l.drop(b)
	}
}

// link gives the connection to a broker that is for questions.
func (d *Driver) link(addr string) *link {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.links[addr]
	if l == nil {
		l = &link{addr: addr, config: d.config}
		d.links[addr] = l
	}
	return l
}
