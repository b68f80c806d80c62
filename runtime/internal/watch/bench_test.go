package watch_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/watch"
)

// BenchmarkPublish publishes commits of 1,000 rows of 100,000. Watchers either wait, each in a
// goroutine, or are slow and take nothing. An iteration is one commit, without what the watchers do
// once they are woken.
func BenchmarkPublish(b *testing.B) {
	const rows, batch = 100_000, 1_000
	keys := make([][]byte, rows)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "row-%08d", i*7919%rows)
	}
	for _, of := range []string{"row", "table"} {
		for _, n := range []int{0, 1, 100, 10_000} {
			for _, slow := range []bool{false, true} {
				b.Run(fmt.Sprintf("of=%s/watchers=%d/slow=%t", of, n, slow), func(b *testing.B) {
					h := watch.NewHub()
					var taking, ended sync.WaitGroup
					defer ended.Wait()
					ctx, cancel := context.WithCancel(b.Context())
					defer cancel()
					defer h.Close()
					for i := range n {
						key := keys[i]
						if of == "table" {
							key = nil
						}
						w := h.Subscribe(ctx, 0, key)
						if !slow {
							ended.Go(func() { take(ctx, w, &taking) })
						}
					}
					at := 0
					changed := func(int) iter.Seq2[[]byte, any] {
						return func(yield func([]byte, any) bool) {
							for i := range batch {
								if !yield(keys[(at+i)%rows], "value") {
									return
								}
							}
						}
					}
					b.ReportAllocs()
					for b.Loop() {
						awake := n
						if of == "row" {
							awake = max(0, min(n-at%rows, batch))
						}
						if !slow {
							taking.Add(awake)
						}
						h.Publish(changed)
						at += batch
						b.StopTimer()
						taking.Wait()
						b.StartTimer()
					}
				})
			}
		}
	}
}

// take takes what w is woken for until ctx or the hub ends.
func take(ctx context.Context, w brook.Watcher, taking *sync.WaitGroup) {
	for w.Wait(ctx) {
		switch rows, _, closed := w.Take(); {
		case closed:
			return
		case len(rows) > 0:
			taking.Done()
		}
	}
}
