package badgerstore

import (
	"slices"
	"strings"
	"sync/atomic"
)

// rows are the rows of a table that are in memory, encoded. The committer changes them between
// Badger's commit and the publication of its instant. So whoever reads an instant finds here each
// row as that instant has it, or a later version of it, or, in an index that is not whole, nothing:
// in the last two cases Badger has to be asked. Readers take no lock.
type rows struct {
	number uint32 // of the table
	index  atomic.Pointer[rowIndex]
	hash   atomic.Pointer[rowHash] // has all rows of the index, and those of the draft

	// The committer's:
	draft   *rowIndex         // what the commit in progress makes of the index; nil: nothing
	size    int64             // in bytes, about
	removed []removal         // of rows that a whole index still has, in the order of the commits
	hand    int               // block at which eviction goes on
	seen    *[64 << 10]uint32 // hashes of rows that were written and are not here, by their low bits
	lost    uint64            // last commit of which a row is not here, or was and is not any more
}

// rowIndex is an ordered set of rows. It does not change once it is published.
type rowIndex struct {
	blocks []*rowBlock // none is empty
	whole  bool        // it has all rows of the table that instants from since on have
	since  uint64
}

// rowBlock is a part of an index. An insertion copies one block, so they are small.
type rowBlock struct {
	rows []*row
	made uint64 // by which commit
}

const rowsInBlock = 64

// row is a row that was written. Its version changes while indexes refer to it.
type row struct {
	key  string
	used atomic.Bool // since eviction came by
	last atomic.Pointer[version]
}

// removal is that of a row by a commit.
type removal struct {
	row *row
	ts  uint64
}

const (
	largestRow  = 4 << 10 // size of the largest value that is kept in memory
	rowOverhead = 160     // what a row takes besides its key and its value, about
)

func newRows(number uint32, whole bool) *rows {
	t := &rows{number: number}
	t.index.Store(&rowIndex{whole: whole})
	t.hash.Store(newRowHash(8))
	return t
}

// get returns a row as the instant ts has it, and nil if only Badger knows. The instant must have
// been entered before.
func (t *rows) get(key []byte, ts uint64) *version {
	r := t.hash.Load().get(key)
	if r == nil {
		if t.index.Load().has(ts) { // it is not any more before eviction takes rows from the hash
			return absent
		}
		return nil
	}
	r.use()
	return r.at(ts)
}

// use keeps the row from the next eviction.
func (r *row) use() {
	if !r.used.Load() { // a write would take the cache line from other processors
		r.used.Store(true)
	}
}

// at returns the version of the instant ts, and nil if only Badger has it.
func (r *row) at(ts uint64) *version {
	if v := r.last.Load(); v.ts <= ts && v.state != rowUnread {
		return v
	}
	return nil
}

func (r *row) size() int64 { return int64(rowOverhead + len(r.key) + len(r.last.Load().value)) }

// has reports whether the index has all rows of the instant ts.
func (ix *rowIndex) has(ts uint64) bool { return ix.whole && ts >= ix.since }

// find returns the block and the place in it of the first row that is not before a key. It may be
// behind the last row of a block.
func (ix *rowIndex) find(key string) (block, i int) {
	block, found := slices.BinarySearchFunc(ix.blocks, key, func(b *rowBlock, key string) int {
		return strings.Compare(b.rows[0].key, key)
	})
	if found {
		return block, 0
	}
	if block--; block < 0 {
		return 0, 0
	}
	i, _ = slices.BinarySearchFunc(ix.blocks[block].rows, key, func(r *row, key string) int {
		return strings.Compare(r.key, key)
	})
	return block, i
}
