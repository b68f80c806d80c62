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
	addr        string // of the leader when the call came; "" if there was none
	records     []sentRecord
	size        int64
	taken       int // how many records are in batches
	withdrawn   bool
}

// The most bytes that a record, and a header, take on the wire beside their contents.
const (
	mostBesideRecord = 5*5 + 10 + 1
	mostBesideHeader = 2 * 5
)

// mostSize returns the most bytes that a record takes on the wire.
func mostSize(r *brook.Record) int {
	n := mostBesideRecord + len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += mostBesideHeader + len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}

// check returns an error for a record of at most size bytes that Kafka would refuse or cannot
// express.
func check(r *brook.Record, size int) error {
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

// A splitting groups the records of a call by partition.
type splitting struct {
	writing *writing
	topics  resolution
	all     []*callRecords
	byPlace map[division.Place]int32 // index in all; nil while there are few
	keyless map[string]int32         // the partition chosen for records without a key, by topic
	last    int32                    // index of the partition of the record before; -1: none
}

// fewPlaces is how many partitions are found faster by looking at each.
const fewPlaces = 8

// split encodes the records of a call, and groups them by partition.
func (w *writing) split(p *publication, records []brook.Record, topics resolution) []*callRecords {
	s := splitting{writing: w, topics: topics, all: p.small.all[:0], last: -1}
	of := p.small.of[:0] // for each record, the index in all; -1: it failed
	if len(records) > cap(of) {
		of = make([]int32, 0, len(records))
	}
	size, left := 0, 0
	for i := range records {
		r := &records[i]
		n, err := int32(-1), error(nil)
		most := mostSize(r)
		if err = check(r, most); err == nil {
			n, err = s.group(p, r)
		}
		of = append(of, n)
		if err != nil {
			p.fail(i, err)
			continue
		}
		left++
		size += most
	}
	refs := p.small.records[:0]
	if left > cap(refs) {
		refs = make([]sentRecord, 0, left)
	}
	for _, calls := range s.all {
		first := len(refs)
		refs = refs[:first+calls.taken]
		calls.records, calls.taken = refs[first:first:len(refs)], 0
	}
	p.left, p.slab = left, newSlab(size)
	now := time.Now().UnixMilli()
	for i, n := range of {
		if n < 0 {
			continue
		}
		r := sentRecord{from: len(p.slab), at: int32(i), time: now}
		if at := records[i].Time; !at.IsZero() {
			r.time = at.UnixMilli()
		}
		p.slab = appendContents(p.slab, &records[i])
		r.size = int32(len(p.slab) - r.from)
		calls := s.all[n]
		calls.records = append(calls.records, r)
		calls.size += int64(r.sentSize())
	}
	for _, calls := range s.all {
		p.size += calls.size
	}
	return s.all
}

// group returns the index of the records for the partition of r, and counts r in their field taken.
func (s *splitting) group(p *publication, r *brook.Record) (int32, error) {
	t, err := s.topics.topic(r.Topic)
	if err != nil {
		return -1, err
	}
	at := division.Place{Topic: t.name}
	switch {
	case r.Placed:
		if r.Partition < 0 || int(r.Partition) >= len(t.leaders) {
			return -1, fmt.Errorf("kafkadriver: there is no partition %s/%d: %w", r.Topic,
				r.Partition, brook.ErrOutOfRange)
		}
		at.Number = r.Partition
	case r.Key == nil:
		n, ok := s.keyless[r.Topic]
		if !ok {
			if s.keyless == nil {
				s.keyless = map[string]int32{}
			}
			n = s.writing.keylessPartition(t)
			s.keyless[r.Topic] = n
		}
		at.Number = n
	default:
		at.Number = int32(s.writing.driver.Partition(r.Key, len(t.leaders)))
	}
	n := s.find(at)
	if n < 0 {
		n = int32(len(s.all))
		calls := &callRecords{}
		if n == 0 {
			calls = &p.small.calls
		}
		calls.publication, calls.place, calls.addr = p, at, t.leaders[at.Number].addr
		s.all = append(s.all, calls)
		if s.byPlace != nil {
			s.byPlace[at] = n
		}
	}
	s.all[n].taken++
	s.last = n
	return n, nil
}

// find returns the index of the records for a partition, or -1.
func (s *splitting) find(at division.Place) int32 {
	if s.last >= 0 && s.all[s.last].place == at {
		return s.last
	}
	if len(s.all) <= fewPlaces {
		for n, calls := range s.all {
			if calls.place == at {
				return int32(n)
			}
		}
		return -1
	}
	if s.byPlace == nil {
		s.byPlace = map[division.Place]int32{}
		for n, calls := range s.all {
			s.byPlace[calls.place] = int32(n)
		}
	}
	if n, ok := s.byPlace[at]; ok {
		return n
	}
	return -1
}
