package badgerstore

import (
	"context"

	"github.com/dgraph-io/badger/v4"
)

// fill collects the rows of a table that a scan of all of them meets, for the rows in memory. So
// the first scan after Open makes the next ones fast.
type fill struct {
	store  *Store
	table  *table
	number uint32
	ts     uint64 // of the instant
	keys   [][]byte
	found  []*version
	size   int64
	given  bool // up: they are too many
}

// fillTries is how many scans of a table collect its rows, unless it becomes whole before.
const fillTries = 3

// newFill returns nil if the rows are not to be collected.
func (s *Store) newFill(in *instant, t *table, number uint32, from, to []byte) *fill {
	if len(from) > 0 || to != nil || s.queue == nil || t.fills.Load() >= fillTries {
		return nil
	}
	t.fills.Add(1)
	return &fill{store: s, table: t, number: number, ts: in.ts}
}

// add adds the row that the scan is at.
func (f *fill) add(key []byte, item *badger.Item) {
	if f == nil || f.given {
		return
	}
	v := &version{ts: f.ts, state: rowUnread}
	if item.UserMeta() != metaPieces && item.ValueSize() <= largestRow {
		if item.Value(func(data []byte) error {
			v = newVersion(f.ts, data)
			return nil
		}) != nil {
			f.given = true
			return
		}
	}
	f.keys = append(f.keys, append(make([]byte, 0, len(key)), key...))
	f.found = append(f.found, v)
	if f.size += int64(rowOverhead + len(key) + len(v.value)); f.size > f.store.rows.limit/4 {
		*f = fill{given: true}
	}
}

// end hands the rows to the committer. The scan has met all of them.
func (f *fill) end() {
	if f == nil || f.given {
		return
	}
	c := commits.Get().(*commit)
	defer c.release()
	c.fill = f
	_ = f.store.run(context.Background(), c) // whoever writes hears of a store that is closed or broken
}

// fill adds rows that a scan met. Those that are there already are newer, or the same. If none that
// was written since the scan's instant is missing, the rows are all.
func (c *rowCache) fill(ts uint64, f *fill) {
	if f.number != f.table.state.number || c.size+f.size > c.limit {
		return
	}
	t := c.of(f.table, f.number)
	if t.current().whole || t.lost > f.ts {
		return
	}
	before := t.size
	for i, key := range f.keys {
		if t.hash.Load().get(key) == nil {
			t.add(key, f.found[i], ts)
		}
	}
	c.size += t.size - before
	ix := t.edit()
	ix.whole, ix.since = true, f.ts
}
