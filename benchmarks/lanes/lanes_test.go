// Package lanes measures what one lane costs against a lane for each partition.
package lanes

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/badger/counters"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

const (
	partitions = 8
	events     = 200_000
	keys       = 10_000
)

// single is an envelope that keeps the same package to one lane.
type single struct{ brook.CloudEvents }

func (single) Unkeyed() bool { return true }

// slow is a store whose commits take as long as those of one on another machine.
type slow struct{ brook.Store }

func (s slow) Commit(ctx context.Context, b *brook.Batch) error {
	time.Sleep(10 * time.Millisecond)
	return s.Store.Commit(ctx, b)
}

// BenchmarkColdStart folds a log of 200,000 small events in 8 partitions into a new store.
func BenchmarkColdStart(b *testing.B) {
	driver := memdriver.New(memdriver.Partitions(partitions))
	fill(b, driver)
	for _, store := range []struct {
		name string
		make func() brook.Store
	}{
		{"map", func() brook.Store { return mapstore.New() }},
		{"slow", func() brook.Store { return slow{mapstore.New()} }},
	} {
		for _, mode := range []struct {
			name     string
			lanes    int
			envelope brook.Envelope
		}{
			{"one", 1, single{}},
			{"many", partitions, nil},
		} {
			b.Run("store="+store.name+"/lanes="+mode.name, func(b *testing.B) {
				for b.Loop() {
					fold(b, brook.Config{Author: "counters", Driver: driver, Store: store.make(), Envelope: mode.envelope}, mode.lanes)
				}
				b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

func fill(b *testing.B, driver brook.Driver) {
	app, err := counters.NewApp(brook.Config{Author: "counters", Driver: driver, Store: mapstore.New(), Log: slog.New(slog.DiscardHandler)}, counters.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	_, err = app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for range events {
			if !yield(brook.Emit(counters.Counted{ID: fmt.Sprintf("counter/%06d",
				rnd.IntN(keys)), Amount: 1, Reason: "a text of some length"})) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

// fold folds the whole log, and insists on the number of lanes.
func fold(b *testing.B, c brook.Config, lanes int) {
	c.Log = slog.New(slog.DiscardHandler)
	mode := make(chan brook.Mode, 1)
	c.Hooks.Mode = func(m brook.Mode) { mode <- m }
	app, err := counters.NewApp(c, counters.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	all, err := c.Driver.Partitions(ctx, "counters")
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range all {
		if err := app.WaitFor(ctx,
			brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.End - 1}); err != nil {
			b.Fatal(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if m := <-mode; m.Lanes != lanes {
		b.Fatalf("%d lanes: %s", m.Lanes, m.Reason)
	}
}
