package badger

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	"github.com/brookgen/brookgen/benchmarks/measure"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkLarge publishes events of so many KB, and merges each into one of four rows that are as
// large, all of which each commit reads and writes.
func BenchmarkLarge(b *testing.B) {
	for _, kb := range []int{64, 256, 1024} {
		text := strings.Repeat("a line of a text that is long\n", kb<<10/30)
		events := func(n int) func(yield func(brook.Outgoing) bool) {
			return func(yield func(brook.Outgoing) bool) {
				for i := range n {
					e := counters.Counted{ID: id(i % 4), Amount: 1, Reason: text}
					if !yield(brook.Emit(e)) {
						return
					}
				}
			}
		}
		b.Run(fmt.Sprintf("%dKB/publish", kb), func(b *testing.B) {
			f := newFixtureOver(b, nowhere{memdriver.New()}, badgerstore.NoSync())
			spent(b, func() { f.publish(b, events(b.N)) })
		})
		b.Run(fmt.Sprintf("%dKB/fold", kb), func(b *testing.B) {
			f := newFixtureOf(b, brook.Config{Driver: memdriver.New(), BatchSize: 4},
				badgerstore.NoSync())
			f.publish(b, events(4))
			f.catchUp(b)
			f.publish(b, events(b.N))
			spent(b, func() { f.catchUp(b) })
		})
	}
}

// spent reports the CPU time and the memory that f takes for one of b.N events.
func spent(b *testing.B, f func()) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	begin := measure.CPU()
	f()
	b.ReportMetric(float64(measure.CPU()-begin)/float64(b.N), "cpu-ns/event")
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1024, "KB/event")
}

// nowhere is a log that keeps nothing.
type nowhere struct{ *memdriver.Driver }

func (nowhere) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	return make([]brook.Position, len(records)), nil
}
