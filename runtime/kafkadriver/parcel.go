package kafkadriver

import (
	"fmt"
	"math"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A parcel is what one call has for one partition.
type parcel struct {
	publication *publication
	place       division.Place
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
		byPlace  = map[division.Place]*parcel{}
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
		at := division.Place{Topic: r.Topic}
		if r.Placed {
			if r.Partition < 0 || int(r.Partition) >= len(t.leaders) {
				p.fail(i, fmt.Errorf("kafkadriver: there is no partition %s/%d: %w", r.Topic, r.Partition, brook.ErrOutOfRange))
				continue
			}
			at.Number = r.Partition
		} else if r.Key == nil {
			n, ok := keyless[r.Topic]
			if !ok {
				n = w.next(t)
				keyless[r.Topic] = n
			}
			at.Number = n
		} else {
			at.Number = int32(w.driver.Partition(r.Key, len(t.leaders)))
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
