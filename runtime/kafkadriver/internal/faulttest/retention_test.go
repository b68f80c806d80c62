package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// missing is a log for people that adds up how many events are reported as gone.
type missing struct {
	mu    sync.Mutex
	count int64
}

func (m *missing) Enabled(context.Context, slog.Level) bool { return true }
func (m *missing) WithAttrs([]slog.Attr) slog.Handler       { return m }
func (m *missing) WithGroup(string) slog.Handler            { return m }

func (m *missing) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "missing" {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.count += a.Value.Int64()
		}
		return true
	})
	return nil
}

func (m *missing) total() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

// one publishes moves of one account, and returns the position of the last one.
func one(t *testing.T, ctx context.Context, app *ledger.App, moves int) brook.Position {
	t.Helper()
	pos, err := app.PublishAll(ctx, func(yield func(brook.Outgoing) bool) {
		for range moves {
			if !yield(brook.Emit(ledger.Moved{Account: "a", Cents: 1, Order: "quiet"})) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// TestRetentionWhileDown: the log loses what an app that is not there has yet to see.
func TestRetentionWhileDown(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(1, nil)
	d := c.driver(nil)
	store := badger(t, filepath.Join(t.TempDir(), "store"))
	app := run(t, config(d, store, topic), audit())
	if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	app.pass(ctx, one(t, ctx, app.App, 9))
	app.stop()

	last := one(t, ctx, app.App, 50)
	if err := c.admin().DeleteRecords(topic, map[int32]int64{0: 30}); err != nil {
		t.Fatal(err)
	}
	err := run(t, config(d, store, topic), audit()).fails(ctx)
	if want := fmt.Sprintf("the views stand at %s/0/10, and the partition starts at 30: "+
		"20 records are missing", topic); !errors.Is(err, brook.ErrRetention) ||
		!strings.Contains(err.Error(), want) {
		t.Fatalf("Run: %v, want ErrRetention and %q", err, want)
	}

	gone := &missing{}
	goOn := config(d, store, topic)
	goOn.OnRetention, goOn.Log = brook.GoOn, slog.New(gone)
	app = run(t, goOn, audit())
	app.pass(ctx, last)
	a, err := app.Views.Accounts.Get("a")
	if err != nil || a.Moves != 9+30 || gone.total() != 20 {
		t.Errorf("%v, %v, with %d events told to be missing; want 39 moves and 20", a, err,
			gone.total())
	}
	app.stop()

	// From then on there is nothing to complain about.
	app = run(t, config(d, store, topic), audit())
	app.pass(ctx, one(t, ctx, app.App, 1))
	if a, err := app.Views.Accounts.Get("a"); err != nil || a.Moves != 40 {
		t.Errorf("%v, %v, want 40 moves", a, err)
	}
}

// TestRetentionWhileBehind: the log loses what an app that runs has yet to read. What it has read
// ahead is folded all the same.
func TestRetentionWhileBehind(t *testing.T) {
	t.Parallel()
	c := shared(t)
	for name, onRetention := range map[string]brook.RetentionPolicy{"fail": brook.Fail,
		"go on": brook.GoOn} {
		t.Run(name, func(t *testing.T) {
			c := &cluster{t: t, addrs: c.addrs}
			ctx := limit(t)
			topic := c.topic(1, nil)
			few := settings()
			few.Consumer.Fetch.Default = 4 << 10
			const moves = 6000
			held, release := make(chan struct{}), make(chan struct{})
			var once sync.Once
			a := &ledger.Audit{Do: func(ctx context.Context, e brook.Event[ledger.Moved]) error {
				once.Do(func() { close(held) })
				select {
				case <-release:
				case <-ctx.Done():
				}
				return nil
			}}
			gone := &missing{}
			conf := config(c.driver(few), mapstore.New(), topic)
			conf.OnRetention, conf.Log = onRetention, slog.New(gone)
			app := run(t, conf, a)
			if _, err := app.Publish.Opened(ctx, ledger.Opened{Account: "a"}); err != nil {
				t.Fatal(err)
			}
			last := one(t, ctx, app.App, moves)
			select {
			case <-held:
			case <-ctx.Done():
				t.Fatal("nothing is folded")
			}
			const start = moves - 10
			if err := c.admin().DeleteRecords(topic, map[int32]int64{0: start}); err != nil {
				t.Fatal(err)
			}
			close(release)
			if onRetention == brook.Fail {
				err := app.fails(ctx)
				if want := fmt.Sprintf("the partition starts at %d: ", start); !errors.Is(err,
					brook.ErrRetention) || !strings.Contains(err.Error(), want) {
					t.Fatalf("Run: %v, want ErrRetention and %q", err, want)
				}
				t.Log(err)
				return
			}
			app.pass(ctx, last)
			got, err := app.Views.Accounts.Get("a")
			if err != nil || gone.total() == 0 || int64(got.Moves)+gone.total() != moves {
				t.Errorf("%d moves and %d missing, want %d in all: %v", got.Moves,
					gone.total(), moves, err)
			}
			t.Logf("%d were missing", gone.total())
		})
	}
}

// TestLogMadeAnew: a topic is deleted and created again, with an app that runs and
// with one that does not.
func TestLogMadeAnew(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(1, nil)
	d := c.driver(nil)
	runs := run(t, config(d, mapstore.New(), topic), audit())
	store := badger(t, filepath.Join(t.TempDir(), "store"))
	down := run(t, config(c.driver(nil), store, topic), audit())
	pos, err := runs.Publish.Opened(ctx, ledger.Opened{Account: "a"})
	if err != nil {
		t.Fatal(err)
	}
	runs.pass(ctx, pos)
	down.pass(ctx, pos)
	down.stop()

	admin := c.admin()
	if err := admin.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	runs.failures.await(t, ctx, "read", 1)
	c.create(topic, 1, nil)
	if err := runs.fails(ctx); !errors.Is(err, brook.ErrLogChanged) {
		t.Errorf("the app that runs: %v, want ErrLogChanged", err)
	}
	if err := run(t, config(c.driver(nil), store, topic), audit()).fails(ctx); !errors.Is(err,
		brook.ErrLogChanged) {
		t.Errorf("the app that was down: %v, want ErrLogChanged", err)
	}
	if a, err := runs.Views.Accounts.Get("a"); err != nil {
		t.Errorf("what was folded is gone: %v, %v", a, err)
	}
	fresh := config(c.driver(nil), mapstore.New(), topic)
	fresh.Name = "another"
	app := run(t, fresh, audit())
	if pos, err = app.Publish.Opened(ctx, ledger.Opened{Account: "b"}); err != nil {
		t.Fatal(err)
	}
	app.pass(ctx, pos)
}
