package kafkadriver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// writing is the publishing half of a driver: a producer for each partition, a
// sender for each broker.
//
// sarama's own producer does not do: after records that failed, it sends later ones of the same
// partition. Here a partition has one batch in flight, with sequence numbers by which brokers drop
// what they already have.
type writing struct {
	driver  *Driver
	limiter *byteLimiter

	idMu  sync.Mutex // held while asking for a producer ID
	id    int64      // producer ID of new producers; -1: none yet
	epoch int16

	mu        sync.Mutex
	producers map[division.Place]*partitionProducer
	senders   map[string]*sender // by address
	turns     map[string]uint32  // number of calls with records without a key, by topic
	stopped   bool
}

func newWriting(d *Driver) *writing {
	return &writing{driver: d, limiter: newByteLimiter(d.options.inFlight), id: -1,
		producers: map[division.Place]*partitionProducer{}, senders: map[string]*sender{},
		turns: map[string]uint32{}}
}

// keylessPartition returns the partition for the records of a call that have no key: each in turn,
// without those that have no leader, unless none has one.
func (w *writing) keylessPartition(t *topic) int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := uint32(len(t.leaders))
	for range n {
		turn := w.turns[t.name] % n
		w.turns[t.name] = turn + 1
		if t.leaders[turn].addr != "" {
			return int32(turn)
		}
	}
	return int32(w.turns[t.name] % n)
}

// accept queues the records of a call at their producers.
func (w *writing) accept(all []*callRecords) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, calls := range all {
		p := w.producers[calls.place]
		if p == nil {
			p = &partitionProducer{writing: w, place: calls.place, producerID: -1}
			w.producers[calls.place] = p
		}
		p.queue = append(p.queue, calls)
		if p.active {
			continue
		}
		p.active = true
		if p.sender == nil && calls.addr != "" {
			p.sender = w.sender(calls.addr)
		}
		p.schedule()
	}
}

// withdraw removes what is not in a batch yet. The rest goes on without its caller.
func (w *writing) withdraw(all []*callRecords, err error) {
	for _, calls := range all {
		calls.publication.mu.Lock()
		if !calls.publication.over {
			calls.publication.over = true
			for i, at := range calls.publication.positions {
				if at.Topic == "" && (calls.publication.errs == nil ||
					calls.publication.errs[i] == nil) {
					calls.publication.fail(i, err)
				}
			}
		}
		calls.publication.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, calls := range all {
		if p := w.producers[calls.place]; p != nil {
			p.drop(calls, err)
		}
	}
}

// sender returns the sender to a broker. It is called with mu held.
func (w *writing) sender(addr string) *sender {
	s := w.senders[addr]
	if s == nil {
		s = newSender(w, addr)
		w.senders[addr] = s
		w.driver.start(s.run)
	}
	return s
}

// prune ends the senders to brokers that are gone and have nothing to send, and reports
// whether some still have.
func (w *writing) prune(gone func(addr string) bool) (left bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for addr, s := range w.senders {
		if !gone(addr) {
			continue
		}
		busy := len(s.ready) > 0
		for _, p := range w.producers {
			switch {
			case p.sender != s:
			case p.active:
				busy = true
			default:
				p.sender = nil // the resolver finds another
			}
		}
		if busy {
			left = true
			continue
		}
		delete(w.senders, addr)
		s.gone = true
		s.changed.Broadcast()
	}
	return left
}

func (w *writing) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	for _, s := range w.senders {
		s.changed.Broadcast()
	}
}

// newProducerID returns a producer ID with its epoch: another one than used.
func (w *writing) newProducerID(used int64) (int64, int16, error) {
	w.idMu.Lock()
	defer w.idMu.Unlock()
	if w.id >= 0 && w.id != used {
		return w.id, w.epoch, nil
	}
	var last error
	for _, addr := range w.driver.known() {
		request := &sarama.InitProducerIDRequest{Version: 4, TransactionTimeout: time.Minute,
			ProducerID: -1, ProducerEpoch: -1}
		response, err := call(w.driver.conn(addr), (*sarama.Broker).InitProducerID, request)
		if err == nil && response.Err != sarama.ErrNoError {
			err = response.Err
		}
		if err != nil {
			last = explain(err, "producer ID from %s", addr)
			continue
		}
		w.id, w.epoch = response.ProducerID, response.ProducerEpoch
		return w.id, w.epoch, nil
	}
	if last == nil {
		last = fmt.Errorf("kafkadriver: no broker is known: %w", context.Canceled)
	}
	return 0, 0, last
}
