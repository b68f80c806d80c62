package kafkadriver

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/IBM/sarama"
)

// A sentBatch is a batch of records on its way to a broker. Each try sends the same.
type sentBatch struct {
	cuts       []cut
	producerID int64
	epoch      int16
	sequence   int32
	codec      sarama.CompressionCodec
	count      int
	first, max int64  // times of the first and of the newest record, in milliseconds
	size       int    // of the batch on the wire
	packed     []byte // the records, compressed; nil if they are not
}

// A cut is the range of a call's records that is in a batch.
type cut struct {
	call     *callRecords
	from, to int
}

// records returns the records of the range.
func (c *cut) records() []sentRecord { return c.call.records[c.from:c.to] }

// mostSize returns the most bytes that the records take, before they are compressed.
func (b *sentBatch) mostSize() (size int) {
	for i := range b.cuts {
		records := b.cuts[i].records()
		for j := range records {
			size += records[j].sentSize()
		}
	}
	return size
}

// measure sets count, times and size from the cuts, and compresses the records.
func (b *sentBatch) measure(level int) error {
	b.first = b.cuts[0].records()[0].time
	b.max = b.first
	size := 0
	for i := range b.cuts {
		records := b.cuts[i].records()
		for j := range records {
			r := &records[j]
			b.max = max(b.max, r.time)
			length := r.length(b.first, b.count)
			size += varintSize(int64(length)) + length
			b.count++
		}
	}
	b.size = batchHeaderSize + size
	if b.codec == sarama.CompressionNone {
		return nil
	}
	plain := newSlab(size)
	plain = b.appendRecords(plain)
	packed, err := compress(b.codec, level, plain)
	freeSlab(plain)
	b.packed, b.size = packed, batchHeaderSize+len(packed)
	return err
}

func (b *sentBatch) appendRecords(dst []byte) []byte {
	n := 0
	for i := range b.cuts {
		slab, records := b.cuts[i].call.publication.slab, b.cuts[i].records()
		for j := range records {
			dst = records[j].append(dst, slab, b.first, n)
			n++
		}
	}
	return dst
}

// append appends the batch to dst. It has size bytes.
func (b *sentBatch) append(dst []byte) []byte {
	const noLeaderEpoch = -1 // the broker sets it
	start := len(dst)
	dst = binary.BigEndian.AppendUint64(dst, 0) // the broker sets the offset
	dst = binary.BigEndian.AppendUint32(dst, uint32(b.size-batchEpochAt))
	dst = binary.BigEndian.AppendUint32(dst, uint32(noLeaderEpoch&0xffffffff))
	dst = append(dst, batchMagic, 0, 0, 0, 0) // the checksum comes when all is there
	dst = binary.BigEndian.AppendUint16(dst, uint16(b.codec))
	dst = binary.BigEndian.AppendUint32(dst, uint32(b.count-1))
	dst = binary.BigEndian.AppendUint64(dst, uint64(b.first))
	dst = binary.BigEndian.AppendUint64(dst, uint64(b.max))
	dst = binary.BigEndian.AppendUint64(dst, uint64(b.producerID))
	dst = binary.BigEndian.AppendUint16(dst, uint16(b.epoch))
	dst = binary.BigEndian.AppendUint32(dst, uint32(b.sequence))
	dst = binary.BigEndian.AppendUint32(dst, uint32(b.count))
	if b.packed != nil {
		dst = append(dst, b.packed...)
	} else {
		dst = b.appendRecords(dst)
	}
	sum := crc32.Checksum(dst[start+batchAttributesAt:], castagnoli)
	binary.BigEndian.PutUint32(dst[start+batchSumAt:], sum)
	return dst
}
