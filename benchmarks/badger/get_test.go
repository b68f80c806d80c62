package badger

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/dgraph-io/badger/v4"
)

var sizes = []int{10_000, 100_000, 1_000_000}

func bySize(b *testing.B, f func(b *testing.B, n int)) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100_000 && testing.Short() {
				b.Skip("-short")
			}
			f(b, n)
		})
	}
}

// BenchmarkGet reads random rows: through the typed view, as bytes from the store, and from bare Badger.
func BenchmarkGet(b *testing.B) {
	b.Run("view", func(b *testing.B) {
		bySize(b, func(b *testing.B, n int) {
			f := newFixture(b, badgerstore.NoSync())
			f.fill(b, n, false)
			b.ReportAllocs()
			b.ResetTimer()
			for id := range ids(b.N, n) {
				if _, err := f.Views.Tallies.Get(id); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("store", func(b *testing.B) {
		bySize(b, func(b *testing.B, n int) {
			f := newFixture(b, badgerstore.NoSync())
			t, err := f.store.Table(b.Context(), brook.TableSpec{Name: "bare"})
			if err != nil {
				b.Fatal(err)
			}
			batch := &brook.Batch{}
			for i := range n {
				batch.Writes = append(batch.Writes, brook.Write{Table: t, Key: []byte(id(i)), Value: []byte(strings.Repeat("r", 60))})
				if len(batch.Writes) == 1000 {
					if err := f.store.Commit(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
					batch.Writes = batch.Writes[:0]
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			r := f.store.Latest()
			for id := range ids(b.N, n) {
				if _, err := r.Get(b.Context(), t, []byte(id)); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("bare", func(b *testing.B) {
		bySize(b, func(b *testing.B, n int) {
			db := openBare(b, false)
			batch := db.NewWriteBatch()
			for i := range n {
				if err := batch.Set([]byte("1234r"+id(i)), []byte(strings.Repeat("r", 60))); err != nil {
					b.Fatal(err)
				}
			}
			if err := batch.Flush(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for id := range ids(b.N, n) {
				err := db.View(func(txn *badger.Txn) error {
					item, err := txn.Get([]byte("1234r" + id))
					if err != nil {
						return err
					}
					_, err = item.ValueCopy(nil)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// BenchmarkKeys folds b.N events with history over more and more rows, and tells the memory of the process and the
// size of the store on the disk.
func BenchmarkKeys(b *testing.B) {
	bySize(b, func(b *testing.B, n int) {
		f := newFixture(b, badgerstore.NoSync())
		f.fill(b, n, true)
		f.publish(b, func(yield func(brook.Outgoing) bool) {
			for id := range ids(b.N, n) {
				if !yield(outgoing(id, true)) {
					return
				}
			}
		})
		b.ResetTimer()
		f.catchUp(b)
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		b.ReportMetric(heap()-f.log, "MB-heap") // without that of the log
		b.ReportMetric(float64(onDisk(b, f.dir))/(1<<20), "MB-disk")
	})
}

// heap is what is in use, in MB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

func onDisk(b *testing.B, dir string) (n int64) {
	b.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".sst") {
			n += info.Size()
		}
	}
	return n
}
