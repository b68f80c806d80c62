package stored

import (
	"encoding/binary"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// ErrEntry is returned for bytes that are no history entry.
var ErrEntry = errors.New("a history entry does not decode")

// AppendEntry appends a history entry without its type, which a store keeps where it finds entries
// by it: topic, partition, offset, ID, author, cause, seconds, nanoseconds, key, data, headers.
func AppendEntry(dst []byte, e *brook.HistoryEntry) []byte {
	dst = AppendText(dst, e.Position.Topic)
	dst = binary.AppendVarint(dst, int64(e.Position.Partition))
	dst = binary.AppendVarint(dst, e.Position.Offset)
	dst = AppendText(dst, e.ID)
	dst = AppendText(dst, e.Author)
	dst = AppendText(dst, e.Cause)
	dst = binary.AppendVarint(dst, e.Time.Unix())
	dst = binary.AppendUvarint(dst, uint64(e.Time.Nanosecond()))
	dst = AppendBytes(dst, e.Key)
	dst = AppendBytes(dst, e.Data)
	dst = binary.AppendUvarint(dst, uint64(len(e.Headers)))
	for i := range e.Headers {
		dst = AppendText(dst, e.Headers[i].Key)
		dst = AppendBytes(dst, e.Headers[i].Value)
	}
	return dst
}

// DecodeEntry decodes what AppendEntry wrote of an entry of the given type. The entry keeps data.
// All of data has to be the entry: the error is ErrEntry otherwise.
func DecodeEntry(data []byte, typ string) (*brook.HistoryEntry, error) {
	d := Decoder{data: data}
	e := &brook.HistoryEntry{Type: typ}
	e.Position.Topic = d.Text()
	e.Position.Partition = int32(d.varint())
	e.Position.Offset = d.varint()
	e.ID, e.Author, e.Cause = d.Text(), d.Text(), d.Text()
	sec, nsec := d.varint(), d.Uvarint()
	e.Time = time.Unix(sec, int64(nsec)).UTC()
	e.Key, e.Data = d.bytes(), d.bytes()
	if n := d.Uvarint(); n > 0 {
		if d.failed || n > uint64(len(d.data))/2 { // a header has two bytes at least
			return nil, ErrEntry
		}
		e.Headers = make([]brook.Header, n)
		for i := range e.Headers {
			e.Headers[i] = brook.Header{Key: d.Text(), Value: d.bytes()}
		}
	}
	if d.failed || len(d.data) > 0 || nsec >= 1e9 {
		return nil, ErrEntry
	}
	return e, nil
}
