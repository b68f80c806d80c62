// Package views measures an app on the in-memory log and the in-memory store.
package views

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/benchmarks/views/bare"
	"github.com/brookgen/brookgen/benchmarks/views/kept"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

const pages = 10_000

func config(partitions int) brook.Config {
	return brook.Config{Author: "bench", Driver: memdriver.New(memdriver.Partitions(partitions)),
		Store: mapstore.New(), Log: slog.New(slog.DiscardHandler)}
}

func hits(n int, hit func(page, user string, bytes int64) brook.Outgoing) iter.Seq[brook.Outgoing] {
	return func(yield func(brook.Outgoing) bool) {
		for i := range n {
			if !yield(hit(fmt.Sprintf("page-%06d", i%pages), "somebody", int64(i))) {
				return
			}
		}
	}
}

// app is what both packages' apps have.
type app interface {
	PublishAll(context.Context, iter.Seq[brook.Outgoing]) (brook.Position, error)
	CatchUp(context.Context) error
	Run(context.Context) error
	WaitFor(context.Context, brook.Position) error
	Close() error
}

func fold(b *testing.B, a app, err error, hit func(page, user string, bytes int64) brook.Outgoing) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	if _, err := a.PublishAll(b.Context(), hits(b.N, hit)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	if err := a.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func keptHit(page, user string, bytes int64) brook.Outgoing {
	return brook.Emit(kept.Hit{Page: page, User: user, Bytes: bytes})
}

func bareHit(page, user string, bytes int64) brook.Outgoing {
	return brook.Emit(bare.Hit{Page: page, User: user, Bytes: bytes})
}

func BenchmarkFoldWithHistory(b *testing.B) {
	a, err := kept.NewApp(config(1), kept.Counter{})
	fold(b, a, err, keptHit)
}

func BenchmarkFoldWithoutHistory(b *testing.B) {
	a, err := bare.NewApp(config(1), bare.Counter{})
	fold(b, a, err, bareHit)
}

// BenchmarkFoldParallel folds two partitions side by side, by Run.
func BenchmarkFoldParallel(b *testing.B) {
	c := config(2)
	a, err := bare.NewApp(c, bare.Counter{})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	if _, err := a.PublishAll(b.Context(), hits(b.N, bareHit)); err != nil {
		b.Fatal(err)
	}
	partitions, err := c.Driver.Partitions(b.Context(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	b.ReportAllocs()
	b.ResetTimer()
	go func() { done <- a.Run(ctx) }()
	for _, p := range partitions {
		if p.End == 0 {
			continue
		}
		if err := a.WaitFor(ctx,
			brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.End - 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGet(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a, err := bare.NewApp(config(1), bare.Counter{})
			if err != nil {
				b.Fatal(err)
			}
			defer a.Close()
			_, err = a.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
				for i := range n {
					if !yield(brook.Emit(bare.Hit{Page: fmt.Sprintf("page-%07d", i)})) {
						return
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			if err := a.CatchUp(b.Context()); err != nil {
				b.Fatal(err)
			}
			keys := make([]string, 1<<16)
			for i := range keys {
				keys[i] = fmt.Sprintf("page-%07d", rand.IntN(n))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, err := a.Views.Pages.Get(keys[i&(len(keys)-1)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPublish(b *testing.B) {
	a, err := bare.NewApp(config(1), bare.Counter{})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	b.ReportAllocs()
	for i := range b.N {
		if _, err := a.Publish.Hit(b.Context(),
			bare.Hit{Page: "page", User: "somebody", Bytes: int64(i)}); err != nil {
			b.Fatal(err)
		}
	}
}
