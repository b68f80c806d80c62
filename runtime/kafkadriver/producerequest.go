package kafkadriver

import (
	"encoding/binary"
	"time"

	"github.com/IBM/sarama"
)

// The versions of Produce that the driver speaks. From flexibleProduce on, lengths are varints, and
// structures end in tagged fields.
const (
	produceKey      = 0
	oldestProduce   = 3
	flexibleProduce = 9
	newestProduce   = 10
)

// A produceRequest is what a sender sends to a broker: the batches of some partitions, those of one
// topic behind each other.
type produceRequest struct {
	acks      sarama.RequiredAcks
	timeout   time.Duration
	producers []*partitionProducer
}

// topics returns how many runs of one topic there are, and how many bytes the batches have.
func (q *produceRequest) topics() (n, size int) {
	last := ""
	for i, p := range q.producers {
		if i == 0 || p.place.Topic != last {
			n++
			last = p.place.Topic
		}
		size += p.batch.size
	}
	return n, size
}

// run returns the producers of the first topic, and the others.
func run(producers []*partitionProducer) (first, rest []*partitionProducer) {
	n := 1
	for n < len(producers) && producers[n].place.Topic == producers[0].place.Topic {
		n++
	}
	return producers[:n], producers[n:]
}

// append appends the body of the request to b.
func (q *produceRequest) append(b []byte, version int16) []byte {
	flexible := version >= flexibleProduce
	length := func(n int) {
		if flexible {
			b = binary.AppendUvarint(b, uint64(n)+1)
		} else {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
	}
	noTags := func() {
		if flexible {
			b = append(b, 0)
		}
	}
	topics, size := q.topics()
	b = grown(b, size+64*len(q.producers)+1<<10)
	if flexible { // no transaction
		b = append(b, 0)
	} else {
		b = append(b, 0xff, 0xff)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(q.acks))
	b = binary.BigEndian.AppendUint32(b, uint32(q.timeout/time.Millisecond))
	length(topics)
	for rest := q.producers; len(rest) > 0; {
		var same []*partitionProducer
		same, rest = run(rest)
		topic := same[0].place.Topic
		if flexible {
			length(len(topic))
		} else {
			b = binary.BigEndian.AppendUint16(b, uint16(len(topic)))
		}
		b = append(b, topic...)
		length(len(same))
		for _, p := range same {
			b = binary.BigEndian.AppendUint32(b, uint32(p.place.Number))
			length(p.batch.size)
			b = p.batch.append(b)
			noTags()
		}
		noTags()
	}
	noTags()
	return b
}

// grown returns b with room for n bytes more. What it has to move is short.
func grown(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return append(make([]byte, 0, len(b)+n), b...)
}
