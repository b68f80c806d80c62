package kafkadriver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/IBM/sarama"
)

// A recordBatch is the header of a batch of records, and its records as they came. It shares the
// bytes of the response.
type recordBatch struct {
	first      int64
	epoch      int32 // of the leader that appended it
	attributes int16
	lastDelta  int32
	firstTime  int64 // in milliseconds; negative: none
	maxTime    int64
	producer   int64
	count      int32
	records    []byte // compressed, as attributes say
}

// Where the fields of a batch are, and how many bytes come before its records.
const (
	batchLengthAt     = 8
	batchEpochAt      = 12
	batchMagicAt      = 16
	batchSumAt        = 17
	batchAttributesAt = 21
	batchHeaderSize   = 61
	batchMagic        = 2
	leastRecordSize   = 7 // of a record without a key, a value and headers
)

// Bits of a batch's attributes.
const (
	attributeCodec         = 7
	attributeAppendTime    = 1 << 3
	attributeTransactional = 1 << 4
	attributeControl       = 1 << 5
)

var (
	errPartialBatch = errors.New("the batch is cut off")
	errOldBatch     = errors.New("the batch is in a format before Kafka 0.11")
	castagnoli      = crc32.MakeTable(crc32.Castagnoli)
)

// last returns the last offset of the batch.
func (b *recordBatch) last() int64 { return b.first + int64(b.lastDelta) }

func (b *recordBatch) codec() sarama.CompressionCodec {
	return sarama.CompressionCodec(b.attributes & attributeCodec)
}

func (b *recordBatch) appendTime() bool    { return b.attributes&attributeAppendTime != 0 }
func (b *recordBatch) transactional() bool { return b.attributes&attributeTransactional != 0 }
func (b *recordBatch) control() bool       { return b.attributes&attributeControl != 0 }

// nextBatch reads the first batch of data, and returns what comes behind it. A batch that data
// ends in the middle of is errPartialBatch. The checksum covers all that comes behind it in the
// batch.
func nextBatch(data []byte) (b recordBatch, rest []byte, err error) {
	if len(data) <= batchMagicAt {
		return b, nil, errPartialBatch
	}
	magic := data[batchMagicAt]
	if magic < batchMagic {
		return b, nil, errOldBatch
	}
	first := int64(binary.BigEndian.Uint64(data))
	if magic > batchMagic {
		return b, nil, fmt.Errorf("the batch at %d is in format %d, which is not known", first,
			magic)
	}
	size := int64(int32(binary.BigEndian.Uint32(data[batchLengthAt:]))) + batchEpochAt
	if size < batchHeaderSize {
		return b, nil, fmt.Errorf("the batch at %d has %d bytes", first, size)
	}
	if size > int64(len(data)) {
		return b, nil, errPartialBatch
	}
	sum := binary.BigEndian.Uint32(data[batchSumAt:])
	if got := crc32.Checksum(data[batchAttributesAt:size], castagnoli); got != sum {
		return b, nil, fmt.Errorf("the batch at %d has the checksum %08x, want %08x", first, got,
			sum)
	}
	w := wireReader{left: data[batchAttributesAt:batchHeaderSize]}
	b = recordBatch{first: first, epoch: int32(binary.BigEndian.Uint32(data[batchEpochAt:])),
		attributes: w.int16(), lastDelta: w.int32(), firstTime: w.int64(), maxTime: w.int64(),
		producer: w.int64()}
	w.take(2 + 4) // the producer's epoch and sequence number
	b.count = w.int32()
	if b.first < 0 || b.lastDelta < 0 || b.last()+1 <= b.first {
		return b, nil, fmt.Errorf("a batch goes from %d to %d", b.first, b.last())
	}
	b.records = data[batchHeaderSize:size]
	return b, data[size:], nil
}

// countRecords returns how many records the batches in data say to have, and never more than their
// bytes can hold if they are not compressed.
func countRecords(data []byte) (n int) {
	for len(data) > batchHeaderSize {
		size := int64(int32(binary.BigEndian.Uint32(data[batchLengthAt:]))) + batchEpochAt
		if size < batchHeaderSize || size > int64(len(data)) {
			break
		}
		attributes := data[batchAttributesAt+1]
		if count := int32(binary.BigEndian.Uint32(data[batchHeaderSize-4:])); count > 0 &&
			attributes&attributeControl == 0 {
			n += min(int(count), int(size)/leastRecordSize)
		}
		data = data[size:]
	}
	return n
}
