package badgerstore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// memory makes commits to the rows in memory of one table, as the committer does, beside what each
// instant has to see.
type memory struct {
	cache  rowCache
	table  *table
	ts     uint64
	states map[uint64]map[string]string // by the commit that made them
}

func newMemory(limit int64) *memory {
	return &memory{cache: rowCache{limit: limit}, states: map[uint64]map[string]string{0: {}},
		table: &table{state: tableState{number: 1, fresh: true}}}
}

// commit stores values; "" removes a row.
func (m *memory) commit(changes map[string]string, inUse uint64) {
	m.ts++
	c := &commit{}
	after := maps.Clone(m.states[m.ts-1])
	for key, value := range changes {
		from := len(c.buf)
		c.buf = append(c.buf, value...)
		c.writes = append(c.writes, write{table: m.table, number: 1, key: []byte(key),
			remove: value == "", value: span{from, len(c.buf)}})
		after[key] = value
		if value == "" {
			delete(after, key)
		}
	}
	m.states[m.ts] = after
	m.cache.apply(&group{ts: m.ts, members: []*commit{c}}, inUse)
}

// check compares what the rows say of an instant with what it has to see.
func (m *memory) check(t *testing.T, ts uint64, keys int) (known int) {
	t.Helper()
	rows := m.table.rows.Load()
	for i := range keys {
		want, there := m.states[ts][fmt.Sprint(i)]
		v := rows.get(fmt.Append(nil, i), ts)
		if v == nil {
			continue
		}
		known++
		if there != (v.state == rowKept) || there && string(v.value) != want {
			t.Fatalf("instant %d of %d: row %d is %d %q, want %t %q", ts, m.ts, i, v.state,
				v.value, there, want)
		}
	}
	ix := rows.index.Load()
	seen, before := map[string]bool{}, ""
	for _, b := range ix.blocks {
		if len(b.rows) == 0 || len(b.rows) > rowsInBlock {
			t.Fatalf("a block of %d rows", len(b.rows))
		}
		for _, r := range b.rows {
			if r.key <= before {
				t.Fatalf("%q follows %q", r.key, before)
			}
			before = r.key
			seen[r.key] = true
			if rows.hash.Load().get([]byte(r.key)) != r {
				t.Fatalf("the hash does not have %q", r.key)
			}
		}
	}
	for key := range m.states[ts] {
		if ix.whole && !seen[key] {
			t.Fatalf("the index is whole and does not have %q", key)
		}
	}
	return known
}

// The rows in memory say of each instant what it has, or nothing, with and without eviction.
func TestRowsInMemoryAreThoseOfTheInstant(t *testing.T) {
	for name, limit := range map[string]int64{"all": 1 << 30, "evicting": 20_000} {
		t.Run(name, func(t *testing.T) {
			const keys = 200
			rnd := rand.New(rand.NewPCG(1, 2))
			m := newMemory(limit)
			oldest := uint64(0)
			for range 200 {
				changes := map[string]string{}
				for range rnd.IntN(20) {
					changes[fmt.Sprint(rnd.IntN(keys))] = fmt.Sprint(rnd.IntN(4) * rnd.IntN(1e6))
				}
				for key, value := range changes {
					if value == "0" {
						changes[key] = ""
					}
				}
				oldest = max(oldest, m.ts-min(m.ts, uint64(rnd.IntN(10))))
				m.commit(changes, oldest)
				if m.table.rows.Load() == nil {
					continue
				}
				for ts := oldest; ts <= m.ts; ts++ {
					known := m.check(t, ts, keys)
					if limit == 1<<30 && ts == m.ts && known != keys {
						t.Fatalf("only %d rows are known", known)
					}
				}
			}
			m.check(t, m.ts, keys)
			rows := m.table.rows.Load()
			size := int64(0)
			for _, b := range rows.index.Load().blocks {
				for _, r := range b.rows {
					size += r.size()
				}
			}
			if size != rows.size || size != m.cache.size || size > limit {
				t.Errorf("%d bytes counted for the table and %d in all, want %d, at most %d", rows.size,
					m.cache.size, size, limit)
			}
			if whole := rows.index.Load().whole; whole != (limit == 1<<30) {
				t.Errorf("the index is whole: %t", whole)
			}
		})
	}
}

// Readers see what was published before they began, while rows are written, removed and evicted.
func TestRowsInMemoryWhileTheyChange(t *testing.T) {
	m := newMemory(30_000)
	var published atomic.Uint64
	var readers sync.WaitGroup
	var reading [2]atomic.Uint64 // instants, by reader
	m.commit(map[string]string{"1": "1"}, 0)
	for i := range reading {
		readers.Go(func() {
			for n := 0; published.Load() < 3000; n++ {
				ts := published.Load()
				if reading[i].Store(ts); published.Load() != ts {
					continue // it may count as one that nobody uses
				}
				rows := m.table.rows.Load()
				v := rows.get(fmt.Append(nil, n%300), ts)
				if v == nil {
					continue
				}
				// Commit ts writes row ts%300 and removes row (ts+150)%300.
				last := ts - (ts+300-uint64(n%300))%300
				removed := ts - (ts+450-uint64(n%300))%300
				there := last <= ts && last > 0 && (last > removed || removed > ts)
				if there != (v.state == rowKept) || there && string(v.value) != fmt.Sprint(last) {
					t.Errorf("instant %d: row %d is %d %q, want that of %d", ts, n%300, v.state,
						v.value, last)
					return
				}
			}
		})
	}
	for ts := uint64(2); ts <= 3000; ts++ {
		inUse := min(ts-1, reading[0].Load(), reading[1].Load())
		m.commit(map[string]string{fmt.Sprint(ts % 300): fmt.Sprint(ts),
			fmt.Sprint((ts + 150) % 300): ""}, inUse)
		delete(m.states, ts-1)
		published.Store(ts)
		runtime.Gosched()
	}
	readers.Wait()
}

// What rows take is what is counted for them, about.
func TestMemoryOfRows(t *testing.T) {
	for _, length := range []int{10, 100, 1000} {
		heap := func() int64 {
			var s runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&s)
			return int64(s.HeapAlloc)
		}
		before := heap()
		rows := newRows(1, true)
		order := rand.New(rand.NewPCG(1, 2)).Perm(30_000)
		for part := range slices.Chunk(order, 1000) {
			for _, i := range part {
				rows.put(fmt.Appendf(nil, "counter/%08d", i), newVersion(1, make([]byte, length)))
			}
			rows.publish()
		}
		used := heap() - before
		t.Logf("%d bytes: %d are counted, %d used", length, rows.size, used)
		if used > rows.size*5/4 {
			t.Errorf("%d bytes: %d are counted, %d used", length, rows.size, used)
		}
		runtime.KeepAlive(rows)
	}
}
