package badgerstore

import "github.com/dgraph-io/badger/v4"

// entries are what a group hands to Badger, which keeps none of them beyond the commit: memory for
// the next group. That is one allocation of 20 an event less, and 95 bytes of 830.
type entries struct {
	chunks [][]badger.Entry
	used   int // entries
}

const (
	entriesInChunk = 256
	keptChunks     = 16
)

// next returns an empty entry that lives as long as the group.
func (e *entries) next() *badger.Entry {
	chunk := e.used / entriesInChunk
	if chunk == len(e.chunks) {
		e.chunks = append(e.chunks, make([]badger.Entry, entriesInChunk))
	}
	e.used++
	return &e.chunks[chunk][(e.used-1)%entriesInChunk]
}

// reset forgets all keys and values.
func (e *entries) reset() {
	if len(e.chunks) > keptChunks {
		clear(e.chunks[keptChunks:])
		e.chunks = e.chunks[:keptChunks]
	}
	for i := range min((e.used+entriesInChunk-1)/entriesInChunk, len(e.chunks)) {
		clear(e.chunks[i])
	}
	e.used = 0
}
