package kafkadriver

import (
	"bytes"
	"encoding/binary"
	"maps"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// framed returns q as a link sends it with sarama's header.
func framed(t *testing.T, q *fetchRequest, sent []byte) []byte {
	t.Helper()
	version, header := (&link{clientID: "brook"}).fetch(sent)
	if header == 0 {
		t.Fatalf("sarama's request is not taken for one: % x", sent)
	}
	b := q.append(append([]byte(nil), sent[:header]...), version)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// A request for one partition is byte for byte sarama's, but that sarama has an offset in place of
// that of a follower, which is -1 as in Kafka's own client.
func TestFetchRequestAsSarama(t *testing.T) {
	r := newReference(t)
	for version := int16(oldestFetch); version <= newestFetch; version++ {
		theirs := &sarama.FetchRequest{Version: version, MaxWaitTime: 250, MinBytes: 3,
			MaxBytes: 1000}
		theirs.AddBlock("topic", 7, 1<<40, 500, 9)
		want := r.fetch(t, theirs)
		follower := bytes.LastIndex(want, append(make([]byte, 8), 0, 0, 1, 244))
		copy(want[follower:], "\xff\xff\xff\xff\xff\xff\xff\xff")
		got := framed(t, &fetchRequest{wait: 250 * time.Millisecond, minBytes: 3, maxBytes: 1000,
			partitionBytes: 500, partitions: map[division.Place]*request{
				{Topic: "topic", Number: 7}: {nil, 1 << 40, 9, noEpoch}}}, want)
		if string(got) != string(want) {
			t.Errorf("version %d:\n% x, sarama has\n% x", version, got, want)
		}
	}
}

// A request for several partitions of several topics is what another library reads.
func TestFetchRequestPartitions(t *testing.T) {
	type asked struct {
		offset      int64
		epoch, last int32
	}
	want := map[division.Place]asked{
		{Topic: "a", Number: 0}: {5, 1, 1}, {Topic: "a", Number: 3}: {6, 2, -1},
		{Topic: "b", Number: 1}: {7, 3, 2}}
	for version := int16(oldestFetch); version <= newestFetch; version++ {
		q := &fetchRequest{wait: time.Second, partitions: map[division.Place]*request{}}
		for at, w := range want {
			q.partitions[at] = &request{nil, w.offset, w.epoch, w.last}
		}
		parsed := kmsg.NewFetchRequest()
		parsed.Version = version
		if err := parsed.ReadFrom(q.append(nil, version)); err != nil {
			t.Fatal(err)
		}
		got := map[division.Place]asked{}
		for _, topic := range parsed.Topics {
			for _, p := range topic.Partitions {
				a := asked{p.FetchOffset, p.CurrentLeaderEpoch, p.LastFetchedEpoch}
				if version < newestFetch { // it does not ask about the epoch before
					a.last = want[division.Place{Topic: topic.Topic, Number: p.Partition}].last
				}
				got[division.Place{Topic: topic.Topic, Number: p.Partition}] = a
			}
		}
		if !maps.Equal(got, want) || parsed.IsolationLevel != 1 || parsed.MaxWaitMillis != 1000 {
			t.Errorf("version %d: %+v of %+v", version, got, parsed)
		}
	}
}
