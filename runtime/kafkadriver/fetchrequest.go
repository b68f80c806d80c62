package kafkadriver

import (
	"encoding/binary"
	"time"

	"github.com/IBM/sarama"

	"github.com/brookgen/brookgen/runtime/internal/division"
)

// The versions of Fetch that the driver speaks. Kafka has had the newer one since 2.7: in it a
// request says of which epoch the record before was, so that a broker notices a log that was cut
// back. The older one is for brokers that are not Kafka's.
const (
	fetchKey        = 1
	oldestFetch     = 11
	newestFetch     = 12
	fetchHeaderSize = 4 + 2 + 2 + 4 + 2 // up to the client ID
)

// A fetchRequest is what a poller asks a broker for. It has no session: each request lists all
// partitions.
type fetchRequest struct {
	wait           time.Duration
	minBytes       int32
	maxBytes       int32 // of the response
	partitionBytes int32
	partitions     map[division.Place]*request
}

// request asks for one partition from an offset on, for some readers.
type request struct {
	readers []*reader
	offset  int64
	epoch   int32 // of the leader
	last    int32 // the epoch of the record before offset; -1: not known
}

// expected returns how large a response may be, unless one batch alone is larger.
func (q *fetchRequest) expected() int {
	const beside = 64 << 10 // what a response has beside records
	size := int64(len(q.partitions)) * (int64(q.partitionBytes) + 1<<10)
	return int(min(size, int64(q.maxBytes)) + beside)
}

// append appends the body of the request to b. The order of topics and partitions is that of a
// map's iteration: a broker fills a response in this order, and none is to come last each time.
func (q *fetchRequest) append(b []byte, version int16) []byte {
	flexible := version >= newestFetch
	length := func(n int) {
		if flexible {
			b = binary.AppendUvarint(b, uint64(n)+1)
		} else {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
	}
	text := func(s string) {
		if flexible {
			b = binary.AppendUvarint(b, uint64(len(s))+1)
		} else {
			b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		}
		b = append(b, s...)
	}
	noTags := func() {
		if flexible {
			b = append(b, 0)
		}
	}
	const consumer = -1 // in place of a replica's ID
	put32 := func(n int32) { b = binary.BigEndian.AppendUint32(b, uint32(n)) }
	put64 := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }

	byTopic := map[string][]int32{}
	for at := range q.partitions {
		byTopic[at.Topic] = append(byTopic[at.Topic], at.Number)
	}
	put32(consumer)
	put32(int32(q.wait / time.Millisecond))
	put32(q.minBytes)
	put32(q.maxBytes)
	b = append(b, byte(sarama.ReadCommitted))
	put32(0)  // the session
	put32(-1) // its epoch: none
	length(len(byTopic))
	for topic, numbers := range byTopic {
		text(topic)
		length(len(numbers))
		for _, n := range numbers {
			p := q.partitions[division.Place{Topic: topic, Number: n}]
			put32(n)
			put32(p.epoch)
			put64(p.offset)
			if flexible {
				put32(p.last)
			}
			put64(-1) // where a follower's log starts
			put32(q.partitionBytes)
			noTags()
		}
		noTags()
	}
	length(0) // partitions that leave the session
	text("")  // the rack
	noTags()
	return b
}
