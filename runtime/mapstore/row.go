package mapstore

// An entry is a key and the versions of its row. It is in the indexes of its table from the commit that makes the row
// until nobody can see the row any more.
type entry struct {
	rows   chain[row]
	key    []byte // never changes; in the same allocation where it is short
	queued bool   // the writer's: waits to be trimmed when some instant has gone
}

// row is what a key had at some instant.
type row struct {
	value   any
	history *history
	gone    bool
}

// newEntry makes an entry with a copy of the key. A short key lies beside its
// entry, in one cache line, and costs no allocation.
func newEntry(key []byte) *entry {
	switch n := len(key); {
	case n <= 24:
		e := &struct {
			entry
			room [24]byte
		}{}
		e.key = append(e.room[:0:n], key...)
		return &e.entry
	case n <= 56:
		e := &struct {
			entry
			room [56]byte
		}{}
		e.key = append(e.room[:0:n], key...)
		return &e.entry
	default:
		e := &entry{key: make([]byte, n)}
		copy(e.key, key)
		return e
	}
}
