package redisstore

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// A history is a sorted set. Each member is: the entry's type with its length as a varint in front
// (so that no type's bytes begin another's), its place (the number of the commit and the entry's
// own in the write, 8 and 4 bytes, big-endian), and the entry without its type.
const placeLen = 12

// decodeEntry decodes a member of a history, and returns its place and entry. The entry keeps data.
func decodeEntry(data []byte) (place string, e *brook.HistoryEntry, err error) {
	d := stored.NewDecoder(data)
	typ := d.Text()
	place = string(d.Take(placeLen))
	if d.Failed() {
		return "", nil, stored.ErrEntry
	}
	e, err = stored.DecodeEntry(d.Rest(), typ)
	return place, e, err
}
