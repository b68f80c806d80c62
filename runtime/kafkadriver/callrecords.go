package kafkadriver

import (
	"fmt"
	"math"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// callRecords are the records of one call of Publish for one partition.
type callRecords struct {
	publication *publication
	place       division.Place
	at          []int32         // index of each record in the call
	records     []sarama.Record // OffsetDelta, and TimestampDelta from 1970, are set when sent
	size        int64
	taken       int // how many records are in batches
	withdrawn   bool
}

// The most bytes that a record, and a header, take on the wire beside their contents.
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

// check returns an error for a record that Kafka would refuse or cannot express.
func check(r *brook.Record) error {
	size := sentRecordSize + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		size += sentHeaderSize + len(h.Key) + len(h.Value)
	}
	if most := int(sarama.MaxRequestSize) - 16<<10; size > most {
		return fmt.Errorf("kafkadriver: the record has %d bytes, and a request can have %d at "+
			"most (sarama.MaxRequestSize): %w", size, most, brook.ErrPermanent)
	}
	if !r.Time.IsZero() && (r.Time.UnixMilli() < 0 ||
		r.Time.UnixMilli() > math.MaxInt64/int64(time.Millisecond)) {
		return fmt.Errorf("kafkadriver: a record of %v: times go from 1970 to 2262: %w", r.Time,
			brook.ErrPermanent)
	}
	return nil
}

// split copies the records of a call and groups them by partition.
func (w *writing) split(p *publication, records []brook.Record, topics map[string]*topic,
	failed map[string]error) []*callRecords {
	var (
		all      []*callRecords
		byPlace  = map[division.Place]*callRecords{}
		keyless  = map[string]int32{} // the chosen partition, by topic
		bytes    int
		headers  int
		chosen   = make([]*callRecords, len(records))
		now      = time.Now()
		previous *callRecords
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
				p.fail(i, fmt.Errorf("kafkadriver: there is no partition %s/%d: %w", r.Topic,
					r.Partition, brook.ErrOutOfRange))
				continue
			}
			at.Number = r.Partition
		} else if r.Key == nil {
			n, ok := keyless[r.Topic]
			if !ok {
				n = w.keylessPartition(t)
				keyless[r.Topic] = n
			}
			at.Number = n
		} else {
			at.Number = int32(w.driver.Partition(r.Key, len(t.leaders)))
		}
		if previous == nil || previous.place != at {
			if previous = byPlace[at]; previous == nil {
				previous = &callRecords{publication: p, place: at}
				byPlace[at] = previous
				all = append(all, previous)
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
	c := copier{make([]byte, 0, bytes), make([]sarama.RecordHeader, 0, headers),
		make([]*sarama.RecordHeader, 0, headers)}
	for _, calls := range all {
		calls.records = make([]sarama.Record, len(calls.at))
		for j, n := range calls.at {
			r := &calls.records[j]
			c.record(r, &records[n], now)
			calls.size += int64(sentSize(r))
		}
	}
	return all
}

// A copier copies records into slabs, so that the copies share nothing with the originals.
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
		c.headers = append(c.headers,
			sarama.RecordHeader{Key: c.bytes[key:len(c.bytes):len(c.bytes)],
				Value: c.copy(h.Value)})
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
