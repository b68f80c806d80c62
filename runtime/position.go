package brook

import (
	"cmp"
	"strconv"
	"strings"
)

// Position is where a record is in the log. The zero Position is that of an event that did not come
// through the log.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
}

// String returns topic/partition/offset.
func (p Position) String() string {
	var room [64]byte
	return string(p.Append(room[:0]))
}

// Append appends topic/partition/offset to b.
func (p Position) Append(b []byte) []byte {
	b = append(append(b, p.Topic...), '/')
	b = append(strconv.AppendInt(b, int64(p.Partition), 10), '/')
	return strconv.AppendInt(b, p.Offset, 10)
}

// IsZero reports whether p is the zero Position.
func (p Position) IsZero() bool { return p == Position{} }

// Compare returns -1, 0 or +1 as p comes before, is, or comes after q in the order of topic,
// partition and offset.
func (p Position) Compare(q Position) int {
	return cmp.Or(
		strings.Compare(p.Topic, q.Topic),
		cmp.Compare(p.Partition, q.Partition),
		cmp.Compare(p.Offset, q.Offset),
	)
}
