package timers

import (
	"fmt"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// RowKey appends the key of the row of an event type and key, which is encoded.
func RowKey(dst []byte, typ string, encoded []byte) []byte {
	return append(key.AppendString(dst, typ), encoded...)
}

// TypeOf returns the event type that the key of a row begins with. An error wraps
// brook.ErrPermanent.
func TypeOf(row []byte) (string, error) {
	n, err := key.Shape("string").Len(row, 1)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errDamaged, err)
	}
	return key.DecodeString[string](row[:n])
}

// The first byte of an entry's key.
const (
	waiting   = 0
	published = 1
)

// Entry is an entry of the table that is ordered by time. Entries have no value: all is in the key.
type Entry struct {
	Partition partition.ID // of the event that set the timer
	Due       time.Time
	Row       []byte // the key of the row
}

// EntryKey appends the key of the entry of a row.
func (r *Row) EntryKey(dst, row []byte) []byte {
	if r.Published {
		return append(append(dst, published), row...)
	}
	return append(due(dst, partition.Of(r.Position), r.Due), row...)
}

// due appends what the keys of entries of a partition and time begin with.
func due(dst []byte, id partition.ID, at time.Time) []byte {
	dst = id.AppendKey(append(dst, waiting))
	return key.AppendInt(key.AppendInt(dst, at.Unix()), int32(at.Nanosecond()))
}

// head is what the key of an entry that waits begins with, before the key of the row.
const head key.Shape = "string int32 int64 int32"

// DecodeEntry decodes the key of an entry that waits, whose bytes the row's key shares. An error
// wraps brook.ErrPermanent.
func DecodeEntry(encoded []byte) (e Entry, err error) {
	if len(encoded) == 0 || encoded[0] != waiting {
		return e, errDamaged
	}
	encoded = encoded[1:]
	n, err := head.Len(encoded, head.Parts())
	if err != nil {
		return e, fmt.Errorf("%w: %w", errDamaged, err)
	}
	r := key.Read(encoded[:n])
	e.Partition = partition.ReadID(&r)
	seconds, nanos := key.ReadInt[int64](&r), key.ReadInt[int32](&r)
	e.Due, e.Row = time.Unix(seconds, int64(nanos)).UTC(), encoded[n:]
	return e, nil
}

// Waits reports whether the key of an entry is that of a timer that waits.
func Waits(encoded []byte) bool { return len(encoded) > 0 && encoded[0] == waiting }

// RowOf returns the key of the row of an entry of a published timer. It shares the bytes.
func RowOf(encoded []byte) []byte { return encoded[1:] }

// Waiting is the range of the entries that wait, of all partitions.
func Waiting() (from, to []byte) { return []byte{waiting}, []byte{published} }

// WaitingOf is the range of the entries of a partition that wait.
func WaitingOf(id partition.ID) (from, to []byte) {
	from = id.AppendKey([]byte{waiting})
	return from, key.Successor(from)
}

// DueOf is the range of the entries of a partition that are due at an instant.
func DueOf(id partition.ID, at time.Time) (from, to []byte) {
	from, _ = WaitingOf(id)
	return from, key.Successor(due(nil, id, at))
}

// Published is the range of the entries of timers whose events were published and are not folded.
func Published() (from, to []byte) { return []byte{published}, []byte{published + 1} }
