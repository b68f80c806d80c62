package kafkadriver

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// idWaits is how often a batch waits for its producer ID, 6 s in all, while the brokers get new ones
// from the controller: they answer that they load. No Retry.Max of a user means this.
const idWaits = 10

// A partitionProducer sends the records of one partition. It has one batch in flight, and repeats
// it until the broker accepts or refuses it: so records keep their order, and none is stored twice.
type partitionProducer struct {
	writing *writing
	place   division.Place

	// Guarded by writing.mu.
	queue      []*callRecords
	active     bool // a sender or the resolver has it
	sender     *sender
	maxRecords int // limit of records of the next batch; 0: none

	// Owned by whoever has it.
	producerID  int64 // -1: none yet
	retiredID   int64 // if producerID is -1: the ID not to use again
	epoch       int16
	sequence    int32     // of the next batch
	batch       sentBatch // in flight if it has cuts
	built       bool      // the batch can be sent
	tries       int
	waits       int  // tries that don't count: no broker had a producer ID yet
	mayBeStored bool // an earlier try of the batch may have been stored
}

// schedule passes p to its sender, or to the resolver if it has none. It is called
// with writing.mu held.
func (p *partitionProducer) schedule() {
	if p.sender == nil {
		p.writing.driver.resolver.resolve(p, 0)
		return
	}
	p.sender.ready = append(p.sender.ready, p)
	p.sender.changed.Signal()
}

// load takes the next batch from the queue if none is in flight, and returns the size of the batch,
// 0 if there is nothing to send. It is called with writing.mu held.
func (p *partitionProducer) load(limit int) (size int) {
	if size = p.batch.mostSize(); size > 0 {
		return size
	}
	n := 0
	for len(p.queue) > 0 {
		calls := p.queue[0]
		c := cut{calls, calls.taken, calls.taken}
		for c.to < len(calls.records) && (p.maxRecords == 0 || n < p.maxRecords) {
			s := calls.records[c.to].sentSize()
			if n > 0 && size+s > limit {
				break
			}
			size += s
			c.to++
			n++
		}
		if c.to == c.from {
			break
		}
		p.batch.cuts = append(p.batch.cuts, c)
		calls.taken = c.to
		if c.to < len(calls.records) {
			break
		}
		p.queue[0] = nil
		if p.queue = p.queue[1:]; len(p.queue) == 0 {
			p.queue = nil
		}
	}
	return size
}

// build makes the batch ready to be sent.
func (p *partitionProducer) build(c *sarama.Config) error {
	if p.built {
		return nil
	}
	if p.producerID < 0 {
		id, epoch, err := p.writing.newProducerID(p.retiredID)
		if err != nil {
			return err
		}
		p.producerID, p.epoch, p.sequence = id, epoch, 0
	}
	p.batch = sentBatch{cuts: p.batch.cuts, producerID: p.producerID, epoch: p.epoch,
		sequence: p.sequence, codec: c.Producer.Compression}
	if err := p.batch.measure(c.Producer.CompressionLevel); err != nil {
		return fmt.Errorf("kafkadriver: compress a batch: %w", err)
	}
	p.built = true
	return nil
}

// stored continues after the batch was stored.
func (p *partitionProducer) stored(offset int64) {
	for i := range p.batch.cuts {
		c := &p.batch.cuts[i]
		c.call.publication.stored(c.records(),
			brook.Position{Topic: p.place.Topic, Partition: p.place.Number, Offset: offset})
		offset += int64(c.to - c.from)
	}
	n := int32(p.batch.count)
	if p.sequence > math.MaxInt32-n {
		p.sequence = n - (math.MaxInt32 - p.sequence) - 1
	} else {
		p.sequence += n
	}
	p.writing.mu.Lock()
	defer p.writing.mu.Unlock()
	if p.maxRecords > 0 {
		if p.maxRecords *= 2; p.maxRecords > 1<<20 {
			p.maxRecords = 0
		}
	}
	p.next()
}

// failed continues after sending the batch, or finding the leader, failed: it tries again, splits
// the batch, or gives up.
func (p *partitionProducer) failed(err error) {
	retry := &p.writing.driver.config.Producer.Retry
	if !p.built && errors.Is(err, sarama.ErrOffsetsLoadInProgress) && p.waits < idWaits {
		p.waits++
		p.resolve(backoff(p.waits + 1))
		return
	}
	was := p.mayBeStored
	p.mayBeStored = was || p.built && mayBeStored(err)
	p.tries++
	switch {
	case refused(err) && p.built && p.batch.count > 1:
		p.halve()
	case permanent(err):
		p.giveUp(err)
	case forgotten(err) && !was && p.tries <= retry.Max:
		p.retireID()
		p.retry()
	case p.tries > retry.Max || forgotten(err):
		p.giveUp(fmt.Errorf("%w (after %d tries)", err, p.tries))
	default:
		p.retry()
	}
}

// retry looks up the leader and sends the same batch again: at once after the first error, which
// may only be a connection that was idle for too long.
func (p *partitionProducer) retry() {
	c := &p.writing.driver.config.Producer.Retry
	wait := c.Backoff
	if c.BackoffFunc != nil {
		wait = c.BackoffFunc(p.tries, c.Max)
	}
	if p.tries == 1 {
		wait = 0
	}
	p.resolve(wait)
}

// resolve looks up the leader, and sends what is loaded, after a wait.
func (p *partitionProducer) resolve(wait time.Duration) {
	p.writing.mu.Lock()
	p.sender = nil
	p.writing.mu.Unlock()
	p.writing.driver.resolver.resolve(p, wait)
}

// retireID makes the next batch use another producer ID.
func (p *partitionProducer) retireID() {
	p.retiredID, p.producerID, p.built = p.producerID, -1, false
}

// halve puts the batch back, to send it in two: the broker refuses a record in it, and
// does not say which one.
func (p *partitionProducer) halve() {
	p.writing.mu.Lock()
	defer p.writing.mu.Unlock()
	p.maxRecords = p.batch.count / 2
	for i := len(p.batch.cuts) - 1; i >= 0; i-- {
		c := p.batch.cuts[i]
		if c.call.withdrawn {
			c.call.publication.refused(c.records(), errWithdrawn)
			continue
		}
		c.call.taken = c.from
		if len(p.queue) == 0 || p.queue[0] != c.call {
			p.queue = append([]*callRecords{c.call}, p.queue...)
		}
	}
	p.next()
}

// giveUp fails the records of the batch. If they were not refused for good, nothing may overtake
// them: the remaining records of their calls fail too, and a new epoch makes brokers refuse what
// may still be in flight.
func (p *partitionProducer) giveUp(err error) {
	for i := range p.batch.cuts {
		c := &p.batch.cuts[i]
		c.call.publication.refused(c.records(), err)
	}
	p.writing.mu.Lock()
	defer p.writing.mu.Unlock()
	if !permanent(err) || unauthorized(err) {
		for _, c := range p.batch.cuts {
			p.drop(c.call, err)
		}
		switch {
		case p.producerID < 0:
		case forgotten(err) || p.epoch == math.MaxInt16:
			p.retireID()
		default:
			p.epoch++
			p.sequence = 0
		}
	}
	p.next()
}

// next continues with the next batch. It is called with writing.mu held.
func (p *partitionProducer) next() {
	p.batch, p.built, p.tries, p.waits, p.mayBeStored = sentBatch{}, false, 0, 0, false
	if len(p.queue) == 0 {
		p.active = false
		return
	}
	p.schedule()
}

// drop removes the remaining records of a call from the queue. It is called with writing.mu held.
func (p *partitionProducer) drop(calls *callRecords, err error) {
	calls.withdrawn = true
	for i := range p.queue {
		if p.queue[i] == calls {
			p.queue = append(p.queue[:i:i], p.queue[i+1:]...)
			calls.publication.refused(calls.records[calls.taken:], err)
			return
		}
	}
}

func (p *partitionProducer) partition() division.Place { return p.place }

func (p *partitionProducer) leaderFound(_ *topic, at leader) {
	p.writing.mu.Lock()
	defer p.writing.mu.Unlock()
	p.sender = p.writing.sender(at.addr)
	p.schedule()
}

// leaderMissing fails the batch in flight, or the next one if there is none, so that its
// callers learn of it.
func (p *partitionProducer) leaderMissing(err error) {
	p.writing.mu.Lock()
	n := p.load(p.writing.driver.config.Producer.MaxMessageBytes)
	if n == 0 {
		p.next()
	}
	p.writing.mu.Unlock()
	if n > 0 {
		p.failed(err)
	}
}
