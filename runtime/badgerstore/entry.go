package badgerstore

import (
	"encoding/binary"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// orderLen is what a stored entry begins with: its number among all entries of the row.
const orderLen = 8

// appendEntry appends a history entry without its type, which its key tells: order (8 bytes, set later),
// topic, partition, offset, ID, author, cause, seconds, nanoseconds, key, data, headers. Numbers are
// varints; texts and bytes have their length in front, bytes one more, for 0 is nil.
func appendEntry(dst []byte, e *brook.HistoryEntry) []byte {
	dst = append(dst, make([]byte, orderLen)...)
	dst = appendText(dst, e.Position.Topic)
	dst = binary.AppendVarint(dst, int64(e.Position.Partition))
	dst = binary.AppendVarint(dst, e.Position.Offset)
	dst = appendText(dst, e.ID)
	dst = appendText(dst, e.Author)
	dst = appendText(dst, e.Cause)
	dst = binary.AppendVarint(dst, e.Time.Unix())
	dst = binary.AppendUvarint(dst, uint64(e.Time.Nanosecond()))
	dst = appendBytes(dst, e.Key)
	dst = appendBytes(dst, e.Data)
	dst = binary.AppendUvarint(dst, uint64(len(e.Headers)))
	for i := range e.Headers {
		dst = appendText(dst, e.Headers[i].Key)
		dst = appendBytes(dst, e.Headers[i].Value)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, 0)
	}
	return append(binary.AppendUvarint(dst, uint64(len(b))+1), b...)
}

var errEntry = errors.New("a history entry does not decode")

// decodeEntry decodes an entry, which keeps data.
func decodeEntry(data []byte, typ string) (order uint64, e *brook.HistoryEntry, err error) {
	if len(data) < orderLen {
		return 0, nil, errEntry
	}
	d := decoder{data: data[orderLen:]}
	e = &brook.HistoryEntry{Type: typ}
	e.Position.Topic = d.text()
	e.Position.Partition = int32(d.varint())
	e.Position.Offset = d.varint()
	e.ID, e.Author, e.Cause = d.text(), d.text(), d.text()
	sec, nsec := d.varint(), d.uvarint()
	e.Time = time.Unix(sec, int64(nsec)).UTC()
	e.Key, e.Data = d.bytes(), d.bytes()
	if n := d.uvarint(); n > 0 {
		if d.failed || n > uint64(len(d.data))/2 {
			return 0, nil, errEntry
		}
		e.Headers = make([]brook.Header, n)
		for i := range e.Headers {
			e.Headers[i] = brook.Header{Key: d.text(), Value: d.bytes()}
		}
	}
	if d.failed || len(d.data) > 0 || nsec >= 1e9 {
		return 0, nil, errEntry
	}
	return binary.BigEndian.Uint64(data), e, nil
}

// decoder reads what the append functions wrote, and never past the end.
type decoder struct {
	data   []byte
	failed bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	return v * d.skip(n)
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.data)
	return v * int64(d.skip(n))
}

// skip passes a number of n bytes, and gives 0 where there was none.
func (d *decoder) skip(n int) uint64 {
	if n <= 0 {
		d.failed, d.data = true, nil
		return 0
	}
	d.data = d.data[n:]
	return 1
}

func (d *decoder) text() string { return string(d.take(d.uvarint())) }

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n == 0 {
		return nil
	}
	return d.take(n - 1)
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.failed, d.data = true, nil
		return nil
	}
	b := d.data[:n:n]
	d.data = d.data[n:]
	return b
}
