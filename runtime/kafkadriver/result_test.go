package kafkadriver

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// A testBatch is made of what a test says, and encoded as a broker stores it.
type testBatch struct {
	kmsg.RecordBatch
	records []kmsg.Record
	cut     int // how many bytes are missing at the end
}

func batch(first int64, last int32, offsets ...int32) *testBatch {
	b := &testBatch{RecordBatch: kmsg.NewRecordBatch()}
	b.FirstOffset, b.LastOffsetDelta, b.ProducerID, b.FirstTimestamp = first, last, -1, 1000
	b.Magic = 2
	for _, o := range offsets {
		b.records = append(b.records, kmsg.Record{OffsetDelta: o, TimestampDelta64: int64(o)})
	}
	return b
}

func altered(b *testBatch, f func(*testBatch)) *testBatch {
	f(b)
	return b
}

// encode returns the batch with its lengths and its checksum.
func (b *testBatch) encode() []byte {
	var plain []byte
	for _, r := range b.records {
		r.Length = 0
		r.Length = int32(len(r.AppendTo(nil)) - 1)
		plain = r.AppendTo(plain)
	}
	c := b.RecordBatch
	if c.NumRecords == 0 {
		c.NumRecords = int32(len(b.records))
	}
	if c.Records == nil {
		c.Records = plain
	}
	c.Length = int32(len(c.AppendTo(nil)) - batchEpochAt)
	raw := c.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[batchSumAt:], checksum(raw[batchAttributesAt:]))
	return raw[:len(raw)-b.cut]
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// What a broker's response becomes for a reader at offset 10, if the log ends at 100.
func TestResult(t *testing.T) {
	partial := func(b *testBatch) { b.Records, b.cut = make([]byte, 9), 1 }
	for name, c := range map[string]struct {
		sets    []*testBatch
		offsets []int64
		next    int64
		empty   bool
		lost    string
		fatal   error
	}{
		"nothing": {next: 10, empty: true},
		"records": {sets: []*testBatch{batch(10, 2, 0, 1, 2)},
			offsets: []int64{10, 11, 12}, next: 13},
		"a batch that began before": {sets: []*testBatch{batch(8, 3, 0, 1, 2, 3)},
			offsets: []int64{10, 11}, next: 12},
		"a batch that ended before": {sets: []*testBatch{batch(5, 2, 0, 1, 2),
			batch(10, 0, 0)}, offsets: []int64{10}, next: 11},
		"gaps within and between": {sets: []*testBatch{batch(10, 5, 1, 4),
			batch(30, 3, 0)}, offsets: []int64{11, 14, 30}, next: 34},
		"a batch that is cut off": {sets: []*testBatch{batch(10, 0, 0),
			altered(batch(11, 3), partial)}, offsets: []int64{10}, next: 11},
		"only one that is cut off": {sets: []*testBatch{altered(batch(10, 3), partial)},
			next: 10, empty: true},
		"one cut off, behind an empty one": {sets: []*testBatch{batch(10, 9),
			altered(batch(20, 3), partial)}, next: 20},
		"one cut off, far behind": {sets: []*testBatch{altered(batch(20, 3), partial)},
			next: 10, empty: true},
		"a marker": {sets: []*testBatch{altered(batch(10, 0, 0),
			control(1))}, next: 11},
		"a marker that says nothing": {sets: []*testBatch{altered(batch(10, 0, 0),
			func(b *testBatch) {
				b.Attributes = attributeControl
			})}, lost: "control record"},
		"a negative offset": {sets: []*testBatch{batch(-5, 2, 0)},
			lost: "from -5"},
		"an end before the beginning": {sets: []*testBatch{batch(10, -2, 0)},
			lost: "from 10 to 8"},
		"an end past the largest offset": {sets: []*testBatch{batch(1<<63-1, 0, 0)},
			lost: "goes from"},
		"records out of order": {sets: []*testBatch{batch(10, 5, 3, 2)},
			lost: "a record 2 after 3"},
		"two records of one offset": {sets: []*testBatch{batch(10, 5, 3, 3)},
			lost: "a record 3 after 3"},
		"a record past its batch": {sets: []*testBatch{batch(10, 1, 5)},
			lost: "a record 5 after"},
		"records of Kafka before 0.11": {sets: []*testBatch{altered(batch(10, 0, 0),
			func(b *testBatch) { b.Magic = 1 })},
			fatal: brook.ErrPermanent},
		"what an aborted transaction did": {sets: []*testBatch{altered(batch(10, 1, 0, 1),
			func(b *testBatch) {
				b.Attributes, b.ProducerID = attributeTransactional, 7
			})}, next: 12},
		"what another transaction did": {sets: []*testBatch{altered(batch(10, 1, 0, 1),
			func(b *testBatch) {
				b.Attributes, b.ProducerID = attributeTransactional, 8
			})}, offsets: []int64{10, 11}, next: 12},
	} {
		t.Run(name, func(t *testing.T) {
			d := testDecoder()
			p := &fetched{stable: 100, high: 200,
				aborted: []abortedTransaction{{producer: 8, first: 50}, {producer: 7, first: 2}}}
			for _, b := range c.sets {
				p.records = append(p.records, b.encode()...)
			}
			g := d.partition(&request{offset: 10}, division.Place{Topic: "t", Number: 3}, p)
			if c.lost != "" || c.fatal != nil {
				if g.lost != nil && !strings.Contains(g.lost.Error(), c.lost) ||
					(g.lost != nil) != (c.lost != "") || !errors.Is(g.fatal, c.fatal) ||
					len(g.part.records) > 0 {
					t.Errorf("it comes to %+v", g)
				}
				return
			}
			var offsets []int64
			for i := range g.part.records {
				r := &g.part.records[i]
				offsets = append(offsets, r.Offset)
				if r.Topic != "t" || r.Partition != 3 {
					t.Errorf("record %v", r.Position())
				}
			}
			if !reflect.DeepEqual(offsets, c.offsets) || g.part.next != c.next ||
				g.empty != c.empty || g.end != 100 || g.lost != nil || g.fatal != nil {
				t.Errorf("it comes to %+v", g)
			}
		})
	}
}

func control(kind byte) func(*testBatch) {
	return func(b *testBatch) {
		b.Attributes, b.records[0].Key = attributeControl, []byte{0, 0, 0, kind}
	}
}

// Records that get bytes of their own stay what they are, nil and empty apart, whatever
// becomes of the others.
func TestCopyRecords(t *testing.T) {
	answer := []byte("keyvaluehead")
	fresh := func() []brook.Record {
		return []brook.Record{
			{Key: answer[:3], Value: answer[3:8],
				Headers: []brook.Header{{Key: "h", Value: answer[8:]}, {Key: "n"},
					{Key: "e", Value: []byte{}}}},
			{Value: []byte{}}, {Key: []byte{}},
		}
	}
	records, want := fresh(), fresh()
	copyRecords(records, newMemory(&spares{}))
	if !reflect.DeepEqual(records, want) {
		t.Errorf("they are %+v, were %+v", records, want)
	}
	copy(answer, "spoiltspoilt")
	if string(records[0].Key) != "key" || string(records[0].Value) != "value" ||
		string(records[0].Headers[0].Value) != "head" {
		t.Errorf("they still share bytes: %+v", records[0])
	}
}

// Names are kept, but not any number of them.
func TestNames(t *testing.T) {
	p := &names{}
	for i := range 3 * maxNames {
		b := []byte{byte(i), byte(i >> 8)}
		if got := p.name(i%20, b); got != string(b) {
			t.Fatalf("%q is %q", b, got)
		}
	}
	if len(p.known) > maxNames {
		t.Errorf("%d names are kept", len(p.known))
	}
	name := []byte("ce_type")
	p.name(0, name)
	if n := testing.AllocsPerRun(100, func() { p.name(0, name) }); n > 0 {
		t.Errorf("a name that was there before costs %v allocations", n)
	}
}
