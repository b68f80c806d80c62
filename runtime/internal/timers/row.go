// Package timers knows what is stored of the timers that handlers set, and which of them is due
// next.
//
// A generation has two tables of them. One has a row per event type and key: the event that is to
// be published. The other is ordered by partition and time, and has an entry of each timer that
// waits; so nobody loads a million timers to find the next one. It also has an entry of each timer
// whose event was published and is not folded yet. Package txn writes both. Package control
// publishes what is due, and goes by Heads.
//
// Row and the keys are plain data. Heads is safe for concurrent use, and has a lock of its own,
// under which nothing else is taken.
package timers

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Row is a timer as it is stored: the event that is to be published, and what set it.
type Row struct {
	Due     time.Time // UTC
	ID      string    // of the event
	Version int       // of the payload; 0: the event has no versions
	Key     []byte    // of the record: the event's key as text
	Data    []byte    // the payload as JSON
	Headers []brook.Header

	Position brook.Position // of the event that set it; zero if it has none
	Cause    string         // its ID
	Set      string         // whose handler set it
	Ordinal  int            // among what the set emitted and set for that event

	// Published says that the event is in the outbox, or was published, and is not folded yet.
	Published bool
}

// form is the first byte of a stored row.
const form = 1

// Encode returns the bytes that store the row.
func (r *Row) Encode() []byte {
	n := 64 + len(r.ID) + len(r.Key) + len(r.Data) + len(r.Position.Topic) + len(r.Cause) + len(r.Set)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value) + 4
	}
	dst := append(make([]byte, 0, n), form, 0)
	if r.Published {
		dst[1] = 1
	}
	dst = binary.AppendVarint(dst, r.Due.Unix())
	dst = binary.AppendUvarint(dst, uint64(r.Due.Nanosecond()))
	dst = appendText(dst, r.ID)
	dst = binary.AppendVarint(dst, int64(r.Version))
	dst = appendText(dst, r.Key)
	dst = appendText(dst, r.Data)
	dst = appendText(dst, r.Position.Topic)
	dst = binary.AppendVarint(dst, int64(r.Position.Partition))
	dst = binary.AppendVarint(dst, r.Position.Offset)
	dst = appendText(dst, r.Cause)
	dst = appendText(dst, r.Set)
	dst = binary.AppendVarint(dst, int64(r.Ordinal))
	dst = binary.AppendUvarint(dst, uint64(len(r.Headers)))
	for i := range r.Headers {
		dst = appendText(dst, r.Headers[i].Key)
		dst = appendText(dst, r.Headers[i].Value)
	}
	return dst
}

func appendText[T string | []byte](dst []byte, text T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// Decode decodes a stored row, which shares nothing with raw. The error wraps brook.ErrPermanent.
func Decode(raw []byte) (*Row, error) {
	d := decoder{rest: raw}
	head := d.take(2)
	if d.bad || head[0] != form || head[1] > 1 {
		return nil, errDamaged
	}
	r := &Row{Published: head[1] == 1}
	seconds, nanos := d.int(), d.uint()
	r.Due = time.Unix(seconds, int64(nanos)).UTC()
	r.ID = d.text()
	r.Version = int(d.int())
	r.Key, r.Data = []byte(d.text()), []byte(d.text())
	r.Position = brook.Position{
		Topic: d.text(), Partition: int32(d.int()), Offset: d.int(),
	}
	r.Cause, r.Set, r.Ordinal = d.text(), d.text(), int(d.int())
	for n := d.uint(); n > 0 && !d.bad; n-- {
		r.Headers = append(r.Headers, brook.Header{Key: d.text(), Value: []byte(d.text())})
	}
	if d.bad || len(d.rest) > 0 || nanos >= uint64(time.Second) {
		return nil, errDamaged
	}
	return r, nil
}

// RowWaits reports whether a stored row is that of a timer that waits; it is not if raw is nil.
func RowWaits(raw []byte) bool { return len(raw) > 1 && raw[1] == 0 }

var errDamaged = fmt.Errorf("brook: a stored timer is damaged: %w", brook.ErrPermanent)

// decoder reads what Encode wrote. After the first mistake it returns zero values.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) text() string { return string(d.take(d.uint())) }

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// Sets reports whether an event is the one that the timer publishes. IDs end with the set and an
// ordinal, which may be others once the code has changed: since one event leaves one timer of a
// type and key, what is before them is enough.
func (r *Row) Sets(id string) bool {
	cause, ok := causeOf(r.ID)
	other, same := causeOf(id)
	return ok && same && cause == other
}

// causeOf returns an ID without its last two parts: what names the event that set the timer.
func causeOf(id string) (string, bool) {
	for range 2 {
		i := strings.LastIndexByte(id, '/')
		if i < 0 {
			return "", false
		}
		id = id[:i]
	}
	return id, true
}
