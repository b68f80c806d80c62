package kafkadriver

import (
	"fmt"
	"math"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A lane is the way to one partition. It has one batch on its way, which is tried until the broker has said yes or no: so
// records keep their order, and none is stored twice.
type lane struct {
	writing *writing
	place   division.Place

	// Guarded by writing.mu.
	queue  []*parcel
	active bool // somebody has it: a sender, or the router
	home   *sender
	most   int // records that the next batch may have; 0: as many as fit

	// Of who has it.
	id       int64 // of the producer; -1: none yet
	used     int64 // the producer ID that is not to be used again, where id is -1
	epoch    int16
	sequence int32 // of the next batch
	cuts     []cut
	batch    *sarama.RecordBatch // of cuts, once there is a producer ID
	tries    int
	unsure   bool // it may have been stored
}

// A cut is the part of a parcel that is in a batch.
type cut struct {
	parcel   *parcel
	from, to int
}

// schedule hands the lane to its sender, or to the router. It is called with writing.mu held.
func (l *lane) schedule() {
	if l.home == nil {
		l.writing.driver.router.seek(l, 0)
		return
	}
	l.home.ready = append(l.home.ready, l)
	l.home.changed.Signal()
}

// load takes the next batch from the queue, where there is none on its way yet, and gives its size; 0 where there is nothing to send.
// It is called with writing.mu held.
func (l *lane) load(limit int) (size int) {
	if len(l.cuts) > 0 {
		for _, c := range l.cuts {
			for i := c.from; i < c.to; i++ {
				size += sentSize(&c.parcel.records[i])
			}
		}
		return size
	}
	n := 0
	for len(l.queue) > 0 {
		p := l.queue[0]
		c := cut{p, p.taken, p.taken}
		for c.to < len(p.records) && (l.most == 0 || n < l.most) {
			s := sentSize(&p.records[c.to])
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
		l.cuts = append(l.cuts, c)
		p.taken = c.to
		if c.to < len(p.records) {
			break
		}
		l.queue[0] = nil
		if l.queue = l.queue[1:]; len(l.queue) == 0 {
			l.queue = nil
		}
	}
	return size
}

// build makes the batch of the cuts.
func (l *lane) build(c *sarama.Config) error {
	if l.batch != nil {
		return nil
	}
	if l.id < 0 {
		id, epoch, err := l.writing.producer(l.used)
		if err != nil {
			return err
		}
		l.id, l.epoch, l.sequence = id, epoch, 0
	}
	n := 0
	for _, c := range l.cuts {
		n += c.to - c.from
	}
	b := &sarama.RecordBatch{
		Version: 2, Codec: c.Producer.Compression, CompressionLevel: c.Producer.CompressionLevel,
		ProducerID: l.id, ProducerEpoch: l.epoch, FirstSequence: l.sequence,
		LastOffsetDelta: int32(n - 1), Records: make([]*sarama.Record, 0, n),
	}
	first := l.cuts[0].parcel.records[l.cuts[0].from].TimestampDelta
	last := first
	copies := make([]sarama.Record, 0, n) // those of the parcels are used again where the batch is made anew
	for _, c := range l.cuts {
		copies = append(copies, c.parcel.records[c.from:c.to]...)
	}
	for i := range copies {
		r := &copies[i]
		last = max(last, r.TimestampDelta)
		r.TimestampDelta -= first
		r.OffsetDelta = int64(i)
		b.Records = append(b.Records, r)
	}
	b.FirstTimestamp, b.MaxTimestamp = time.UnixMilli(first.Milliseconds()), time.UnixMilli(last.Milliseconds())
	l.batch = b
	return nil
}

// stored goes on after the batch was stored.
func (l *lane) stored(offset int64) {
	for _, c := range l.cuts {
		c.parcel.publication.stored(c.parcel.at[c.from:c.to], brook.Position{Topic: l.place.Topic, Partition: l.place.Number, Offset: offset})
		offset += int64(c.to - c.from)
	}
	n := int32(len(l.batch.Records))
	if l.sequence > math.MaxInt32-n {
		l.sequence = n - (math.MaxInt32 - l.sequence) - 1
	} else {
		l.sequence += n
	}
	l.writing.mu.Lock()
	defer l.writing.mu.Unlock()
	if l.most > 0 {
		if l.most *= 2; l.most > 1<<20 {
			l.most = 0
		}
	}
	l.pass()
}

// failed goes on after the batch, or the way to its leader, gave an error: it is tried again, or in pieces, or given up.
func (l *lane) failed(err error) {
	retry := &l.writing.driver.config.Producer.Retry
	was := l.unsure
	l.unsure = was || l.batch != nil && unsure(err)
	l.tries++
	switch {
	case refused(err) && l.batch != nil && len(l.batch.Records) > 1:
		l.halve()
	case permanent(err):
		l.giveUp(err)
	case forgotten(err) && !was && l.tries <= retry.Max:
		l.renounce()
		l.retry()
	case l.tries > retry.Max || forgotten(err):
		l.giveUp(fmt.Errorf("%w (after %d tries)", err, l.tries))
	default:
		l.retry()
	}
}

// retry has the leader looked for, and the same batch sent again: at once after the first error, which may be no more than a connection that was
// idle for too long.
func (l *lane) retry() {
	c := &l.writing.driver.config.Producer.Retry
	wait := c.Backoff
	if c.BackoffFunc != nil {
		wait = c.BackoffFunc(l.tries, c.Max)
	}
	if l.tries == 1 {
		wait = 0
	}
	l.writing.mu.Lock()
	l.home = nil
	l.writing.mu.Unlock()
	l.writing.driver.router.seek(l, wait)
}

// renounce takes another producer ID for what comes.
func (l *lane) renounce() {
	l.used, l.id, l.batch = l.id, -1, nil
}

// halve puts the batch back, to send it in two: the broker says that there is a record in it that it does not take.
func (l *lane) halve() {
	l.writing.mu.Lock()
	defer l.writing.mu.Unlock()
	l.most = len(l.batch.Records) / 2
	for i := len(l.cuts) - 1; i >= 0; i-- {
		c := l.cuts[i]
		if c.parcel.withdrawn {
			c.parcel.publication.refused(c.parcel.at[c.from:c.to], errWithdrawn)
			continue
		}
		c.parcel.taken = c.from
		if len(l.queue) == 0 || l.queue[0] != c.parcel {
			l.queue = append([]*parcel{c.parcel}, l.queue...)
		}
	}
	l.pass()
}

// giveUp fails the records of the batch. Where it was not refused for good, nothing is to overtake it: the rest of their parcels fails too, and
// a new epoch makes brokers refuse what may still be under way.
func (l *lane) giveUp(err error) {
	for _, c := range l.cuts {
		c.parcel.publication.refused(c.parcel.at[c.from:c.to], err)
	}
	l.writing.mu.Lock()
	defer l.writing.mu.Unlock()
	if !permanent(err) || unauthorized(err) {
		for _, c := range l.cuts {
			l.drop(c.parcel, err)
		}
		switch {
		case l.id < 0:
		case forgotten(err) || l.epoch == math.MaxInt16:
			l.renounce()
		default:
			l.epoch++
			l.sequence = 0
		}
	}
	l.pass()
}

// pass goes on to the next batch. It is called with writing.mu held.
func (l *lane) pass() {
	l.cuts, l.batch, l.tries, l.unsure = nil, nil, 0, false
	if len(l.queue) == 0 {
		l.active = false
		return
	}
	l.schedule()
}

// drop takes what is left of a parcel from the queue. It is called with writing.mu held.
func (l *lane) drop(p *parcel, err error) {
	p.withdrawn = true
	for i := range l.queue {
		if l.queue[i] == p {
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			rest := p.at[p.taken:]
			p.publication.refused(rest, err)
			return
		}
	}
}

func (l *lane) where() division.Place { return l.place }

func (l *lane) found(_ *topic, at leader) {
	l.writing.mu.Lock()
	defer l.writing.mu.Unlock()
	l.home = l.writing.sender(at.addr)
	l.schedule()
}

// missed takes a batch from the queue, where there is none, so that somebody hears of it.
func (l *lane) missed(err error) {
	l.writing.mu.Lock()
	n := l.load(l.writing.driver.config.Producer.MaxMessageBytes)
	if n == 0 {
		l.pass()
	}
	l.writing.mu.Unlock()
	if n > 0 {
		l.failed(err)
	}
}
