package tuning

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/measure"
	brook "github.com/brookgen/brookgen/runtime"
)

// BenchmarkBatchSize merges 200,000 events into 10,000 rows, in commits of several sizes.
func BenchmarkBatchSize(b *testing.B) {
	for _, store := range []string{"map", "badger-nosync", "badger"} {
		for _, size := range []int{10, 100, 1_000, 10_000} {
			b.Run(fmt.Sprintf("store=%s/size=%d", store, size), func(b *testing.B) {
				fold(b, store, 200_000, 10_000, brook.Config{BatchSize: size})
			})
		}
	}
}

// BenchmarkCollector merges 200,000 events into 100,000 rows of a map store, beside the log that
// they come from, with several settings of the garbage collector. It reports the memory that the
// process has from the system in the end.
func BenchmarkCollector(b *testing.B) {
	const events, rows = 200_000, 100_000
	for _, gogc := range []int{25, 50, 100, 200, 400} {
		b.Run(fmt.Sprintf("gogc=%d", gogc), func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(gogc))
			fold(b, "map", events, rows, brook.Config{})
		})
	}
	for _, limit := range []int64{150, 250} {
		b.Run(fmt.Sprintf("gogc=off/gomemlimit=%dMiB", limit), func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit << 20))
			fold(b, "map", events, rows, brook.Config{})
		})
	}
}

// fold reports the CPU time and the time of folding n events, and the memory that the process has
// then.
func fold(b *testing.B, store string, n, rows int, config brook.Config) {
	var cpu, taken time.Duration
	var memory uint64
	for b.Loop() {
		a := newApp(b, store, config)
		a.publish(b, n, rows, false)
		debug.FreeOSMemory()
		before, begin := measure.CPU(), time.Now()
		a.catchUp(b)
		cpu, taken = cpu+measure.CPU()-before, taken+time.Since(begin)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		memory += m.Sys - m.HeapReleased
		a.close()
	}
	events := float64(n * b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(cpu)/events, "cpu-ns/event")
	b.ReportMetric(events/taken.Seconds(), "events/s")
	b.ReportMetric(float64(memory)/float64(b.N)/(1<<20), "MB")
}
