package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkFoldAsked is BenchmarkFold while somebody asks for the status a hundred times a second.
// An event costs the same: what the status is made of is written with each commit.
func BenchmarkFoldAsked(b *testing.B) {
	benchmarkFoldWith(b, brook.Hooks{}, func(app *ledger.App) (stop func()) {
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				_ = app.Status()
				time.Sleep(10 * time.Millisecond)
			}
		}()
		return func() {
			cancel()
			<-done
		}
	})
}

// BenchmarkStatus asks an app of many partitions for its status.
func BenchmarkStatus(b *testing.B) {
	for _, partitions := range []int{1, 30, 300} {
		b.Run(fmt.Sprint(partitions, " partitions"), func(b *testing.B) {
			c := brook.Config{
				Author: "ledger", Driver: memdriver.New(memdriver.Partitions(partitions)),
				Store: mapstore.New(), Log: slog.New(slog.DiscardHandler),
			}
			app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
			if err != nil {
				b.Fatal(err)
			}
			defer app.Close()
			if err := app.CatchUp(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if s := app.Status(); len(s.Partitions) != partitions {
					b.Fatal(len(s.Partitions))
				}
			}
		})
	}
}
