package kafkadriver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

var codecs = []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP,
	sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD}

// saramaBatch is a batch of n records with headers, whose values have size bytes.
func saramaBatch(first int64, n, headers, size int, codec sarama.CompressionCodec,
) *sarama.RecordBatch {
	b := &sarama.RecordBatch{Version: 2, FirstOffset: first, LastOffsetDelta: int32(n - 1),
		ProducerID: -1, PartitionLeaderEpoch: 4, Codec: codec,
		CompressionLevel: sarama.CompressionLevelDefault,
		FirstTimestamp:   time.UnixMilli(1_700_000_000_000), MaxTimestamp: time.UnixMilli(1_800_000_000_000)}
	for i := range n {
		r := &sarama.Record{OffsetDelta: int64(i), TimestampDelta: time.Duration(i) * time.Millisecond,
			Key: fmt.Append(nil, "key", i), Value: bytes.Repeat([]byte{byte('a' + i%26)}, size)}
		switch i % 50 {
		case 48:
			r.Key, r.Value = nil, nil
		case 49:
			r.Key, r.Value = []byte{}, []byte{}
		}
		for h := range headers {
			r.Headers = append(r.Headers, &sarama.RecordHeader{Key: fmt.Append(nil, "ce_header", h),
				Value: fmt.Append(nil, "value ", i)})
		}
		b.Records = append(b.Records, r)
	}
	return b
}

// asRecords is what sarama's batches are as records at or past an offset: the reference.
func asRecords(block *sarama.FetchResponseBlock, from int64) (all []brook.Record) {
	for _, set := range block.RecordsSet {
		b := set.RecordBatch
		if b == nil || b.LastOffset() < from {
			continue
		}
		for _, r := range b.Records {
			if b.FirstOffset+r.OffsetDelta < from || b.Control {
				continue
			}
			record := brook.Record{Topic: "t", Offset: b.FirstOffset + r.OffsetDelta, Key: r.Key,
				Value: r.Value}
			switch {
			case b.LogAppendTime:
				record.Time = b.MaxTimestamp.UTC()
			case !b.FirstTimestamp.IsZero():
				record.Time = b.FirstTimestamp.Add(r.TimestampDelta).UTC()
			}
			for _, h := range r.Headers {
				record.Headers = append(record.Headers,
					brook.Header{Key: string(h.Key), Value: h.Value})
			}
			all = append(all, record)
		}
		from = b.LastOffset() + 1
	}
	return all
}

func sameBytes(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

func wantRecords(t *testing.T, got, want []brook.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("there are %d records, sarama has %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Topic != w.Topic || g.Offset != w.Offset || g.Time != w.Time ||
			!sameBytes(g.Key, w.Key) || !sameBytes(g.Value, w.Value) ||
			!slices.EqualFunc(g.Headers, w.Headers, func(a, b brook.Header) bool {
				return a.Key == b.Key && sameBytes(a.Value, b.Value)
			}) {
			t.Fatalf("record %d is %+v, sarama has %+v", i, g, w)
		}
	}
}

// responseOf is a response to a fetch of partition t/0 with these batches.
func responseOf(batches []byte) []byte {
	r := kmsg.NewFetchResponse()
	r.Version = newestFetch
	t := kmsg.NewFetchResponseTopic()
	t.Topic = "t"
	p := kmsg.NewFetchResponseTopicPartition()
	p.HighWatermark, p.LastStableOffset, p.RecordBatches = 1<<50, 1<<50, batches
	t.Partitions = append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	return r.AppendTo(nil)
}

func decodeAt(from int64, batches []byte) result {
	d := testDecoder()
	return d.partition(&request{offset: from, last: noEpoch}, division.Place{Topic: "t"},
		&fetched{high: 1 << 50, stable: 1 << 50, records: batches})
}

// What sarama encodes is decoded as sarama does it, with each codec.
func TestDecoderAsSarama(t *testing.T) {
	r := newReference(t)
	for _, codec := range codecs {
		var batches []byte
		batches = append(batches, r.encode(t, saramaBatch(100, 300, 6, 50, codec))...)
		appended := saramaBatch(500, 100, 0, 300, codec)
		appended.LogAppendTime = true
		batches = append(batches, r.encode(t, appended)...)
		timeless := saramaBatch(600, 10, 1, 3, codec)
		timeless.FirstTimestamp = time.Time{}
		batches = append(batches, r.encode(t, timeless)...)
		batches = append(batches, r.encode(t, saramaBatch(700, 2, 2000, 1, codec))...)
		response, err := r.decode(t, newestFetch, responseOf(batches))
		if err != nil {
			t.Fatal(err)
		}
		g := decodeAt(150, batches)
		if g.lost != nil || g.fatal != nil || g.part.next != 702 || g.part.epoch != 4 ||
			g.sharesBytes != (codec == sarama.CompressionNone) {
			t.Fatalf("%v: %v, %v, %+v", codec, g.lost, g.fatal, g.part.next)
		}
		wantRecords(t, g.part.records, asRecords(response.GetBlock("t", 0), 150))
	}
}

// Nothing but the place of records and headers in arrays is allocated, however many there are.
func TestDecoderAllocations(t *testing.T) {
	batches := newReference(t).encode(t, saramaBatch(0, 2000, 6, 100, sarama.CompressionNone))
	d := testDecoder()
	poisoned(t, nil)
	q := &request{last: noEpoch}
	n := testing.AllocsPerRun(10, func() {
		g := d.partition(q, division.Place{Topic: "t"},
			&fetched{high: 2000, stable: 2000, records: batches})
		if len(g.part.records) != 2000 || g.part.size == 0 {
			t.Fatalf("%+v", g)
		}
		g.part.memory.release()
	})
	if limit := float64(2*2000*6/headerRoom + 10); n > limit {
		t.Errorf("2000 records cost %v allocations, want %v at most", n, limit)
	}
}

// Counts and lengths that are not true cost no memory.
func TestDecoderClaims(t *testing.T) {
	const most = 1 << 20
	claim := func(f func(*testBatch)) []byte { return altered(batch(0, 9, 0), f).encode() }
	varints := func(all ...int64) (b []byte) {
		for _, v := range all {
			b = binary.AppendVarint(b, v)
		}
		return b
	}
	for name, batches := range map[string][]byte{
		"records": claim(func(b *testBatch) { b.NumRecords = 1<<31 - 1 }),
		"compressed records": claim(func(b *testBatch) {
			b.NumRecords, b.Attributes, b.Records = 1<<31-1, 4, make([]byte, 1000)
		}),
		"fewer than none": claim(func(b *testBatch) { b.NumRecords = -1 }),
		"a record's length": claim(func(b *testBatch) {
			b.NumRecords, b.Records = 1, append(varints(1<<40), make([]byte, 20)...)
		}),
		"a key's length": claim(func(b *testBatch) {
			b.NumRecords, b.Records = 1, append([]byte{40, 0, 0, 0}, append(varints(1<<40),
				make([]byte, 20)...)...)
		}),
		"headers": claim(func(b *testBatch) {
			b.NumRecords, b.Records = 1, append([]byte{40, 0, 0, 0, 1, 1}, append(varints(1<<40),
				make([]byte, 20)...)...)
		}),
		"a zstd frame": claim(func(b *testBatch) {
			// a single segment of 2 GiB
			b.NumRecords, b.Attributes = 1, 4
			b.Records = append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0}, 0, 0, 0, 0x40, 1, 2, 3)
		}),
		"a snappy block": claim(func(b *testBatch) {
			b.NumRecords, b.Attributes = 1, 2
			b.Records = append(binary.AppendUvarint(nil, 1<<31), 1, 2, 3)
		}),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		g := decodeAt(0, batches)
		runtime.ReadMemStats(&after)
		if g.lost == nil || len(g.part.records) > 0 {
			t.Errorf("%s: %+v", name, g)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > most {
			t.Errorf("%s: %d bytes are allocated for a response of %d", name, n, len(batches))
		}
	}
}

func BenchmarkDecoder(b *testing.B) {
	for name, c := range map[string]struct{ headers, size int }{"plain": {0, 180},
		"cloudevents": {6, 180}} {
		b.Run(name, func(b *testing.B) {
			const n = 2000
			batches := newReference(b).encode(b, saramaBatch(0, n, c.headers, c.size,
				sarama.CompressionNone))
			d, q := testDecoder(), &request{last: noEpoch}
			b.ReportAllocs()
			for b.Loop() {
				d.partition(q, division.Place{Topic: "t"},
					&fetched{high: n, stable: n, records: batches})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
		})
	}
}
