package badger

import (
	"fmt"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// BenchmarkLanes commits b.N small batches, synced, from so many goroutines at once, as parallel
// lanes do.
func BenchmarkLanes(b *testing.B) {
	for _, lanes := range []int{1, 4, 16} {
		b.Run(fmt.Sprint(lanes), func(b *testing.B) {
			f := newFixture(b)
			t, err := f.store.Table(b.Context(), brook.TableSpec{Name: "bare"})
			if err != nil {
				b.Fatal(err)
			}
			var lane atomic.Int64
			b.SetParallelism((lanes + 1) / 2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				key := fmt.Append(nil, "lane ", lane.Add(1))
				for pb.Next() {
					if err := f.store.Commit(b.Context(), &brook.Batch{Writes: []brook.Write{{Table: t, Key: key, Value: []byte(reason)}}}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}
