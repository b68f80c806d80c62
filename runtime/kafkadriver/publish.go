package kafkadriver

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// Publish appends records to their topics, together with what others publish at the same time. A record with a key goes to the
// partition that Kafka's default partitioner chooses; those of one call without a key go to one partition of their topic, those of the
// next call to another.
//
// It waits while [InFlight] bytes are on their way. Brokers that can't take records are tried again as the configuration's
// Producer.Retry says; then the records fail, those of the call that would come after them in the partition too. Where ctx ends before, what was
// not sent yet is not sent; the rest may still be stored.
func (d *Driver) Publish(ctx context.Context, records []brook.Record) ([]brook.Position, error) {
	if err := d.alive(ctx); err != nil || len(records) == 0 {
		return nil, err
	}
	topics, failed, err := d.resolve(ctx, records)
	if err != nil {
		return nil, err
	}
	p := &publication{positions: make([]brook.Position, len(records)), done: make(chan struct{})}
	parcels := d.writing.pack(p, records, topics, failed)
	for _, parcel := range parcels {
		p.left += len(parcel.records)
		p.size += parcel.size
	}
	if p.left == 0 {
		return p.outcome()
	}
	entered, err := d.writing.room.enter(ctx, d.ctx.Done(), p.size)
	if err != nil {
		return nil, err
	}
	p.leave = func() { d.writing.room.leave(entered) }
	d.writing.accept(parcels, topics)
	select {
	case <-p.done:
	case <-ctx.Done():
		d.writing.withdraw(parcels, fmt.Errorf("kafkadriver: the record may still be stored: %w", ctx.Err()))
	case <-d.ctx.Done():
		d.writing.withdraw(parcels, ErrClosed)
	}
	return p.outcome()
}

// resolve gives the topics of records, or what is wrong with them.
func (d *Driver) resolve(ctx context.Context, records []brook.Record) (map[string]*topic, map[string]error, error) {
	topics, failed := map[string]*topic{}, map[string]error{}
	var ask []string
	last := -1
	d.mu.Lock()
	for i := range records {
		name := records[i].Topic
		if last >= 0 && records[last].Topic == name {
			continue
		}
		last = i
		if _, ok := topics[name]; ok || failed[name] != nil {
			continue
		}
		if name == "" {
			failed[name] = errNoName
			continue
		}
		topics[name] = d.topics[name]
		if t := topics[name]; t == nil || time.Since(t.seen) > d.refresh() {
			ask = append(ask, name)
		}
	}
	d.mu.Unlock()
	if len(ask) == 0 {
		return topics, failed, nil
	}
	found, wrong, err := d.demand(ctx, ask)
	for _, name := range ask {
		switch {
		case err != nil && topics[name] == nil:
			return nil, nil, err
		case err != nil: // what was known before has to do
		case wrong[name] != nil:
			delete(topics, name)
			failed[name] = wrong[name]
		default:
			topics[name] = found[name]
		}
	}
	return topics, failed, nil
}

// A publication is one call of Publish.
type publication struct {
	size  int64
	leave func() // gives back the room that it took
	done  chan struct{}

	mu        sync.Mutex
	positions []brook.Position
	errs      []error // nil where none failed
	left      int     // records that nothing is known of yet
	over      bool    // the caller is gone
}

// outcome gives what Publish returns; from then on the publication changes no more.
func (p *publication) outcome() ([]brook.Position, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.errs != nil {
		return p.positions, &brook.PublishError{Errs: p.errs}
	}
	return p.positions, nil
}

// stored notes where records are.
func (p *publication) stored(at []int32, first brook.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for i, n := range at {
			p.positions[n] = brook.Position{Topic: first.Topic, Partition: first.Partition, Offset: first.Offset + int64(i)}
		}
	}
	p.settle(len(at))
}

// refused notes why records failed.
func (p *publication) refused(at []int32, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		for _, n := range at {
			p.fail(int(n), err)
		}
	}
	p.settle(len(at))
}

func (p *publication) settle(n int) {
	if p.left -= n; p.left == 0 {
		p.leave()
		close(p.done)
	}
}

func (p *publication) fail(n int, err error) {
	if p.errs == nil {
		p.errs = make([]error, len(p.positions))
	}
	p.errs[n] = err
}

// A parcel is what one call has for one partition.
type parcel struct {
	publication *publication
	place       place
	at          []int32         // which of the call's records they are
	records     []sarama.Record // OffsetDelta, and TimestampDelta from 1970, are set when they are sent
	size        int64
	taken       int // how many are in batches
	withdrawn   bool
}

// What a record takes on the wire at most, beside its bytes, and a header.
const (
	sentRecordSize = 5*5 + 10 + 1
	sentHeaderSize = 2 * 5
)

func sentSize(r *sarama.Record) int {
	n := sentRecordSize + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += sentHeaderSize + len(h.Key) + len(h.Value)
	}
	return n
}

// check says what Kafka would refuse, or can't express.
func check(r *brook.Record) error {
	size := sentRecordSize + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		size += sentHeaderSize + len(h.Key) + len(h.Value)
	}
	if most := int(sarama.MaxRequestSize) - 16<<10; size > most {
		return fmt.Errorf("kafkadriver: the record has %d bytes, and a request can have %d at most (sarama.MaxRequestSize): %w", size, most, brook.ErrPermanent)
	}
	if !r.Time.IsZero() && (r.Time.UnixMilli() < 0 || r.Time.UnixMilli() > math.MaxInt64/int64(time.Millisecond)) {
		return fmt.Errorf("kafkadriver: a record of %v: times go from 1970 to 2262: %w", r.Time, brook.ErrPermanent)
	}
	return nil
}

// pack copies records, sorted by partition.
func (w *writing) pack(p *publication, records []brook.Record, topics map[string]*topic, failed map[string]error) []*parcel {
	var (
		parcels  []*parcel
		byPlace  = map[place]*parcel{}
		keyless  = map[string]int32{} // by topic
		bytes    int
		headers  int
		chosen   = make([]*parcel, len(records))
		now      = time.Now()
		previous *parcel
	)
	for i := range records {
		r := &records[i]
		t := topics[r.Topic]
		err := failed[r.Topic]
		if err == nil {
			err = check(r)
		}
		if err != nil {
			p.fail(i, err)
			continue
		}
		at := place{r.Topic, 0}
		if r.Key == nil {
			n, ok := keyless[r.Topic]
			if !ok {
				n = w.next(t)
				keyless[r.Topic] = n
			}
			at.number = n
		} else {
			at.number = int32(w.driver.Partition(r.Key, len(t.leaders)))
		}
		if previous == nil || previous.place != at {
			if previous = byPlace[at]; previous == nil {
				previous = &parcel{publication: p, place: at}
				byPlace[at] = previous
				parcels = append(parcels, previous)
			}
		}
		chosen[i] = previous
		previous.at = append(previous.at, int32(i))
		headers += len(r.Headers)
		bytes += len(r.Key) + len(r.Value)
		for _, h := range r.Headers {
			bytes += len(h.Key) + len(h.Value)
		}
	}
	c := copier{make([]byte, 0, bytes), make([]sarama.RecordHeader, 0, headers), make([]*sarama.RecordHeader, 0, headers)}
	for _, parcel := range parcels {
		parcel.records = make([]sarama.Record, len(parcel.at))
		for j, n := range parcel.at {
			r := &parcel.records[j]
			c.record(r, &records[n], now)
			parcel.size += int64(sentSize(r))
		}
	}
	return parcels
}

// A copier makes records that hold nothing of those they are made from.
type copier struct {
	bytes   []byte
	headers []sarama.RecordHeader
	pointed []*sarama.RecordHeader
}

func (c *copier) record(dst *sarama.Record, src *brook.Record, now time.Time) {
	at := src.Time
	if at.IsZero() {
		at = now
	}
	dst.TimestampDelta = time.Duration(at.UnixMilli()) * time.Millisecond
	dst.Key, dst.Value = c.copy(src.Key), c.copy(src.Value)
	if len(src.Headers) == 0 {
		return
	}
	first := len(c.pointed)
	for _, h := range src.Headers {
		key := len(c.bytes)
		c.bytes = append(c.bytes, h.Key...)
		c.headers = append(c.headers, sarama.RecordHeader{Key: c.bytes[key:len(c.bytes):len(c.bytes)], Value: c.copy(h.Value)})
		c.pointed = append(c.pointed, &c.headers[len(c.headers)-1])
	}
	dst.Headers = c.pointed[first:len(c.pointed):len(c.pointed)]
}

func (c *copier) copy(b []byte) []byte {
	if b == nil {
		return nil
	}
	first := len(c.bytes)
	c.bytes = append(c.bytes, b...)
	return c.bytes[first:len(c.bytes):len(c.bytes)]
}
