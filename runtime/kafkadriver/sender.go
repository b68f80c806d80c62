package kafkadriver

import (
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
	request := &sarama.ProduceRequest{RequiredAcks: c.Producer.RequiredAcks,
		Timeout: int32(c.Producer.Timeout / time.Millisecond), Version: 9}
	if c.Version.IsAtLeast(sarama.V3_7_0_0) {
		request.Version = 10
	}
	sent := producers[:0]
	for _, p := range producers {
		if err := p.build(c); err != nil {
			p.failed(err)
			continue
		}
		request.AddBatch(p.place.Topic, p.place.Number, p.batch)
		sent = append(sent, p)
	}
	if len(sent) == 0 {
		return
	}
	response, err := call(&s.conn, (*sarama.Broker).Produce, request)
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

// describe returns the error of a batch, with the broker's message.
func describe(p *partitionProducer, block *sarama.ProduceResponseBlock, addr string) error {
	said := ""
	if block.ErrorMessage != nil {
		said = ": " + *block.ErrorMessage
	}
	size := 0
	for _, r := range p.batch.Records {
		size += sentSize(r)
	}
	return explain(block.Err, "publish to %s/%d at %s (records: %d, bytes: %d)%s", p.place.Topic,
		p.place.Number, addr, len(p.batch.Records), size, said)
}
