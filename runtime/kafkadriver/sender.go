package kafkadriver

import (
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// A sender sends the batches of the partitions that one broker leads, as many as are ready in one request.
type sender struct {
	writing *writing
	link    link

	// Guarded by writing.mu.
	changed *sync.Cond
	ready   []*lane
	gone    bool // the broker is no more
}

// requestSize is how large a request may be, one batch aside.
const requestSize = 16 << 20

func (s *sender) run() {
	defer s.link.close()
	for {
		lanes := s.take()
		if lanes == nil {
			return
		}
		s.send(lanes)
	}
}

// take waits for lanes that have something to send; it gives none when the driver is closed.
func (s *sender) take() (lanes []*lane) {
	s.writing.mu.Lock()
	defer s.writing.mu.Unlock()
	limit := s.writing.driver.config.Producer.MaxMessageBytes
	for !s.writing.stopped && !s.gone {
		for size := 0; len(s.ready) > 0 && size < requestSize; {
			l := s.ready[0]
			n := l.load(limit)
			if len(lanes) > 0 && size+n > requestSize {
				break
			}
			s.ready[0] = nil
			s.ready = s.ready[1:]
			if n == 0 {
				l.pass() // all was withdrawn
				continue
			}
			size += n
			lanes = append(lanes, l)
		}
		if len(lanes) > 0 {
			return lanes
		}
		s.ready = nil
		s.changed.Wait()
	}
	return nil
}

func (s *sender) send(lanes []*lane) {
	c := s.writing.driver.config
	request := &sarama.ProduceRequest{RequiredAcks: c.Producer.RequiredAcks, Timeout: int32(c.Producer.Timeout / time.Millisecond), Version: 9}
	if c.Version.IsAtLeast(sarama.V3_7_0_0) {
		request.Version = 10
	}
	sent := lanes[:0]
	for _, l := range lanes {
		if err := l.build(c); err != nil {
			l.failed(err)
			continue
		}
		request.AddBatch(l.place.Topic, l.place.Number, l.batch)
		sent = append(sent, l)
	}
	if len(sent) == 0 {
		return
	}
	response, err := call(&s.link, (*sarama.Broker).Produce, request)
	for _, l := range sent {
		if err != nil {
			l.failed(explain(err, "publish to %s/%d at %s", l.place.Topic, l.place.Number, s.link.addr))
			continue
		}
		block := response.GetBlock(l.place.Topic, l.place.Number)
		switch {
		case block == nil:
			l.failed(explain(sarama.ErrIncompleteResponse, "publish to %s/%d at %s", l.place.Topic, l.place.Number, s.link.addr))
		case block.Err != sarama.ErrNoError:
			l.failed(describe(l, block, s.link.addr))
		default:
			l.stored(block.Offset)
		}
	}
}

// describe gives the error of a batch, with what the broker said of it.
func describe(l *lane, block *sarama.ProduceResponseBlock, addr string) error {
	said := ""
	if block.ErrorMessage != nil {
		said = ": " + *block.ErrorMessage
	}
	size := 0
	for _, r := range l.batch.Records {
		size += sentSize(r)
	}
	return explain(block.Err, "publish to %s/%d at %s (records: %d, bytes: %d)%s", l.place.Topic, l.place.Number, addr, len(l.batch.Records), size, said)
}
