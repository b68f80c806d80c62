package badgerstore_test

import (
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// The store's memory stays within the option Memory while much is written, however
// large the rows are.
func TestMemory(t *testing.T) {
	if race.Enabled || testing.Short() {
		t.Skip("it takes hundreds of megabytes to show")
	}
	const (
		memory     = 160 << 20
		compaction = 100 << 20 // what the documentation promises
		batches    = 64 << 20  // and the heads of histories
	)
	for name, size := range map[string]int{"large": 1_900_000, "middle": 10_000} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir(), badgerstore.NoSync(), badgerstore.Memory(memory))
			table, err := s.Table(t.Context(), brook.TableSpec{Name: "rows"})
			if err != nil {
				t.Fatal(err)
			}
			noise := rand.NewChaCha8([32]byte{1})
			runtime.GC()
			live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
			metrics.Read(live)
			before, most := live[0].Value.Uint64(), uint64(0)
			for written, n := 0, uint64(0); written < 400<<20; {
				var b brook.Batch
				for in := 0; in == 0 || in+size < 1_000_000; in += size {
					value := make([]byte, size)
					_, _ = noise.Read(value)
					n++
					key := []byte{byte(n * 7), byte(n >> 16), byte(n >> 8), byte(n)}
					b.Writes = append(b.Writes, brook.Write{Table: table, Key: key, Value: value})
					written += size
				}
				if err := s.Commit(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				metrics.Read(live)
				most = max(most, live[0].Value.Uint64())
			}
			used := most - before
			t.Logf("%d MiB at most", used>>20)
			if used > memory+compaction+batches {
				t.Errorf("the store took %d bytes of memory, and the option allows about %d",
					used, memory)
			}
		})
	}
}
