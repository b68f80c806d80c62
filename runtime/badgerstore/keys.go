package badgerstore

import (
	"encoding/binary"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Kinds of keys. A key is the number of its table (4 bytes, big endian), its kind, and the rest.
// Table 0 is the store's own.
const (
	kindRow        = 'r' // row key → value
	kindPiece      = 'l' // row key, number of the piece → a piece of a large value
	kindHead       = 'h' // row key → head of its history
	kindEntry      = 'e' // row key, life, type, sequence → history entry
	kindEntryPiece = 'm' // an entry's key, number of the piece → a piece of a large entry

	kindLayout   = 'v' // → version of the layout
	kindTable    = 't' // name → number and flags of a table
	kindType     = 'y' // name → number of an event type
	kindRing     = 'c' // commit number modulo ringSize → nothing; the commit is its version
	kindPadding  = 'z' // → padding of a small commit, see ring.go
	kindPurge    = 'p' // commit number, index → history to delete
	kindDropped  = 'd' // number of a table to delete → nothing
	kindRestored = 'x' // → ID of the restoration that made the store
)

const (
	prefixLen = 4 + 1
	entryTail = 8 + 4 + 8 // life, type, sequence
	pieceTail = 4
	// maxKey is the longest row key: Badger takes 65,000 bytes.
	maxKey = 65_000 - prefixLen - entryTail - pieceTail
)

// appendPrefix appends the common prefix of all keys of a kind in a table.
func appendPrefix(dst []byte, table uint32, kind byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, table), kind)
}

// appendKey appends a key. The row key needs no terminator: rows, heads and entries are read by
// their whole keys, and what follows the row key has a fixed length.
func appendKey(dst []byte, table uint32, kind byte, key []byte) []byte {
	return append(appendPrefix(dst, table, kind), key...)
}

// appendEntryKey appends the key of a history entry.
func appendEntryKey(dst []byte, table uint32, kind byte, key []byte, life uint64, typ uint32,
	seq uint64) []byte {
	dst = appendKey(dst, table, kind, key)
	dst = binary.BigEndian.AppendUint64(dst, life)
	dst = binary.BigEndian.AppendUint32(dst, typ)
	return binary.BigEndian.AppendUint64(dst, seq)
}

func checkKey(t *table, key []byte) error {
	if len(key) > maxKey {
		return fmt.Errorf("%w: badgerstore: table %s: a key of %d bytes, and the store takes %d: "+
			"make the fields that it is made of shorter",
			brook.ErrTooLarge, t.name, len(key), maxKey)
	}
	return nil
}
