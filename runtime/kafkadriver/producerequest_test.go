package kafkadriver

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/division"
)

// various are records with all that a record can have or lack.
func various() []brook.Record {
	at := time.UnixMilli(1_700_000_000_000)
	return []brook.Record{
		{Key: []byte("k"), Value: []byte("v"), Time: at},
		{Time: at.Add(-time.Hour)}, // neither key nor value
		{Key: []byte{}, Value: []byte{}, Time: at.Add(time.Hour)},
		{Key: []byte("key"), Value: bytes.Repeat([]byte("value "), 1000), Time: at,
			Headers: []brook.Header{{Key: "a", Value: []byte("1")}, {Key: ""}, {Key: "a",
				Value: []byte{}}}},
		{Value: bytes.Repeat([]byte{'x'}, 63), Time: at.Add(1)},
		{Value: bytes.Repeat([]byte{'y'}, 64), Time: at.Add(24 * time.Hour)},
	}
}

// called makes the records of a call for one partition.
func called(records []brook.Record) *callRecords {
	p := &publication{}
	calls := &callRecords{publication: p}
	for i := range records {
		r := sentRecord{from: len(p.slab), at: int32(i), time: records[i].Time.UnixMilli()}
		p.slab = appendContents(p.slab, &records[i])
		r.size = int32(len(p.slab) - r.from)
		calls.records = append(calls.records, r)
	}
	return calls
}

// sending makes a producer with a batch that can be sent.
func sending(t testing.TB, at division.Place, codec sarama.CompressionCodec,
	cuts ...cut) *partitionProducer {
	t.Helper()
	p := &partitionProducer{place: at, built: true, batch: sentBatch{cuts: cuts, producerID: 1 << 40,
		epoch: 3, sequence: 77, codec: codec}}
	if err := p.batch.measure(sarama.CompressionLevelDefault); err != nil {
		t.Fatal(err)
	}
	return p
}

// theirBatch is what sarama's producer would make of records.
func theirBatch(codec sarama.CompressionCodec, records []brook.Record) *sarama.RecordBatch {
	b := &sarama.RecordBatch{Version: 2, Codec: codec, PartitionLeaderEpoch: -1,
		CompressionLevel: sarama.CompressionLevelDefault, ProducerID: 1 << 40, ProducerEpoch: 3,
		FirstSequence: 77, LastOffsetDelta: int32(len(records) - 1),
		FirstTimestamp: records[0].Time, MaxTimestamp: records[0].Time}
	for i := range records {
		r := &records[i]
		record := &sarama.Record{OffsetDelta: int64(i), Key: r.Key, Value: r.Value,
			TimestampDelta: time.UnixMilli(r.Time.UnixMilli()).Sub(b.FirstTimestamp)}
		for _, h := range r.Headers {
			record.Headers = append(record.Headers,
				&sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
		}
		if r.Time.After(b.MaxTimestamp) {
			b.MaxTimestamp = r.Time
		}
		b.Records = append(b.Records, record)
	}
	return b
}

// A batch of the records of several calls is byte for byte sarama's, whatever the codec, and is the
// same each time it is sent.
func TestSentBatchAsSarama(t *testing.T) {
	r := newReference(t)
	records := various()
	for _, codec := range codecs {
		t.Run(codec.String(), func(t *testing.T) {
			first, second := called(records[:4]), called(records[3:])
			p := sending(t, division.Place{}, codec, cut{first, 0, 3}, cut{second, 0, 3})
			got := p.batch.append([]byte("before"))
			want := r.encode(t, theirBatch(codec, records))
			if string(got[len("before"):]) != string(want) {
				t.Errorf("the batch is\n% x, sarama has\n% x", got[len("before"):], want)
			}
			if len(want) != p.batch.size {
				t.Errorf("its size is %d, want %d", p.batch.size, len(want))
			}
			if most := p.batch.mostSize() + batchHeaderSize; codec == sarama.CompressionNone &&
				most < len(want) {
				t.Errorf("it may have %d bytes, and has %d", most, len(want))
			}
			if again := p.batch.append(nil); string(again) != string(want) {
				t.Error("another try sends another batch")
			}
		})
	}
}

// A request for one partition is byte for byte sarama's.
func TestProduceRequestAsSarama(t *testing.T) {
	r := newReference(t)
	records := various()
	for version := int16(oldestProduce); version <= newestProduce; version++ {
		theirs := &sarama.ProduceRequest{Version: version, RequiredAcks: sarama.WaitForAll,
			Timeout: 1500}
		theirs.AddBatch("topic", 7, theirBatch(sarama.CompressionNone, records))
		none := make([]byte, 8)
		if version >= flexibleProduce {
			none = []byte{0, 1, 0, 0, 0, 0, 0}
		}
		want, _, err := reach(t, r, (*sarama.Broker).Produce, theirs, none)
		if err != nil {
			t.Fatal(err)
		}
		got := sent(t, want, &produceRequest{acks: sarama.WaitForAll,
			timeout: 1500 * time.Millisecond, producers: []*partitionProducer{sending(t,
				division.Place{Topic: "topic", Number: 7}, sarama.CompressionNone,
				cut{called(records), 0, len(records)})}})
		if string(got) != string(want) {
			t.Errorf("version %d:\n% x, sarama has\n% x", version, got, want)
		}
	}
}

// sent returns what a link sends in place of a frame of sarama's.
func sent(t *testing.T, frame []byte, q *produceRequest) []byte {
	t.Helper()
	var c written
	l := &produceLink{Conn: &c, clientID: "brook", outgoing: &outgoing{request: q}}
	if n, err := l.Write(frame); err != nil || n != len(frame) {
		t.Fatalf("Write: %d, %v", n, err)
	}
	if l.outgoing.request != nil {
		t.Fatalf("sarama's request is not taken for one: % x", frame)
	}
	return c.bytes
}

// A request for several partitions of several topics is what another library reads.
func TestProduceRequestPartitions(t *testing.T) {
	places := []division.Place{{Topic: "a", Number: 3}, {Topic: "a", Number: 0},
		{Topic: "b", Number: 1}}
	for version := int16(oldestProduce); version <= newestProduce; version++ {
		q := &produceRequest{acks: sarama.WaitForAll, timeout: time.Second}
		for i, at := range places {
			records := various()[:i+1]
			q.producers = append(q.producers, sending(t, at, sarama.CompressionNone,
				cut{called(records), 0, len(records)}))
		}
		parsed := kmsg.NewProduceRequest()
		parsed.Version = version
		if err := parsed.ReadFrom(q.append(nil, version)); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, topic := range parsed.Topics {
			for _, p := range topic.Partitions {
				b, rest, err := nextBatch(p.Records)
				got += fmt.Sprint(topic.Topic, p.Partition, b.count, len(rest), err, " ")
			}
		}
		if want := "a3 1 0 <nil> a0 2 0 <nil> b1 3 0 <nil> "; got != want || parsed.Acks != -1 ||
			parsed.TransactionID != nil || parsed.TimeoutMillis != 1000 {
			t.Errorf("version %d: %s, want %s: %+v", version, got, want, parsed)
		}
	}
}

// What is no request to publish goes through as it is, and so does one of a version that the driver
// does not speak: the sender finds its request where it was.
func TestProduceLinkPasses(t *testing.T) {
	frame := func(key, version uint16, client string) []byte {
		b := binary.BigEndian.AppendUint16(make([]byte, 4), key)
		b = binary.BigEndian.AppendUint16(b, version)
		b = append(b, 0, 0, 0, 1, 0, byte(len(client)))
		return append(append(b, client...), make([]byte, 20)...)
	}
	for name, f := range map[string][]byte{
		"another request":        frame(fetchKey, 9, "brook"),
		"an old version":         frame(produceKey, oldestProduce-1, "brook"),
		"a new version":          frame(produceKey, newestProduce+1, "brook"),
		"that of another client": frame(produceKey, 9, "kcorb"),
		"part of a header":       frame(produceKey, 9, "brook")[:fetchHeaderSize+2],
	} {
		var c written
		q := &produceRequest{}
		l := &produceLink{Conn: &c, clientID: "brook", outgoing: &outgoing{request: q}}
		if n, err := l.Write(f); err != nil || n != len(f) || string(c.bytes) != string(f) ||
			l.outgoing.request != q {
			t.Errorf("%s: %d, %v, % x", name, n, err, c.bytes)
		}
	}
}

// The memory of a request is used for the next one, unless it is very large.
func TestProduceLinkMemory(t *testing.T) {
	x := &outgoing{}
	l := &produceLink{Conn: &written{}, clientID: "", outgoing: x}
	send := func(bytes int) []byte {
		records := []brook.Record{{Value: make([]byte, bytes), Time: time.UnixMilli(1)}}
		x.request = &produceRequest{producers: []*partitionProducer{sending(t, division.Place{},
			sarama.CompressionNone, cut{called(records), 0, 1})}}
		if _, err := l.Write(append([]byte{0, 0, 0, 0, 0, 0, 0, 9}, make([]byte, 20)...)); err != nil {
			t.Fatal(err)
		}
		return x.frame
	}
	first := send(100_000)
	if again := send(90_000); &again[0] != &first[0] {
		t.Error("memory is made anew for a request that fits")
	}
	if kept := send(largestFrame); kept != nil {
		t.Errorf("%d bytes are kept", cap(kept))
	}
}
