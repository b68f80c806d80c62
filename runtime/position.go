package brook

import (
	"cmp"
	"strconv"
	"strings"
)

// Position is where a record stands in the log. The zero Position is nowhere: it is what an
// event has that never went through a log.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
}

// String gives topic/partition/offset.
func (p Position) String() string {
	var room [64]byte
	b := append(append(room[:0], p.Topic...), '/')
	b = append(strconv.AppendInt(b, int64(p.Partition), 10), '/')
	return string(strconv.AppendInt(b, p.Offset, 10))
}

// IsZero reports whether p is nowhere.
func (p Position) IsZero() bool { return p == Position{} }

// Compare orders positions by topic, partition, offset.
func (p Position) Compare(q Position) int {
	return cmp.Or(strings.Compare(p.Topic, q.Topic), cmp.Compare(p.Partition, q.Partition), cmp.Compare(p.Offset, q.Offset))
}
