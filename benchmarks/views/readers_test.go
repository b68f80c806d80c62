package views

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/measure"
	"github.com/brookgen/brookgen/benchmarks/views/bare"
)

// BenchmarkFoldBesideReaders folds a log by Run while goroutines read rows in a tight loop. With
// more of them than processors, Go's scheduler lets each goroutine run for up to 10 ms in turn, the
// app's too: what it folds is to be at least what its share of them allows. That is told by events
// per second of CPU time, beside those without readers, however busy the machine is.
func BenchmarkFoldBesideReaders(b *testing.B) {
	for _, readers := range []int{0, 1, 8, 64} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			c := config(1)
			a, err := bare.NewApp(c, bare.Counter{})
			if err != nil {
				b.Fatal(err)
			}
			defer a.Close()
			if _, err = a.PublishAll(b.Context(), hits(pages, bareHit)); err != nil {
				b.Fatal(err)
			}
			if err := a.CatchUp(b.Context()); err != nil {
				b.Fatal(err)
			}
			last, err := a.PublishAll(b.Context(), hits(b.N, bareHit))
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(b.Context())
			done := make(chan error, 1)
			var (
				reading sync.WaitGroup
				stop    atomic.Bool
				reads   atomic.Int64
			)
			for range readers {
				reading.Go(func() {
					n := int64(0)
					for ; !stop.Load(); n++ {
						if _, err := a.Views.Pages.Get("page-000007"); err != nil {
							b.Error(err)
							return
						}
					}
					reads.Add(n)
				})
			}
			b.ResetTimer()
			cpu := measure.CPU()
			go func() { done <- a.Run(ctx) }()
			if err := a.WaitFor(ctx, last); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			cpu = measure.CPU() - cpu
			stop.Store(true)
			reading.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(b.N)/cpu.Seconds(), "events/CPU-s")
			b.ReportMetric(float64(reads.Load())/b.Elapsed().Seconds(), "reads/s")
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
