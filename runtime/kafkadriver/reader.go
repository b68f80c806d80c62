package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

var errReaderClosed = errors.New("kafkadriver: the reader is closed")

// A reader reads one partition. What it reads ahead lies in parts: while one is read, others are fetched.
type reader struct {
	driver *Driver
	place  division.Place
	log    string
	wake   chan struct{} // holds a token when there may be something to give

	// Guarded by reading.mu.
	parts  []part
	size   int   // bytes of parts
	offset int64 // that is fetched next
	end    int64 // the last stable offset, as far as known
	epoch  int32 // of the leader
	home   *fetcher
	busy   bool  // a fetch for it is under way
	alone  bool  // to be fetched by itself
	barren int   // how often a fetch by itself brought nothing of what there is
	tries  int   // since something was fetched
	err    error // told once
	fatal  error // told from now on
	closed bool
	held   time.Time // since when an open transaction holds up what is next; zero: none does
	told   bool      // and that it was told
}

// A part is what one fetch brought.
type part struct {
	records []brook.Record
	next    int64
	size    int
}

// tellAfter is how often in a row fetching may fail before Read says so.
const tellAfter = 4

// Open gives a reader of one partition. The error wraps brook.ErrOutOfRange where the offset is before the start of the partition,
// or past its last stable offset, or where the topic was deleted and made anew since Partitions told of it; and
// brook.ErrPermanent where there is no such partition.
func (d *Driver) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	if from.Topic == "" {
		return nil, errNoName
	}
	var (
		t *topic
		p brook.Partition
	)
	place := division.Place{Topic: from.Topic, Number: from.Partition}
	err := d.insist(ctx, func() (err error) {
		t, p, err = d.locator.locate(ctx, place)
		return err
	})
	if err != nil {
		return nil, err
	}
	if from.Offset < p.Start || from.Offset > p.End {
		return nil, fmt.Errorf("kafkadriver: offset %v: the partition has %d to %d: %w", from, p.Start, p.End, brook.ErrOutOfRange)
	}
	d.mu.Lock()
	known := d.logs[from.Topic]
	d.mu.Unlock()
	if known != "" && known != t.log() {
		return nil, anew(from.Topic, known, t.log())
	}
	r := &reader{driver: d, place: place, log: t.log(), wake: make(chan struct{}, 1),
		offset: from.Offset, end: p.End}
	r.found(t, t.leaders[from.Partition])
	return r, d.alive(ctx)
}

func anew(topic, was, is string) error {
	return fmt.Errorf("kafkadriver: topic %q was deleted and made anew: its log was %s, and is %s now: %w", topic, was, is, brook.ErrOutOfRange)
}

// Read gives what was fetched, or waits for it. Records share their bytes with the answers that they came in.
func (r *reader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	for {
		if err := r.driver.alive(ctx); err != nil {
			return brook.Chunk{}, err
		}
		if chunk, ok, err := r.take(max); ok || err != nil {
			return chunk, err
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
		case <-r.driver.ctx.Done():
		}
	}
}

// take gives up to max records of the first part, and what is wrong once there are no parts.
func (r *reader) take(most int) (brook.Chunk, bool, error) {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	switch {
	case r.closed:
		return brook.Chunk{}, false, errReaderClosed
	case len(r.parts) > 0:
	case r.fatal != nil:
		return brook.Chunk{}, false, r.fatal
	default:
		err := r.err
		r.err = nil
		return brook.Chunk{}, false, err
	}
	p := &r.parts[0]
	chunk := brook.Chunk{Records: p.records, Next: p.next}
	if most = max(most, 1); len(p.records) > most {
		chunk.Records, p.records = p.records[:most:most], p.records[most:]
		chunk.Next = p.records[0].Offset
	} else {
		full := r.full()
		r.size -= p.size
		*p = part{}
		if r.parts = r.parts[1:]; len(r.parts) == 0 {
			r.parts = nil
		}
		if full && !r.full() && r.home != nil {
			r.home.changed.Broadcast()
		}
	}
	chunk.End = max(r.end, chunk.Next)
	return chunk, true, nil
}

// full reports whether nothing is to be fetched for now. A fetch brings Fetch.Default bytes most often: there is room for two.
func (r *reader) full() bool { return r.size >= 2*int(r.driver.config.Consumer.Fetch.Default) }

// give adds what a fetch brought. It is called with reading.mu held.
func (r *reader) give(p part, end int64) {
	r.end, r.tries, r.err, r.alone, r.barren = end, 0, nil, false, 0
	if p.next == r.offset {
		return
	}
	r.offset = p.next
	r.size += p.size
	r.parts = append(r.parts, p)
	r.rouse()
}

// fail ends the reader with an error once its parts are read. It is called with reading.mu held.
func (r *reader) fail(err error) {
	r.fatal = err
	r.leave()
	r.rouse()
}

// lose has the leader looked for. It is called with reading.mu held.
func (r *reader) lose(err error) {
	r.leave()
	if r.tries++; r.tries >= tellAfter {
		r.err = err
		r.rouse()
	}
	r.driver.router.seek(r, patience(r.tries))
}

func (r *reader) leave() {
	if r.home != nil {
		delete(r.home.readers, r)
		r.home = nil
	}
}

func (r *reader) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reader) where() division.Place { return r.place }

func (r *reader) missed(err error) {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	switch {
	case r.closed:
	case permanent(err):
		r.fail(err)
	default:
		r.lose(err)
	}
}

func (r *reader) found(t *topic, l leader) {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	switch {
	case r.closed:
	case t.log() != r.log:
		r.fail(anew(r.place.Topic, r.log, t.log()))
	default:
		r.epoch = l.epoch
		r.driver.reading.join(r, l.addr)
	}
}

// Close lets go of what was read ahead.
func (r *reader) Close() error {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	r.closed, r.parts = true, nil
	r.leave()
	return nil
}

// at is where the next fetch begins.
func (r *reader) at() brook.Position {
	return brook.Position{Topic: r.place.Topic, Partition: r.place.Number, Offset: r.offset}
}

// outOfRange says that the log has nothing at an offset.
func outOfRange(at brook.Position, block *sarama.FetchResponseBlock) error {
	return fmt.Errorf("kafkadriver: read %v: the partition starts at %d and ends at %d: %w: %w", at, block.LogStartOffset, block.HighWaterMarkOffset, block.Err, brook.ErrOutOfRange)
}
