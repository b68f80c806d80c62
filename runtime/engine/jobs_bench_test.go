package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkJobs measures b.N events that change a row: those that ask for no job, and for one each,
// which waits; memory is what the process holds for each. Then the whole way of an event and its
// job, whose worker does nothing, and publishes nothing or an event, which is folded in turn.
func BenchmarkJobs(b *testing.B) {
	for _, mails := range []int{0, 1} {
		b.Run(fmt.Sprint("asked for ", mails), func(b *testing.B) {
			app := benchErrands(b, mails, &errands.Mailer{}, errands.Desk{})
			back, _ := engine.BackstageOf(app.Source())
			back.HoldJobs()
			before := heap()
			b.ResetTimer()
			if err := app.CatchUp(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(float64(heap()-before)/float64(b.N), "held-B/op")
		})
	}
	b.Run("done", func(b *testing.B) {
		done, worked := countedJobs(b)
		desk := errands.Desk{Collected: func(brook.Job[errands.Collect]) error { return worked() }}
		runErrands(b, benchErrands(b, 0, &errands.Mailer{}, desk), done)
	})
	b.Run("done and published", func(b *testing.B) {
		done, worked := countedJobs(b)
		mail := func(context.Context, brook.Job[errands.SendMail]) error { return worked() }
		runErrands(b, benchErrands(b, 1, &errands.Mailer{Mail: mail}, errands.Desk{}), done)
	})
}

// countedJobs returns a channel that is closed when worked was called b.N times.
func countedJobs(b *testing.B) (done chan struct{}, worked func() error) {
	var n atomic.Int64
	done = make(chan struct{})
	return done, func() error {
		if n.Add(1) == int64(b.N) {
			close(done)
		}
		return nil
	}
}

// benchErrands returns an app whose log has b.N orders with so many mails.
func benchErrands(b *testing.B, mails int, m *errands.Mailer, desk errands.Desk) *errands.App {
	app, err := errands.NewApp(brook.Config{
		Author: "errands", Driver: memdriver.New(), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler), Jobs: brook.Jobs{MaxWaiting: 1 << 30},
	}, m, desk)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := app.Close(); err != nil {
			b.Error(err)
		}
	})
	_, err = app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
		for n := range b.N {
			e := errands.Placed{Order: fmt.Sprintf("order-%d", n), User: fmt.Sprint(n), Mails: mails}
			if !yield(brook.Emit(e)) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return app
}

// runErrands runs an app until its jobs are done, and what they publish is folded.
func runErrands(b *testing.B, app *errands.App, done chan struct{}) {
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	b.ResetTimer()
	go func() { ended <- app.Run(ctx) }()
	select {
	case <-done:
	case err := <-ended:
		b.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if err := app.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
}
