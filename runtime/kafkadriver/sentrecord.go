package kafkadriver

import (
	"encoding/binary"
	"math/bits"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
)

// A sentRecord is a record of a call of Publish. What it contains (key, value and headers) is in
// the slab of its publication, as it goes into a batch: encoding it where it is copied anyway saves
// sarama's Record, a copy more, and all pointers that the garbage collector would follow.
type sentRecord struct {
	from int   // in the slab
	time int64 // in milliseconds from 1970
	size int32 // of the contents
	at   int32 // index in the call
}

// mostBesideContents is the most bytes that a record takes in a batch beside its contents: length,
// attributes, time and offset.
const mostBesideContents = 5 + 1 + 10 + 5

// sentSize returns the most bytes that the record takes in a batch.
func (r *sentRecord) sentSize() int { return mostBesideContents + int(r.size) }

// appendContents appends the key, the value and the headers of a record to dst.
func appendContents(dst []byte, r *brook.Record) []byte {
	dst = appendVarintBytes(dst, r.Key)
	dst = appendVarintBytes(dst, r.Value)
	dst = binary.AppendVarint(dst, int64(len(r.Headers)))
	for i := range r.Headers {
		h := &r.Headers[i]
		dst = binary.AppendVarint(dst, int64(len(h.Key)))
		dst = append(dst, h.Key...)
		dst = appendVarintBytes(dst, h.Value)
	}
	return dst
}

// appendVarintBytes appends b with its length as a varint before it; nil has -1.
func appendVarintBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, 1)
	}
	dst = binary.AppendVarint(dst, int64(len(b)))
	return append(dst, b...)
}

// varintSize returns how many bytes v takes as a varint.
func varintSize(v int64) int {
	return max(1, (bits.Len64(uint64(v)<<1^uint64(v>>63))+6)/7)
}

// length returns how many bytes follow the length of the record, if its batch begins at the time
// first and it is the n-th record.
func (r *sentRecord) length(first int64, n int) int {
	return 1 + varintSize(r.time-first) + varintSize(int64(n)) + int(r.size)
}

// append appends the record to dst, which is a batch that begins at the time first.
func (r *sentRecord) append(dst, slab []byte, first int64, n int) []byte {
	dst = binary.AppendVarint(dst, int64(r.length(first, n)))
	dst = append(dst, 0) // attributes
	dst = binary.AppendVarint(dst, r.time-first)
	dst = binary.AppendVarint(dst, int64(n))
	return append(dst, slab[r.from:r.from+int(r.size)]...)
}

// slabs are used in turn: one that is made anew for each call is cleared and swept each time.
var slabs sync.Pool

// largestSlab bounds what is kept of slabs between calls.
const largestSlab = 8 << 20

// newSlab returns memory with room for so many bytes.
func newSlab(size int) []byte {
	if size < leastSlab {
		return make([]byte, 0, size)
	}
	if b, ok := slabs.Get().(*[]byte); ok {
		if cap(*b) >= size {
			return (*b)[:0]
		}
		slabs.Put(b)
	}
	return make([]byte, 0, size)
}

// freeSlab takes memory back that nobody uses any more.
func freeSlab(b []byte) {
	if n := cap(b); n >= leastSlab && n <= largestSlab {
		slabs.Put(&b)
	}
}

// leastSlab is what is worth keeping: a call of one record makes its own.
const leastSlab = 64 << 10
