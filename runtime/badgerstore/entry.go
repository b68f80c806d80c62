package badgerstore

import (
	"encoding/binary"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
)

// orderLen is how many bytes a stored entry begins with: its number among all entries of the row.
const orderLen = 8

// appendEntry appends a history entry: its order (8 bytes, big-endian, set later), then the entry
// without its type, which is in the key.
func appendEntry(dst []byte, e *brook.HistoryEntry) []byte {
	return stored.AppendEntry(append(dst, make([]byte, orderLen)...), e)
}

// decodeEntry decodes what appendEntry wrote. The entry keeps data.
func decodeEntry(data []byte, typ string) (order uint64, e *brook.HistoryEntry, err error) {
	if len(data) < orderLen {
		return 0, nil, stored.ErrEntry
	}
	e, err = stored.DecodeEntry(data[orderLen:], typ)
	return binary.BigEndian.Uint64(data), e, err
}
