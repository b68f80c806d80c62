package kafkadriver

import (
	"context"
	"errors"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

var errReaderClosed = errors.New("kafkadriver: the reader is closed")

// A reader reads one partition. What it reads ahead lies in parts: while one is read,
// others are fetched.
type reader struct {
	driver *Driver
	place  division.Place
	log    string
	wake   chan struct{} // holds a token if there may be something to return

	// Guarded by reading.mu.
	parts        []part
	size         int    // bytes in parts
	offset       int64  // where the next fetch begins
	end          int64  // the latest known last stable offset
	high         int64  // the offset behind all records, as of when held was noted
	epoch        int32  // of the leader
	last         int32  // of the batch before offset; noEpoch: not known
	taken        logEnd // what Read returned: the offset behind it, and its epoch
	fetcher      *fetcher
	busy         bool  // a fetch for it is in progress
	alone        bool  // to be fetched without other partitions
	emptyFetches int   // fetches alone that returned nothing although there is something
	tries        int   // failures since the last successful fetch
	err          error // returned once
	fatal        error // returned from now on
	closed       bool
	held         time.Time // since when an open transaction holds up the next record; zero: none
	heldReported bool      // that has been logged
}

// A part is the result of one fetch.
type part struct {
	records []brook.Record
	memory  *memory // of the records; the reader holds it
	next    int64
	epoch   int32 // of the batch before next
	size    int
	begun   bool // Read has returned some of the records
}

// noEpoch is in place of an epoch that is not known. Brokers don't check it.
const noEpoch = -1

// reportAfter is how many times in a row fetching fails before Read returns the error.
const reportAfter = 4

// Open returns a reader of one partition. The error wraps brook.ErrOutOfRange if the offset is
// before the start of the partition or past its last stable offset, or if the topic was deleted and
// made anew since Partitions returned it; and brook.ErrPermanent if there is no such partition.
func (d *Driver) Open(ctx context.Context, from brook.Position) (brook.PartitionReader, error) {
	if from.Topic == "" {
		return nil, errNoName
	}
	var (
		t *topic
		p brook.Partition
	)
	place := division.Place{Topic: from.Topic, Number: from.Partition}
	err := d.retry(ctx, func() (err error) {
		t, p, err = d.locator.locate(ctx, place)
		return err
	})
	if err != nil {
		return nil, err
	}
	if from.Offset < p.Start || from.Offset > p.End {
		return nil, fmt.Errorf("kafkadriver: offset %v: the partition has %d to %d: %w", from,
			p.Start, p.End, brook.ErrOutOfRange)
	}
	d.mu.Lock()
	known := d.logs[from.Topic]
	d.mu.Unlock()
	if known != "" && known != t.log() {
		return nil, errRecreated(from.Topic, known, t.log())
	}
	r := &reader{driver: d, place: place, log: t.log(), wake: make(chan struct{}, 1),
		offset: from.Offset, end: p.End, last: noEpoch, taken: logEnd{noEpoch, from.Offset}}
	r.leaderFound(t, t.leaders[from.Partition])
	return r, d.checkOpen(ctx)
}

func errRecreated(topic, was, is string) error {
	return fmt.Errorf("kafkadriver: topic %q was deleted and created again: "+
		"its log was %s, and is %s now: %w", topic, was, is, brook.ErrOutOfRange)
}

// Read returns what was fetched, or waits for it. Records share their bytes with
// the fetch responses.
func (r *reader) Read(ctx context.Context, max int) (brook.Chunk, error) {
	chunk, _, err := r.next(ctx, max) // the memory is held forever
	return chunk, err
}

// Lend is Read, but the memory of the records is used again once they are released.
func (r *reader) Lend(ctx context.Context, max int) (brook.Chunk, func(), error) {
	chunk, m, err := r.next(ctx, max)
	if m == nil {
		return chunk, nil, err
	}
	return chunk, m.release, nil
}

var _ brook.Lender = (*reader)(nil)

// next returns what was fetched, or waits for it. The caller holds the memory of the records, which
// is nil if there are none.
func (r *reader) next(ctx context.Context, max int) (brook.Chunk, *memory, error) {
	for {
		if err := r.driver.checkOpen(ctx); err != nil {
			return brook.Chunk{}, nil, err
		}
		if chunk, m, ok, err := r.take(max); ok || err != nil {
			return chunk, m, err
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
		case <-r.driver.ctx.Done():
		}
	}
}

// take returns up to most records of the first part, with their memory, and the reader's error if
// there are no parts.
func (r *reader) take(most int) (chunk brook.Chunk, m *memory, ok bool, err error) {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	switch {
	case r.closed:
		return chunk, nil, false, errReaderClosed
	case len(r.parts) > 0:
	case r.fatal != nil:
		return chunk, nil, false, r.fatal
	default:
		err = r.err
		r.err = nil
		return chunk, nil, false, err
	}
	p := &r.parts[0]
	chunk = brook.Chunk{Records: p.records, Next: p.next}
	if len(p.records) > 0 {
		m = p.memory
		m.hold()
	}
	if most = max(most, 1); len(p.records) > most {
		chunk.Records, p.records = p.records[:most:most], p.records[most:]
		chunk.Next = p.records[0].Offset
		p.begun = true
	} else {
		full := r.full()
		r.size -= p.size
		r.taken = logEnd{p.epoch, p.next}
		p.drop()
		if r.parts = r.parts[1:]; len(r.parts) == 0 {
			r.parts = nil
		}
		if full && !r.full() && r.fetcher != nil {
			r.fetcher.changed.Broadcast()
		}
	}
	chunk.End = max(r.end, chunk.Next)
	return chunk, m, true, nil
}

// drop ends the reader's use of a part.
func (p *part) drop() {
	p.memory.release()
	*p = part{}
}

// full reports whether nothing is to be fetched for now. Most fetches return up to Fetch.Default
// bytes: two of them fit.
func (r *reader) full() bool { return r.size >= 2*int(r.driver.config.Consumer.Fetch.Default) }

// deliver adds the result of a fetch. It is called with reading.mu held.
func (r *reader) deliver(p part, end int64) {
	r.end, r.tries, r.err, r.alone, r.emptyFetches = end, 0, nil, false, 0
	if p.next == r.offset {
		return
	}
	r.offset, r.last = p.next, p.epoch
	r.size += p.size
	p.memory.hold()
	r.parts = append(r.parts, p)
	r.signal()
}

// fail ends the reader with an error, once its parts are read. It is called with reading.mu held.
func (r *reader) fail(err error) {
	r.fatal = err
	r.detach()
	r.signal()
}

// findLeader leaves the broker and looks up the leader, because of err. It is called
// with reading.mu held.
func (r *reader) findLeader(err error) {
	r.detach()
	if r.tries++; r.tries >= reportAfter {
		r.err = err
		r.signal()
	}
	r.driver.resolver.resolve(r, backoff(r.tries))
}

func (r *reader) detach() {
	if r.fetcher != nil {
		delete(r.fetcher.readers, r)
		r.fetcher = nil
	}
}

func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reader) partition() division.Place { return r.place }

func (r *reader) leaderMissing(err error) {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	switch {
	case r.closed:
	case permanent(err):
		r.fail(err)
	default:
		r.findLeader(err)
	}
}

func (r *reader) leaderFound(t *topic, l leader) {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	switch {
	case r.closed:
	case t.log() != r.log:
		r.fail(errRecreated(r.place.Topic, r.log, t.log()))
	default:
		r.epoch = l.epoch
		r.driver.reading.join(r, l.addr)
	}
}

// Close frees what was read ahead.
func (r *reader) Close() error {
	mu := &r.driver.reading.mu
	mu.Lock()
	defer mu.Unlock()
	for i := range r.parts {
		r.parts[i].drop()
	}
	r.closed, r.parts = true, nil
	r.detach()
	return nil
}

// at returns where the next fetch begins.
func (r *reader) at() brook.Position {
	return brook.Position{Topic: r.place.Topic, Partition: r.place.Number, Offset: r.offset}
}

// outOfRange returns the error for an offset that the log does not have.
func outOfRange(at brook.Position, p *fetched) error {
	return fmt.Errorf("kafkadriver: read %v: the partition starts at %d and ends at %d: %w: %w", at,
		p.start, p.high, p.err, brook.ErrOutOfRange)
}
