package badgerstore_test

import (
	"fmt"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/reminders"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkTimersStart measures the start of an app whose store has timers, of which one is due:
// from NewApp until that one is folded. The store is opened before.
func BenchmarkTimersStart(b *testing.B) {
	for _, timers := range []int{1, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(timers), func(b *testing.B) { benchTimersStart(b, timers) })
	}
}

func benchTimersStart(b *testing.B, timers int) {
	d, dir := memdriver.New(), b.TempDir()
	now := time.Now()
	start := func(s *badgerstore.Store) *reminders.App {
		app, err := reminders.NewApp(brook.Config{
			Author: "reminders", Driver: d, Store: s,
		}, reminders.Reminding{})
		if err != nil {
			b.Fatal(err)
		}
		back, _ := engine.BackstageOf(app.Source())
		back.SetClock(func() time.Time { return now })
		return app
	}
	s := open(b, dir, badgerstore.NoSync())
	app := start(s)
	_, err := app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for n := range timers {
			order := reminders.Placed{Order: fmt.Sprint(n), Due: now.Add(time.Duration(n+1) * time.Hour)}
			if !yield(brook.Emit(order)) {
				return
			}
		}
	})
	if err == nil {
		err = app.CatchUp(b.Context())
	}
	if err == nil {
		err = app.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		closed(b, s)
		s = open(b, dir, badgerstore.NoSync())
		now = now.Add(time.Hour)
		b.StartTimer()
		app := start(s)
		if err := app.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := app.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
