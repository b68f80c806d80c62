package kafkadriver

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A result is what a fetch response says about one partition.
type result struct {
	part        part
	end         int64
	high        int64 // the offset behind all records, with those of open transactions
	sharesBytes bool  // the records share the bytes of the whole response
	lost        error // why the leader has to be looked up
	fatal       error // why the reader ends
	empty       bool  // there are records, but the response has none of them
}

// emptyTries is how many responses for this partition alone may be empty although the
// broker reports records.
const emptyTries = 3

// apply passes the result to a reader. It is called with reading.mu held.
func (g result) apply(r *reader) {
	switch {
	case g.fatal != nil:
		r.fail(g.fatal)
	case g.lost != nil:
		r.findLeader(g.lost)
	case g.empty && r.alone && r.emptyFetches >= emptyTries:
		r.findLeader(fmt.Errorf("kafkadriver: fetch %v: the broker has records up to %d, but "+
			"returns none that can be read: a batch is larger than %d bytes, or damaged",
			r.at(), g.end, sarama.MaxResponseSize))
	case g.empty:
		// A response has its first batch complete, however large; others may be left out.
		if r.alone {
			r.emptyFetches++
		}
		r.alone, r.end = true, g.end
	default:
		r.deliver(g.part, g.end)
		r.noteHeld(g.high)
	}
}

// results decodes a response.
func (p *poller) results(requests map[division.Place]*request,
	response *sarama.FetchResponse) map[*request]result {
	all := make(map[*request]result, len(requests))
	total := 0
	for at, q := range requests {
		g := result{lost: explain(sarama.ErrIncompleteResponse, "fetch %s/%d from %s", at.Topic,
			at.Number, p.addr)}
		if block := response.GetBlock(at.Topic, at.Number); block != nil {
			g = p.block(q, at, block)
		}
		all[q] = g
		total += g.part.size
	}
	for q, g := range all {
		if g.sharesBytes && g.part.size < total/8 { // few bytes must not keep many alive
			copyRecords(g.part.records)
		}
		all[q] = g
	}
	return all
}

// block decodes what a response has of one partition.
func (p *poller) block(q *request, at division.Place, block *sarama.FetchResponseBlock) result {
	from := brook.Position{Topic: at.Topic, Partition: at.Number, Offset: q.offset}
	switch {
	case block.Err == sarama.ErrOffsetOutOfRange:
		return result{fatal: outOfRange(from, block)}
	case permanent(block.Err):
		return result{fatal: explain(block.Err, "fetch %v from %s", from, p.addr)}
	case block.Err != sarama.ErrNoError:
		return result{lost: explain(block.Err, "fetch %v from %s", from, p.addr)}
	}
	end := block.LastStableOffset
	if end < 0 {
		end = block.HighWaterMarkOffset
	}
	g := result{part: part{next: q.offset}, end: end, high: block.HighWaterMarkOffset}
	filter := abortedFilter{aborted: map[int64]bool{},
		pending: slices.Clone(block.AbortedTransactions)}
	slices.SortFunc(filter.pending, func(a, b *sarama.AbortedTransaction) int {
		return int(min(max(a.FirstOffset-b.FirstOffset, -1), 1))
	})
	n := 0
	for _, set := range block.RecordsSet {
		if b := set.RecordBatch; b != nil && !b.Control {
			n += len(b.Records)
		}
	}
	if n > 0 {
		g.part.records = make([]brook.Record, 0, n)
	}
	for _, set := range block.RecordsSet {
		b := set.RecordBatch
		if b == nil {
			return result{fatal: fmt.Errorf("kafkadriver: fetch %v: "+
				"the records are in the format of Kafka before 0.11, which the driver does not "+
				"read: %w",
				from, brook.ErrPermanent)}
		}
		if b.PartialTrailingRecord {
			if b.FirstOffset > g.part.next && len(block.RecordsSet) == 1 {
				g.part.next = b.FirstOffset // empty batches stood before it
			}
			break
		}
		if err := p.batch(&g, &filter, at, b); err != nil {
			return result{lost: fmt.Errorf("kafkadriver: fetch %v from %s: %w", from, p.addr, err)}
		}
	}
	if g.part.next == q.offset && len(block.RecordsSet) == 0 && q.offset < end {
		g.part.next = max(passed(block), q.offset)
	}
	g.empty = g.part.next == q.offset && q.offset < end
	return g
}

// batch adds the records of one batch.
func (p *poller) batch(g *result, filter *abortedFilter, at division.Place,
	b *sarama.RecordBatch) error {
	last := b.LastOffset()
	if b.FirstOffset < 0 || b.LastOffsetDelta < 0 || last+1 <= b.FirstOffset {
		return fmt.Errorf("a batch goes from %d to %d", b.FirstOffset, last)
	}
	keep, err := filter.keeps(b)
	if err != nil {
		return fmt.Errorf("batch at %d: %w", b.FirstOffset, err)
	}
	if last < g.part.next {
		return nil // it ends before the requested offset
	}
	if keep {
		size, err := p.records(g, at, b)
		if err != nil {
			return err
		}
		g.part.size += size
		g.sharesBytes = g.sharesBytes || b.Codec == sarama.CompressionNone
	}
	g.part.next = last + 1
	return nil
}

// records appends the requested records of a batch, and returns their size.
func (p *poller) records(g *result, at division.Place,
	b *sarama.RecordBatch) (size int, err error) {
	headers := 0
	for _, r := range b.Records {
		headers += len(r.Headers)
	}
	var slab []brook.Header
	if headers > 0 {
		slab = make([]brook.Header, 0, headers)
	}
	g.part.records = slices.Grow(g.part.records, len(b.Records))
	delta := int64(-1)
	for _, r := range b.Records {
		if r.OffsetDelta <= delta || r.OffsetDelta > int64(b.LastOffsetDelta) {
			return 0, fmt.Errorf("the batch at %d has %d offsets, and a record %d after %d",
				b.FirstOffset, b.LastOffsetDelta+1, r.OffsetDelta, delta)
		}
		delta = r.OffsetDelta
		if b.FirstOffset+delta < g.part.next {
			continue
		}
		record := brook.Record{Topic: at.Topic, Partition: at.Number, Offset: b.FirstOffset + delta,
			Key: r.Key, Value: r.Value}
		switch {
		case b.LogAppendTime:
			record.Time = b.MaxTimestamp.UTC()
		case !b.FirstTimestamp.IsZero():
			record.Time = b.FirstTimestamp.Add(r.TimestampDelta).UTC()
		}
		size += recordSize + len(r.Key) + len(r.Value)
		if len(r.Headers) > 0 {
			first := len(slab)
			for i, h := range r.Headers {
				slab = append(slab, brook.Header{Key: p.name(i, h.Key), Value: h.Value})
				size += headerSize + len(h.Key) + len(h.Value)
			}
			record.Headers = slab[first:len(slab):len(slab)]
		}
		g.part.records = append(g.part.records, record)
	}
	return size, nil
}

// What a record and a header take in memory beside their bytes.
const (
	recordSize = 128
	headerSize = 40
)

// maxNames bounds how many header names are kept: records that all have different names must
// not fill the memory.
const maxNames = 1000

// name returns the name of a record's n-th header, most often without an allocation: that of the
// record before, or another one that is kept.
func (p *poller) name(n int, b []byte) string {
	if n < len(p.recent) && p.recent[n] == string(b) {
		return p.recent[n]
	}
	s, ok := p.names[string(b)]
	if !ok {
		if s = string(b); len(p.names) < maxNames && len(s) <= 64 {
			p.names[s] = s
		}
	}
	if n < len(p.recent) {
		p.recent[n] = s
	}
	return s
}

// passed returns the offset after batches that compaction left empty, -1 if there is none. sarama
// decodes it, but does not export it.
func passed(block *sarama.FetchResponseBlock) int64 {
	next := reflect.ValueOf(block).Elem().FieldByName("recordsNextOffset")
	if !next.IsValid() || next.Kind() != reflect.Pointer || next.IsNil() {
		return -1
	}
	return next.Elem().Int()
}
