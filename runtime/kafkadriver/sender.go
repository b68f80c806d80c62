package kafkadriver

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A sender sends the batches of the partitions that one broker leads, as many as are
// ready in one request.
type sender struct {
	writing *writing
	conn    conn

	// Guarded by writing.mu.
	changed *sync.Cond
	ready   []*partitionProducer
	gone    bool // the broker left the cluster

	outgoing outgoing // of the goroutine that runs the sender
}

func newSender(w *writing, addr string) *sender {
	s := &sender{writing: w, changed: sync.NewCond(&w.mu)}
	given := w.driver.config
	c := *given
	c.Net.TLS.Enable, c.Net.TLS.Config = false, nil // the dialer deals with it
	c.Net.Proxy.Dialer = produceDialer{securedDialer{given.Net.Proxy.Dialer.(dialer), given},
		&s.outgoing}
	s.conn = conn{addr: addr, config: &c}
	return s
}

// requestSize is how large a request may be, unless one batch alone is larger.
const requestSize = 16 << 20

func (s *sender) run() {
	defer s.conn.close()
	for {
		producers := s.take()
		if producers == nil {
			return
		}
		s.send(producers)
	}
}

// take waits for producers that have something to send. It returns nil when the driver is closed or
// the broker has left the cluster.
func (s *sender) take() (producers []*partitionProducer) {
	s.writing.mu.Lock()
	defer s.writing.mu.Unlock()
	limit := s.writing.driver.config.Producer.MaxMessageBytes
	for !s.writing.stopped && !s.gone {
		for size := 0; len(s.ready) > 0 && size < requestSize; {
			p := s.ready[0]
			n := p.load(limit)
			if len(producers) > 0 && size+n > requestSize {
				break
			}
			s.ready[0] = nil
			s.ready = s.ready[1:]
			if n == 0 {
				p.next() // everything was withdrawn
				continue
			}
			size += n
			producers = append(producers, p)
		}
		if len(producers) > 0 {
			return producers
		}
		s.ready = nil
		s.changed.Wait()
	}
	return nil
}

func (s *sender) send(producers []*partitionProducer) {
	c := s.writing.driver.config
	sent := producers[:0]
	for _, p := range producers {
		if err := p.build(c); err != nil {
			p.failed(err)
			continue
		}
		sent = append(sent, p)
	}
	if len(sent) == 0 {
		return
	}
	response, err := s.exchange(sent)
	for _, p := range sent {
		if err != nil {
			p.failed(explain(err, "publish to %s/%d at %s", p.place.Topic, p.place.Number,
				s.conn.addr))
			continue
		}
		block := response.GetBlock(p.place.Topic, p.place.Number)
		switch {
		case block == nil:
			p.failed(explain(sarama.ErrIncompleteResponse, "publish to %s/%d at %s", p.place.Topic,
				p.place.Number, s.conn.addr))
		case block.Err != sarama.ErrNoError:
			p.failed(describe(p, block, s.conn.addr))
		default:
			p.stored(block.Offset)
		}
	}
}

// exchange sends the batches in one request, and returns the response.
func (s *sender) exchange(producers []*partitionProducer) (*sarama.ProduceResponse, error) {
	c := s.writing.driver.config
	slices.SortStableFunc(producers, func(a, b *partitionProducer) int {
		return strings.Compare(a.place.Topic, b.place.Topic)
	})
	s.outgoing.request = &produceRequest{acks: c.Producer.RequiredAcks, timeout: c.Producer.Timeout,
		producers: producers}
	version := int16(flexibleProduce)
	if c.Version.IsAtLeast(sarama.V3_7_0_0) {
		version = newestProduce
	}
	// The link replaces the request.
	request := &sarama.ProduceRequest{RequiredAcks: c.Producer.RequiredAcks,
		Timeout: int32(c.Producer.Timeout / time.Millisecond), Version: version}
	response, err := call(&s.conn, (*sarama.Broker).Produce, request)
	unsent := s.outgoing.request != nil
	s.outgoing.request = nil
	if err == nil && unsent {
		err = fmt.Errorf("the broker knows Produce up to version %d only, not %d: it has to be "+
			"Kafka 2.8 or later", request.Version, oldestProduce)
	}
	return response, err
}

// describe returns the error of a batch, with the broker's message.
func describe(p *partitionProducer, block *sarama.ProduceResponseBlock, addr string) error {
	said := ""
	if block.ErrorMessage != nil {
		said = ": " + *block.ErrorMessage
	}
	return explain(block.Err, "publish to %s/%d at %s (records: %d, bytes: %d)%s", p.place.Topic,
		p.place.Number, addr, p.batch.count, p.batch.size, said)
}
