package kafkadriver

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A decoder makes records of what brokers return. Keys, values and headers share the bytes of the
// response, or those that a compressed batch was decompressed to; nothing is allocated for a record
// but its place in two arrays. A decoder is used by one goroutine, that of its poller.
type decoder struct {
	addr string // of the broker
	names
	decompressor
	memory  *memory        // of the partition that is decoded
	headers []brook.Header // room in it for the next records' headers
}

// newDecoder returns a decoder of what the broker at addr returns.
func newDecoder(addr string, s *spares) decoder {
	return decoder{addr: addr, decompressor: decompressor{spares: s}}
}

// What a record and a header take in memory beside their bytes.
const (
	recordSize = 128
	headerSize = 40
)

// headerRoom is for how many headers room is made at a time, unless one record has more.
const headerRoom = 1024

// partition decodes what a response has of one partition.
func (d *decoder) partition(q *request, at division.Place, p *fetched) result {
	from := brook.Position{Topic: at.Topic, Partition: at.Number, Offset: q.offset}
	switch {
	case p.err == sarama.ErrOffsetOutOfRange && q.last >= 0:
		return result{unsure: true}
	case p.err == sarama.ErrOffsetOutOfRange:
		return result{fatal: outOfRange(from, p)}
	case permanent(p.err):
		return result{fatal: explain(p.err, "fetch %v from %s", from, d.addr)}
	case p.err != sarama.ErrNoError:
		return result{lost: explain(p.err, "fetch %v from %s", from, d.addr)}
	case p.diverging != nil:
		return result{diverging: p.diverging}
	}
	// Records of one partition must not keep those of another alive.
	d.memory, d.headers = newMemory(d.spares), nil
	end := p.stable
	if end < 0 {
		end = p.high
	}
	g := result{part: part{next: q.offset, epoch: q.last, memory: d.memory}, end: end, high: p.high}
	if n := countRecords(p.records); n > 0 {
		g.part.records = d.spares.records.take(n)
	}
	filter := newAbortedFilter(p.aborted)
	for data := p.records; len(data) > 0; {
		b, rest, err := nextBatch(data)
		switch {
		case errors.Is(err, errPartialBatch):
			rest, err = nil, nil
		case errors.Is(err, errOldBatch):
			return result{fatal: fmt.Errorf("kafkadriver: fetch %v: the records are in the format "+
				"of Kafka before 0.11, which the driver does not read: %w", from,
				brook.ErrPermanent)}
		case err == nil:
			err = d.batch(&g, &filter, at, &b)
		}
		if err != nil {
			return result{lost: fmt.Errorf("kafkadriver: fetch %v from %s: %w", from, d.addr, err)}
		}
		data = rest
	}
	d.memory.records = g.part.records
	g.empty = g.part.next == q.offset && q.offset < end
	return g
}

// batch adds the records of one batch.
func (d *decoder) batch(g *result, filter *abortedFilter, at division.Place,
	b *recordBatch) error {
	keep, err := filter.keeps(b, func() ([]byte, error) { return d.firstKey(b) })
	if err != nil {
		return fmt.Errorf("batch at %d: %w", b.first, err)
	}
	if b.last() < g.part.next {
		return nil // it ends before the requested offset
	}
	if keep {
		if err := d.records(g, at, b); err != nil {
			return err
		}
		g.sharesBytes = g.sharesBytes || b.codec() == sarama.CompressionNone
	}
	g.part.next, g.part.epoch = b.last()+1, b.epoch
	return nil
}

// A recordHead is a record of a batch without its headers.
type recordHead struct {
	time, offset int64 // since those of the batch
	key, value   []byte
	headers      int64 // how many there are
}

// read reads a record but for its headers, and returns what is left of it.
func (h *recordHead) read(w *wireReader) (body wireReader) {
	n := w.varint()
	if n < 1 || n > int64(len(w.left)) {
		w.fail()
		return body
	}
	body.left, w.left = w.left[:n], w.left[n:]
	body.left = body.left[1:] // attributes
	h.time, h.offset = body.varint(), body.varint()
	h.key, h.value = body.varintBytes(), body.varintBytes()
	if h.headers = body.varint(); h.headers > int64(len(body.left)/2) {
		body.fail()
	}
	return body
}

// firstKey returns the key of the first record of a batch, nil if there is no record.
func (d *decoder) firstKey(b *recordBatch) ([]byte, error) {
	plain, err := d.decompress(b)
	if err != nil || b.count < 1 {
		return nil, err
	}
	var h recordHead
	w := wireReader{left: plain}
	if body := h.read(&w); w.bad || body.bad {
		return nil, errStrangeControl
	}
	return h.key, nil
}

// records appends the requested records of a batch.
func (d *decoder) records(g *result, at division.Place, b *recordBatch) error {
	plain, err := d.decompress(b)
	if err != nil {
		return err
	}
	if b.codec() != sarama.CompressionNone {
		d.memory.bytes = append(d.memory.bytes, plain)
	}
	if b.count < 0 || int64(b.count) > int64(len(plain)/leastRecordSize) {
		return fmt.Errorf("the batch at %d has %d records in %d bytes", b.first, b.count,
			len(plain))
	}
	var (
		w       = wireReader{left: plain}
		h       recordHead
		delta   = int64(-1)
		records = slices.Grow(g.part.records, int(b.count))
		size    = 0
		time    = b.timer()
	)
	for left := int(b.count); left > 0; left-- {
		body := h.read(&w)
		if w.bad || body.bad {
			return damagedRecord(b, left)
		}
		if h.offset <= delta || h.offset > int64(b.lastDelta) {
			return fmt.Errorf("the batch at %d has %d offsets, and a record %d after %d",
				b.first, b.lastDelta+1, h.offset, delta)
		}
		delta = h.offset
		if b.first+delta < g.part.next {
			continue
		}
		records = records[:len(records)+1]
		// It may have been another record's. There is no copy of a whole record.
		r := &records[len(records)-1]
		r.Topic, r.Partition, r.Placed, r.Offset = at.Topic, at.Number, false, b.first+delta
		r.Time, r.Key, r.Value, r.Headers = time(h.time), h.key, h.value, nil
		size += recordSize + len(h.key) + len(h.value)
		if h.headers > 0 {
			r.Headers = d.room(int(h.headers), left)
			for i := range r.Headers {
				key := body.varintBytes()
				r.Headers[i].Key, r.Headers[i].Value = d.name(i, key), body.varintBytes()
				size += headerSize + len(key) + len(r.Headers[i].Value)
			}
		}
		if body.bad || len(body.left) > 0 {
			return damagedRecord(b, left)
		}
	}
	if len(w.left) > 0 {
		return fmt.Errorf("the batch at %d has %d bytes behind its records", b.first, len(w.left))
	}
	g.part.records = records
	g.part.size += size
	return nil
}

func damagedRecord(b *recordBatch, left int) error {
	return fmt.Errorf("the batch at %d of %d records: record %d is damaged", b.first, b.count,
		int(b.count)-left)
}

// timer returns a function from a record's time since that of the batch to its time.
func (b *recordBatch) timer() func(delta int64) time.Time {
	switch {
	case b.appendTime() && b.maxTime >= 0:
		at := time.UnixMilli(b.maxTime).UTC()
		return func(int64) time.Time { return at }
	case b.appendTime() || b.firstTime < 0:
		return func(int64) time.Time { return time.Time{} }
	default:
		return func(delta int64) time.Time { return time.UnixMilli(b.firstTime + delta).UTC() }
	}
}

// room returns room for a record's headers, if so many records of the batch are left. Room is made
// for many records at once; what a record leaves over is the next one's.
func (d *decoder) room(n, left int) []brook.Header {
	if n > len(d.headers) {
		room := d.spares.headers.take(max(n, min(n*left, headerRoom)))
		d.headers = room[:cap(room)]
		d.memory.headers = append(d.memory.headers, room)
	}
	h := d.headers[:n:n]
	d.headers = d.headers[n:]
	return h
}
