package redis

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// BenchmarkCommit is BenchmarkFold without the apply loop: no row is read, so nothing waits for the
// network but each commit.
func BenchmarkCommit(b *testing.B) {
	variants(b, func(b *testing.B, history bool) {
		store, err := redisstore.New(b.Context(), connect(b), redisstore.Prefix(rand.Text()))
		if err != nil {
			b.Fatal(err)
		}
		table, err := store.Table(b.Context(),
			brook.TableSpec{Name: "app/rows", Keep: map[string]int{"x": 10}})
		if err != nil {
			b.Fatal(err)
		}
		row, entry := []byte(strings.Repeat("r", 60)), strings.Repeat("e", 100)
		seen := map[string]int{} // of the batch: a key comes once in it
		var writes []brook.Write
		var number uint64
		commit := func() {
			number++
			batch := &brook.Batch{Writes: writes}
			binary.BigEndian.PutUint64(batch.ID[:], number)
			rand.Read(batch.ID[8:])
			if err := store.Commit(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			clear(seen)
			writes = writes[:0]
		}
		b.ReportAllocs()
		b.ResetTimer()
		n := 0
		for id := range ids(b.N) {
			i, again := seen[id]
			if !again {
				i = len(writes)
				seen[id] = i
				writes = append(writes, brook.Write{Table: table, Key: []byte(id), Value: row})
			}
			if history {
				writes[i].History = append(writes[i].History,
					&brook.HistoryEntry{Type: "x", ID: id, Author: "counters",
						Time: time.Unix(int64(n), 0), Data: []byte(entry)})
			}
			if n++; n%batch == 0 || n == b.N {
				commit()
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
