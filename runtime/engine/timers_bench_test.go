package engine_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkTimers measures b.N events that create a row, without and with a timer, and the way of
// b.N timers that are due at once, from the outbox to the fold. Memory is what the process holds
// for each.
func BenchmarkTimers(b *testing.B) {
	b.Run("none", func(b *testing.B) {
		benchTimers(b, func(order string, due time.Time) brook.Outgoing {
			return brook.Emit(reminders.Noted{Order: order, Due: due})
		})
	})
	b.Run("set", func(b *testing.B) { benchTimers(b, placedOrder) })
	b.Run("due", func(b *testing.B) {
		app, catchUp := benchTimers(b, placedOrder)
		b.ResetTimer()
		now := time.Now().AddDate(2, 0, 0)
		back, _ := engine.BackstageOf(app.Source())
		back.SetClock(func() time.Time { return now })
		catchUp()
	})
}

func placedOrder(order string, due time.Time) brook.Outgoing {
	return brook.Emit(reminders.Placed{Order: order, Due: due})
}

// benchTimers folds b.N events.
func benchTimers(
	b *testing.B, event func(order string, due time.Time) brook.Outgoing,
) (app *reminders.App, catchUp func()) {
	app, err := reminders.NewApp(brook.Config{
		Author: "reminders", Driver: memdriver.New(), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler),
	}, reminders.Reminding{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := app.Close(); err != nil {
			b.Error(err)
		}
	})
	due := time.Now().AddDate(1, 0, 0)
	_, err = app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for n := range b.N {
			if !yield(event(fmt.Sprintf("order-%d", n), due.Add(time.Duration(n)))) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	catchUp = func() {
		if err := app.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	before := heap()
	b.ResetTimer()
	catchUp()
	b.StopTimer()
	b.ReportMetric(float64(heap()-before)/float64(b.N), "held-B/op")
	b.StartTimer()
	return app, catchUp
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
