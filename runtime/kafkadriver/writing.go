package kafkadriver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// writing is all that is published: a lane for each partition, a sender for each broker.
//
// sarama's own producer can't be used: after records that failed it goes on with later ones of their partition. Here a
// partition has one batch on its way, with sequence numbers by which brokers drop what they have already.
type writing struct {
	driver *Driver
	room   *room

	naming sync.Mutex // held while a producer ID is asked for
	id     int64      // the producer ID of new lanes; -1: none yet
	epoch  int16

	mu      sync.Mutex
	lanes   map[division.Place]*lane
	senders map[string]*sender // by address
	turns   map[string]uint32  // by topic: of calls that have records without key
	stopped bool
}

func newWriting(d *Driver) *writing {
	return &writing{driver: d, room: newRoom(d.options.inFlight), id: -1, lanes: map[division.Place]*lane{}, senders: map[string]*sender{}, turns: map[string]uint32{}}
}

// next gives the partition for the records of a call that have no key: in turn, those without leader only where none has one.
func (w *writing) next(t *topic) int32 {
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

// accept puts parcels in their lanes.
func (w *writing) accept(parcels []*parcel, topics map[string]*topic) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range parcels {
		l := w.lanes[p.place]
		if l == nil {
			l = &lane{writing: w, place: p.place, id: -1}
			w.lanes[p.place] = l
		}
		l.queue = append(l.queue, p)
		if l.active {
			continue
		}
		l.active = true
		if addr := topics[p.place.Topic].leaders[p.place.Number].addr; l.home == nil && addr != "" {
			l.home = w.sender(addr)
		}
		l.schedule()
	}
}

// withdraw takes back what is not in a batch yet; the rest is left to itself.
func (w *writing) withdraw(parcels []*parcel, err error) {
	for _, p := range parcels {
		p.publication.mu.Lock()
		if !p.publication.over {
			p.publication.over = true
			for i, at := range p.publication.positions {
				if at.Topic == "" && (p.publication.errs == nil || p.publication.errs[i] == nil) {
					p.publication.fail(i, err)
				}
			}
		}
		p.publication.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range parcels {
		if l := w.lanes[p.place]; l != nil {
			l.drop(p, err)
		}
	}
}

// sender gives the sender to a broker. It is called with mu held.
func (w *writing) sender(addr string) *sender {
	s := w.senders[addr]
	if s == nil {
		s = &sender{writing: w, link: link{addr: addr, config: w.driver.config}, changed: sync.NewCond(&w.mu)}
		w.senders[addr] = s
		w.driver.begin(s.run)
	}
	return s
}

// prune ends the senders to brokers that are gone and have nothing to send, and reports whether some still have.
func (w *writing) prune(gone func(addr string) bool) (left bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for addr, s := range w.senders {
		if !gone(addr) {
			continue
		}
		busy := len(s.ready) > 0
		for _, l := range w.lanes {
			switch {
			case l.home != s:
			case l.active:
				busy = true
			default:
				l.home = nil // the router finds another
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

// producer gives a producer ID and its epoch. Other than the one with the ID used, if there is one.
func (w *writing) producer(used int64) (int64, int16, error) {
	w.naming.Lock()
	defer w.naming.Unlock()
	if w.id >= 0 && w.id != used {
		return w.id, w.epoch, nil
	}
	var last error
	for _, addr := range w.driver.known() {
		request := &sarama.InitProducerIDRequest{Version: 4, TransactionTimeout: time.Minute, ProducerID: -1, ProducerEpoch: -1}
		response, err := call(w.driver.link(addr), (*sarama.Broker).InitProducerID, request)
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
