package engine_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// BenchmarkCommitUnderWatch folds 1,000 events in one commit while so many watch a key each, most
// of them another one.
func BenchmarkCommitUnderWatch(b *testing.B) {
	for _, watchers := range []int{0, 100, 10_000} {
		b.Run(fmt.Sprint(watchers, " watchers"), func(b *testing.B) {
			c := brook.Config{Author: "ledger", Driver: memdriver.New(), Store: mapstore.New(),
				Log: slog.New(slog.DiscardHandler)}
			app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
			if err != nil {
				b.Fatal(err)
			}
			defer app.Close()
			for i := range watchers {
				_ = app.Views.Accounts.Watch(b.Context(), fmt.Sprint(i))
			}
			for b.Loop() {
				b.StopTimer()
				_, err := app.PublishAll(b.Context(), func(yield func(brook.Outgoing) bool) {
					for i := range 1000 {
						if !yield(brook.Emit(ledger.Opened{Account: fmt.Sprint(i * 10)})) {
							return
						}
					}
				})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := app.CatchUp(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Who stops watching leaves nothing behind, however long his context lives.
func TestWatchersLeaveNothingBehind(t *testing.T) {
	app := newLedger(t, config(memdriver.New(), newStore()), &ledger.Audit{})
	if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	ctx := &countedContext{Context: t.Context(), done: make(chan struct{})}
	for range 100 {
		for _, err := range app.Views.Accounts.Watch(ctx, "a") {
			if err != nil {
				t.Error(err)
			}
			break
		}
	}
	_ = app.Views.Accounts.Changes(ctx) // nobody ranges
	if n := ctx.funcs.Load(); n != 1 {
		t.Errorf("%d functions wait for the end of the context", n)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if n := ctx.funcs.Load(); n != 0 {
		t.Errorf("%d functions wait for the end of the context after Close", n)
	}
	for _, err := range app.Views.Accounts.Changes(ctx) {
		if !errors.Is(err, brook.ErrClosed) {
			t.Error(err)
		}
	}
}

// countedContext counts who waits for its end by AfterFunc.
type countedContext struct {
	context.Context
	done  chan struct{}
	funcs atomic.Int64
}

func (c *countedContext) Done() <-chan struct{} { return c.done }

func (c *countedContext) AfterFunc(func()) (stop func() bool) {
	c.funcs.Add(1)
	var once sync.Once
	return func() bool {
		once.Do(func() { c.funcs.Add(-1) })
		return true
	}
}

// Each watcher gets the changes of what it watches, as often as it is watched, and of nothing else.
func TestWatchersGetWhatTheyWatch(t *testing.T) {
	app := newLedger(t, config(memdriver.New(), newStore()), &ledger.Audit{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type seen struct {
		who string
		key string
	}
	var all []seen
	next := map[string]func() (brook.Update[string, ledger.Account], error, bool){}
	for _, who := range []string{"a", "a too", "b", "everything"} {
		updates := app.Views.Accounts.Changes(ctx)
		if who != "everything" {
			updates = app.Views.Accounts.Watch(ctx, who[:1])
		}
		pull, stop := iter.Pull2(updates)
		defer stop()
		next[who] = pull
		if who != "everything" {
			if u, err, _ := pull(); err != nil || u.Present {
				t.Fatalf("%s begins with %+v, %v", who, u, err)
			}
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := app.Process.Opened(ctx, ledger.Opened{Account: id}); err != nil {
			t.Fatal(err)
		}
	}
	for who, n := range map[string]int{"a": 1, "a too": 1, "b": 1, "everything": 3} {
		for range n {
			u, err, _ := next[who]()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, seen{who, u.Key})
		}
	}
	slices.SortFunc(all,
		func(x, y seen) int { return cmp.Or(cmp.Compare(x.who, y.who), cmp.Compare(x.key, y.key)) })
	if got := fmt.Sprint(all); got != "[{a a} {a too a} {b b} {everything a} {everything b} {everything c}]" {
		t.Errorf("they saw %s", got)
	}
}
