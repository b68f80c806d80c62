package brook

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Position is where a record is in the log. The zero Position is that of an event that did not come
// through the log.
//
// It marshals as text, in JSON too: "orders/3/17", and the zero Position as "". So a client can be
// handed the position of what it published, in a member, a header or a query, and return it to have
// its next read wait for that.
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

// MarshalText returns topic/partition/offset, and no text for the zero Position.
func (p Position) MarshalText() ([]byte, error) {
	if p.IsZero() {
		return []byte{}, nil
	}
	return p.Append(nil), nil
}

// UnmarshalText sets p to what MarshalText or String returned. It takes no other form.
func (p *Position) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Position{}
		return nil
	}
	rest, offset, ok := cutLast(string(text))
	topic, number, ok2 := cutLast(rest)
	n, err := strconv.ParseInt(number, 10, 32)
	at, err2 := strconv.ParseInt(offset, 10, 64)
	read := Position{topic, int32(n), at}
	if !ok || !ok2 || err != nil || err2 != nil || !bytes.Equal(read.Append(nil), text) {
		return fmt.Errorf("brook: %q is no position: it is written topic/partition/offset", text)
	}
	*p = read
	return nil
}

// cutLast cuts s around its last slash.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
