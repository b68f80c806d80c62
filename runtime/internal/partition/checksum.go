package partition

import (
	"encoding/binary"
	"hash/fnv"

	brook "github.com/brookgen/brookgen/runtime"
)

// Checksum returns a hash of the record, which is stored: it is the same in every process, and never 0. Null and empty are one to
// it, and time counts in milliseconds, as drivers may come to tell them better.
func Checksum(r *brook.Record) uint64 {
	h := fnv.New64a()
	var room [8]byte
	number := func(n int64) { _, _ = h.Write(binary.BigEndian.AppendUint64(room[:0], uint64(n))) }
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
