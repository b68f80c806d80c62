package kafkadriver

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

func batch(first int64, last int32, offsets ...int64) *sarama.Records {
	b := &sarama.RecordBatch{Version: 2, FirstOffset: first, LastOffsetDelta: last, ProducerID: -1,
		FirstTimestamp: time.UnixMilli(1000)}
	for _, o := range offsets {
		b.Records = append(b.Records,
			&sarama.Record{OffsetDelta: o, TimestampDelta: time.Duration(o) * time.Millisecond})
	}
	return &sarama.Records{RecordBatch: b}
}

func altered(r *sarama.Records, f func(*sarama.RecordBatch)) *sarama.Records {
	f(r.RecordBatch)
	return r
}

// What a broker's response becomes for a reader at offset 10, if the log ends at 100.
func TestResult(t *testing.T) {
	partial := func(b *sarama.RecordBatch) { b.Records, b.PartialTrailingRecord = nil, true }
	for name, c := range map[string]struct {
		sets    []*sarama.Records
		offsets []int64
		next    int64
		empty   bool
		lost    string
		fatal   error
	}{
		"nothing": {next: 10, empty: true},
		"records": {sets: []*sarama.Records{batch(10, 2, 0, 1, 2)},
			offsets: []int64{10, 11, 12}, next: 13},
		"a batch that began before": {sets: []*sarama.Records{batch(8, 3, 0, 1, 2, 3)},
			offsets: []int64{10, 11}, next: 12},
		"a batch that ended before": {sets: []*sarama.Records{batch(5, 2, 0, 1, 2),
			batch(10, 0, 0)}, offsets: []int64{10}, next: 11},
		"gaps within and between": {sets: []*sarama.Records{batch(10, 5, 1, 4),
			batch(30, 3, 0)}, offsets: []int64{11, 14, 30}, next: 34},
		"a batch that is cut off": {sets: []*sarama.Records{batch(10, 0, 0),
			altered(batch(11, 3), partial)}, offsets: []int64{10}, next: 11},
		"only one that is cut off": {sets: []*sarama.Records{altered(batch(10, 3), partial)},
			next: 10, empty: true},
		"one cut off, behind empty ones": {sets: []*sarama.Records{altered(batch(20, 3), partial)},
			next: 20},
		"a marker": {sets: []*sarama.Records{altered(batch(10, 0, 0),
			control(1))}, next: 11},
		"a marker that says nothing": {sets: []*sarama.Records{altered(batch(10, 0, 0),
			func(b *sarama.RecordBatch) {
				b.Control = true
			})}, lost: "control record"},
		"a negative offset": {sets: []*sarama.Records{batch(-5, 2, 0)},
			lost: "from -5"},
		"an end before the beginning": {sets: []*sarama.Records{batch(10, -2, 0)},
			lost: "from 10 to 8"},
		"an end past the largest offset": {sets: []*sarama.Records{batch(1<<63-1, 0, 0)},
			lost: "goes from"},
		"records out of order": {sets: []*sarama.Records{batch(10, 5, 3, 2)},
			lost: "a record 2 after 3"},
		"two records of one offset": {sets: []*sarama.Records{batch(10, 5, 3, 3)},
			lost: "a record 3 after 3"},
		"a record past its batch": {sets: []*sarama.Records{batch(10, 1, 5)},
			lost: "a record 5 after"},
		"records of Kafka before 0.11": {sets: []*sarama.Records{{MsgSet: &sarama.MessageSet{}}},
			fatal: brook.ErrPermanent},
		"what an aborted transaction did": {sets: []*sarama.Records{altered(batch(10, 1, 0, 1),
			func(b *sarama.RecordBatch) {
				b.IsTransactional, b.ProducerID = true, 7
			})}, next: 12},
		"what another transaction did": {sets: []*sarama.Records{altered(batch(10, 1, 0, 1),
			func(b *sarama.RecordBatch) {
				b.IsTransactional, b.ProducerID = true, 8
			})}, offsets: []int64{10, 11}, next: 12},
	} {
		t.Run(name, func(t *testing.T) {
			p := &poller{fetcher: &fetcher{addr: "broker"}, names: map[string]string{}}
			block := &sarama.FetchResponseBlock{LastStableOffset: 100, HighWaterMarkOffset: 200,
				RecordsSet: c.sets,
				AbortedTransactions: []*sarama.AbortedTransaction{{ProducerID: 8, FirstOffset: 50},
					{ProducerID: 7, FirstOffset: 2}}}
			g := p.block(&request{offset: 10}, division.Place{Topic: "t", Number: 3}, block)
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

func control(kind byte) func(*sarama.RecordBatch) {
	return func(b *sarama.RecordBatch) { b.Control, b.Records[0].Key = true, []byte{0, 0, 0, kind} }
}

// The driver reads a field of sarama's that is not exported: another version of sarama
// must still have it.
func TestPassed(t *testing.T) {
	field, ok := reflect.TypeFor[sarama.FetchResponseBlock]().FieldByName("recordsNextOffset")
	if !ok || field.Type != reflect.TypeFor[*int64]() {
		t.Error("sarama.FetchResponseBlock has no field recordsNextOffset *int64 any more: " +
			"see passed")
	}
	if got := passed(&sarama.FetchResponseBlock{}); got != -1 {
		t.Errorf("where sarama noted nothing: %d", got)
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
	copyRecords(records)
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
	p := &poller{names: map[string]string{}}
	for i := range 3 * maxNames {
		b := []byte{byte(i), byte(i >> 8)}
		if got := p.name(i%20, b); got != string(b) {
			t.Fatalf("%q is %q", b, got)
		}
	}
	if len(p.names) > maxNames {
		t.Errorf("%d names are kept", len(p.names))
	}
	name := []byte("ce_type")
	p.name(0, name)
	if n := testing.AllocsPerRun(100, func() { p.name(0, name) }); n > 0 {
		t.Errorf("a name that was there before costs %v allocations", n)
	}
}
