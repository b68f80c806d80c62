package engine_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// What holds a start up for more than a few seconds gets a line in the log, and another one when it
// is over.
func TestLogTellsWhatHoldsAStartUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text buffer
		s := newSpy(newStore())
		c := config(memdriver.New(), s)
		c.Log = slog.New(slog.NewTextHandler(&text, nil))
		slow := 13 * time.Second
		s.onScan(func(brook.Table) { time.Sleep(slow) })
		app := newLedger(t, c, &ledger.Audit{})
		if got := text.String(); !strings.Contains(got, "brook: still reading positions") ||
			!strings.Contains(got, "brook: done reading positions") {
			t.Errorf("of a slow NewApp the log says %q", got)
		}
		run, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- app.Run(run) }()
		time.Sleep(time.Minute)
		if got := text.String(); !strings.Contains(got, "brook: still asking store and driver") ||
			!strings.Contains(got, "brook: done asking") {
			t.Errorf("of a slow Run the log says %q", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		slow = time.Second
		before := strings.Count(text.String(), "still")
		app = newLedger(t, c, &ledger.Audit{})
		if n := strings.Count(text.String(), "still"); n != before {
			t.Errorf("of a start that takes no time it speaks %d times", n-before)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
}

// After Close nothing is left that runs or waits, though the contexts of its callers live on: the
// bubble of the test would not end.
func TestCloseLeavesNothingThatRuns(t *testing.T) {
	for name, store := range map[string]func() brook.Store{
		"the process's own": newStore,
		"shared":            func() brook.Store { return newShared() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				app := newLedger(t, config(memdriver.New(memdriver.Partitions(3)), store()),
					&ledger.Audit{Effect: func(brook.Event[ledger.Moved]) brook.Effect {
						return func(context.Context) error { return nil }
					}})
				_ = app.Views.Accounts.Changes(ctx)
				done := make(chan error, 1)
				go func() { done <- app.Run(ctx) }()
				for _, name := range apartAccounts(t, app, 3) {
					must(t)(app.Publish.Moved(ctx, ledger.Moved{Account: name, Order: "emit"}))
				}
				must(t)(app.Publish.Moved(ctx, ledger.Moved{Account: "nobody"}))
				for what, err := range map[string]error{
					"Process": app.Process.Opened(ctx, ledger.Opened{Account: "x"}),
					"Rebuild": app.Rebuild(ctx, brook.AcceptLetters()),
				} {
					if err != nil {
						t.Error(what, err)
					}
				}
				if _, err := app.Redrive(ctx, nil); err != nil {
					t.Error(err)
				}
				if _, err := app.Drop(ctx, nil); err != nil {
					t.Error(err)
				}
				if err := app.Close(); err != nil {
					t.Error(err)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
