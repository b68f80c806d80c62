package nexmark

import (
	"log/slog"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/nexmark/events"
	"github.com/brookgen/brookgen/benchmarks/nexmark/q0"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

const author = "nexmark"

func config(log brook.Driver, store brook.Store) brook.Config {
	return brook.Config{Author: author, Driver: log, Store: store,
		Log: slog.New(slog.DiscardHandler)}
}

// made returns the first n events of the generator.
func made(n int, interval time.Duration) []any {
	all, g := make([]any, n), events.NewGenerator(interval)
	for i := range all {
		all[i] = g.Next()
	}
	return all
}

// publish returns a log of the events. It publishes them as an app of any of the queries would.
func publish(tb testing.TB, all []any, partitions int) *memdriver.Driver {
	tb.Helper()
	log := memdriver.New(memdriver.Partitions(partitions))
	a, err := q0.NewApp(config(log, mapstore.New()), q0.Query{})
	if err != nil {
		tb.Fatal(err)
	}
	defer a.Close()
	_, err = a.PublishAll(tb.Context(), func(yield func(brook.Outgoing) bool) {
		for _, e := range all {
			if !yield(outgoing(e)) {
				return
			}
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return log
}

func outgoing(e any) brook.Outgoing {
	switch e := e.(type) {
	case events.Person:
		return brook.Emit(e)
	case events.Auction:
		return brook.Emit(e)
	}
	return brook.Emit(e.(events.Bid))
}
