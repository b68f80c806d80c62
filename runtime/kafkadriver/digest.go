package kafkadriver

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A digest is what a fetch says of one partition.
type digest struct {
	part   part
	end    int64
	high   int64 // the offset behind all, with what open transactions wrote
	shared bool  // the bytes are those of the whole answer
	lost   error // the leader has to be looked for
	fatal  error // the reader is at its end
	barren bool  // there is something, but nothing of it came
}

// barrenTries is how often a broker may keep back, in an answer that is for nothing else, what it says that it has.
const barrenTries = 3

// tell hands the digest to a reader. It is called with reading.mu held.
func (g digest) tell(r *reader) {
	switch {
	case g.fatal != nil:
		r.fail(g.fatal)
	case g.lost != nil:
		r.lose(g.lost)
	case g.barren && r.alone && r.barren >= barrenTries:
		r.lose(fmt.Errorf("kafkadriver: fetch %v: the broker has up to %d, but gives nothing that can be read: a batch larger than %d bytes, or a damaged one",
			r.at(), g.end, sarama.MaxResponseSize))
	case g.barren:
		// The first batch of an answer comes whole, however large; others may be left out.
		if r.alone {
			r.barren++
		}
		r.alone, r.end = true, g.end
	default:
		r.give(g.part, g.end)
		r.heldUp(g.high)
	}
}

// digest turns an answer into records.
func (p *poller) digest(wishes map[division.Place]*wish, response *sarama.FetchResponse) map[*wish]digest {
	all := make(map[*wish]digest, len(wishes))
	total := 0
	for at, a := range wishes {
		g := digest{lost: explain(sarama.ErrIncompleteResponse, "fetch %s/%d from %s", at.Topic, at.Number, p.addr)}
		if block := response.GetBlock(at.Topic, at.Number); block != nil {
			g = p.block(a, at, block)
		}
		all[a] = g
		total += g.part.size
	}
	for a, g := range all {
		if g.shared && g.part.size < total/8 { // few bytes are not to hold many
			own(g.part.records)
		}
		all[a] = g
	}
	return all
}

// block turns what an answer has of one partition into records.
func (p *poller) block(a *wish, at division.Place, block *sarama.FetchResponseBlock) digest {
	from := brook.Position{Topic: at.Topic, Partition: at.Number, Offset: a.offset}
	switch {
	case block.Err == sarama.ErrOffsetOutOfRange:
		return digest{fatal: outOfRange(from, block)}
	case permanent(block.Err):
		return digest{fatal: explain(block.Err, "fetch %v from %s", from, p.addr)}
	case block.Err != sarama.ErrNoError:
		return digest{lost: explain(block.Err, "fetch %v from %s", from, p.addr)}
	}
	end := block.LastStableOffset
	if end < 0 {
		end = block.HighWaterMarkOffset
	}
	g := digest{part: part{next: a.offset}, end: end, high: block.HighWaterMarkOffset}
	sift := sifter{aborted: map[int64]bool{}, pending: slices.Clone(block.AbortedTransactions)}
	slices.SortFunc(sift.pending, func(a, b *sarama.AbortedTransaction) int { return int(min(max(a.FirstOffset-b.FirstOffset, -1), 1)) })
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
			return digest{fatal: fmt.Errorf("kafkadriver: fetch %v: the records are in the format of Kafka before 0.11, which the driver does not read: %w",
				from, brook.ErrPermanent)}
		}
		if b.PartialTrailingRecord {
			if b.FirstOffset > g.part.next && len(block.RecordsSet) == 1 {
				g.part.next = b.FirstOffset // batches without records were before it
			}
			break
		}
		if err := p.batch(&g, &sift, at, b); err != nil {
			return digest{lost: fmt.Errorf("kafkadriver: fetch %v from %s: %w", from, p.addr, err)}
		}
	}
	if g.part.next == a.offset && len(block.RecordsSet) == 0 && a.offset < end {
		g.part.next = max(passed(block), a.offset)
	}
	g.barren = g.part.next == a.offset && a.offset < end
	return g
}

// batch adds the records of one batch.
func (p *poller) batch(g *digest, sift *sifter, at division.Place, b *sarama.RecordBatch) error {
	last := b.LastOffset()
	if b.FirstOffset < 0 || b.LastOffsetDelta < 0 || last+1 <= b.FirstOffset {
		return fmt.Errorf("a batch goes from %d to %d", b.FirstOffset, last)
	}
	keep, err := sift.keeps(b)
	if err != nil {
		return fmt.Errorf("batch at %d: %w", b.FirstOffset, err)
	}
	if last < g.part.next {
		return nil // it ends before what was asked for
	}
	if keep {
		size, err := p.records(g, at, b)
		if err != nil {
			return err
		}
		g.part.size += size
		g.shared = g.shared || b.Codec == sarama.CompressionNone
	}
	g.part.next = last + 1
	return nil
}

// records appends the records of a batch that were asked for, and gives how many bytes they have.
func (p *poller) records(g *digest, at division.Place, b *sarama.RecordBatch) (size int, err error) {
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
			return 0, fmt.Errorf("the batch at %d has %d offsets, and a record %d after %d", b.FirstOffset, b.LastOffsetDelta+1, r.OffsetDelta, delta)
		}
		delta = r.OffsetDelta
		if b.FirstOffset+delta < g.part.next {
			continue
		}
		record := brook.Record{Topic: at.Topic, Partition: at.Number, Offset: b.FirstOffset + delta, Key: r.Key, Value: r.Value}
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

// What a record and a header take beside their bytes.
const (
	recordSize = 128
	headerSize = 40
)

// maxNames bounds the names that are kept: a topic where each record has names of its own is not to fill the memory.
const maxNames = 1000

// name gives the name of a record's n-th header: most often that of the record before, or one that was there earlier.
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

// passed gives the offset after batches that compaction left without any record: sarama notes it, but does not give it out.
func passed(block *sarama.FetchResponseBlock) int64 {
	next := reflect.ValueOf(block).Elem().FieldByName("recordsNextOffset")
	if !next.IsValid() || next.Kind() != reflect.Pointer || next.IsNil() {
		return -1
	}
	return next.Elem().Int()
}
