package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/kafka/accounts"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// settings are those of an app that reads the topic's bare JSON.
func settings(t *topic, driver *kafkadriver.Driver, store brook.Store) brook.Config {
	return brook.Config{
		Author:    "accounts",
		Name:      "bench-" + rand.Text(),
		Topic:     t.name,
		Envelope:  brook.RawTopics{Types: map[string]string{t.name: accounts.PaidType}},
		Driver:    driver,
		Store:     store,
		BatchSize: batch,
		Log:       slog.New(slog.DiscardHandler),
	}
}

func open(b *testing.B, t *topic) *kafkadriver.Driver {
	b.Helper()
	driver, err := kafkadriver.Open(t.brokers, nil)
	if err != nil {
		b.Fatal(err)
	}
	return driver
}

// foldApp runs an app until it has folded all of the topic. The time includes what it takes to
// start.
func foldApp(b *testing.B, t *topic, store brook.Store) (summary, time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	ends := t.ends(b)
	driver := open(b, t)
	app, err := accounts.NewApp(settings(t, driver, store), accounts.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- app.Run(ctx)
	}()
	for p, end := range ends {
		if err := app.WaitFor(ctx,
			brook.Position{Topic: t.name, Partition: int32(p), Offset: end - 1}); err != nil {
			b.Errorf("partition %d: %v", p, err)
		}
	}
	taken := time.Since(start)
	cancel()
	err = <-ended
	sum := summary{balances: map[string]*accounts.Balance{}}
	for entry, readErr := range app.Views.Balances.All() {
		if readErr != nil {
			b.Fatal(readErr)
		}
		sum.balances[entry.Key] = &entry.Value
	}
	if err := errors.Join(err, app.Close(), driver.Close()); err != nil {
		b.Fatal(err)
	}
	return sum, taken
}

// foldMap has its views in memory.
func foldMap(b *testing.B, t *topic) (summary, time.Duration) {
	return foldApp(b, t, mapstore.New())
}

// foldBadger has its views in Badger, which is told to sync each commit or not.
func foldBadger(options ...badgerstore.Option) func(*testing.B, *topic) (summary, time.Duration) {
	return func(b *testing.B, t *topic) (summary, time.Duration) {
		dir, err := os.MkdirTemp("", "bench")
		if err != nil {
			b.Fatal(err)
		}
		defer os.RemoveAll(dir)
		store, err := badgerstore.Open(dir,
			append(options, badgerstore.Log(slog.New(slog.DiscardHandler)))...)
		if err != nil {
			b.Fatal(err)
		}
		sum, taken := foldApp(b, t, store)
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		return sum, taken
	}
}

// publishApp makes an app that publishes bare JSON; ID, author and time go with it as headers.
func publishApp(b *testing.B, t *topic,
	publish func(ctx context.Context, app *accounts.App) error) time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	driver := open(b, t)
	app, err := accounts.NewApp(settings(t, driver, mapstore.New()), accounts.Sums{})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	err = publish(ctx, app)
	taken := time.Since(start)
	if err := errors.Join(err, app.Close(), driver.Close()); err != nil {
		b.Fatal(err)
	}
	return taken
}

// publishAll publishes with one call.
func publishAll(b *testing.B, t *topic, payments []accounts.Paid) time.Duration {
	return publishApp(b, t, func(ctx context.Context, app *accounts.App) error {
		_, err := app.PublishAll(ctx, func(yield func(brook.Outgoing) bool) {
			for i := range payments {
				if !yield(brook.Emit(payments[i])) {
					return
				}
			}
		})
		return err
	})
}

// callers is how many goroutines publish one event at a time.
const callers = 1_000

// publishEach publishes with a call for each event, each of which waits until its event is stored.
func publishEach(b *testing.B, t *topic, payments []accounts.Paid) time.Duration {
	return publishApp(b, t, func(ctx context.Context, app *accounts.App) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		var next atomic.Int64
		var work sync.WaitGroup
		for range callers {
			work.Go(func() {
				for ctx.Err() == nil {
					i := int(next.Add(1)) - 1
					if i >= len(payments) {
						return
					}
					if _, err := app.Publish.Paid(ctx, payments[i]); err != nil {
						cancel(err) // the first is told
					}
				}
			})
		}
		work.Wait()
		return context.Cause(ctx)
	})
}
