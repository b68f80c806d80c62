package partition

import (
	"encoding/binary"
	"hash/fnv"

	brook "github.com/brookgen/brookgen/runtime"
)

// Checksum returns a hash of a record, never 0. It is stored: every process and every version
// computes the same one. Null and empty bytes count as equal, and time to the millisecond only,
// because a later version of a driver may report these more exactly.
func Checksum(r *brook.Record) uint64 {
	h := fnv.New64a()
	var buf [8]byte
	number := func(n int64) { _, _ = h.Write(binary.BigEndian.AppendUint64(buf[:0], uint64(n))) }
	add := func(b []byte) {
		number(int64(len(b)))
		_, _ = h.Write(b)
	}
	number(r.Offset)
	number(r.Time.UnixMilli())
	add(r.Key)
	add(r.Value)
	for i := range r.Headers {
		add([]byte(r.Headers[i].Key))
		add(r.Headers[i].Value)
	}
	return max(h.Sum64(), 1)
}
