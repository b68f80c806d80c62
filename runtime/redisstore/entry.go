package redisstore

import (
	"encoding/binary"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// A history is a sorted set whose members are, in this order: the entry's type with its length as a varint in front (so
// that no type's bytes begin another's), its place (the number of the commit and the entry's own in the write, 8 and 4
// bytes, big-endian), and what appendEntry writes.
const placeLen = 12

func appendType(dst []byte, typ string) []byte { return appendText(dst, typ) }

// appendEntry appends a history entry but for its type: topic, partition, offset, ID, author, cause, seconds, nanoseconds,
// key, data, headers. Numbers are varints; texts and bytes have their length in front, bytes one
// more, for 0 is nil.
func appendEntry(dst []byte, e *brook.HistoryEntry) []byte {
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

// decodeEntry decodes a member of a history, which keeps data, and gives its place.
func decodeEntry(data []byte) (place string, e *brook.HistoryEntry, err error) {
	d := decoder{data: data}
	e = &brook.HistoryEntry{Type: d.text()}
	place = string(d.take(placeLen))
	e.Position.Topic = d.text()
	e.Position.Partition = int32(d.varint())
	e.Position.Offset = d.varint()
	e.ID, e.Author, e.Cause = d.text(), d.text(), d.text()
	sec, nsec := d.varint(), d.uvarint()
	e.Time = time.Unix(sec, int64(nsec)).UTC()
	e.Key, e.Data = d.bytes(), d.bytes()
	if n := d.uvarint(); n > 0 {
		if d.failed || n > uint64(len(d.data))/2 {
			return "", nil, errEntry
		}
		e.Headers = make([]brook.Header, n)
		for i := range e.Headers {
			e.Headers[i] = brook.Header{Key: d.text(), Value: d.bytes()}
		}
	}
	if d.failed || len(d.data) > 0 || nsec >= 1e9 {
		return "", nil, errEntry
	}
	return place, e, nil
}
