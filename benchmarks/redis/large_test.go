package redis

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	"github.com/brookgen/brookgen/benchmarks/measure"
	brook "github.com/brookgen/brookgen/runtime"
)

// BenchmarkLarge merges events of so many KB into four rows that are as large, all of which each
// commit reads and writes. It tells the CPU time and the memory of this process for one event.
func BenchmarkLarge(b *testing.B) {
	for _, kb := range []int{64, 256, 1024} {
		text := strings.Repeat("a line of a text that is long\n", kb<<10/30)
		b.Run(fmt.Sprintf("%dKB", kb), func(b *testing.B) {
			app, _ := newAppOf(b, 4)
			_, err := app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
				for i := range b.N {
					e := counters.Counted{ID: id(i % 4), Amount: 1, Reason: text}
					if !yield(brook.Emit(e)) {
						return
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			begin := measure.CPU()
			if err := app.CatchUp(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(measure.CPU()-begin)/float64(b.N), "cpu-ns/event")
			b.StopTimer()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1024,
				"KB/event")
		})
	}
}
