package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Effects that would wait for events of their own lane, more of them than may wait for their turn,
// don't stop it.
func TestEffectCannotWaitForItsApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var app *ledger.App
		results := make(chan error, 1000)
		c := config(memdriver.New(), newStore())
		c.Retry.Attempts = 1
		app = newLedger(t, c, &ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
			return func(ctx context.Context) error {
				pos, err := app.Publish.Noted(ctx, ledger.Noted{Account: "a", Text: "done"})
				if err == nil {
					err = app.WaitFor(ctx, pos)
				}
				results <- err
				return nil
			}
		}})
		run, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		var pos brook.Position
		for i := range 600 {
			var err error
			if i == 0 {
				_, err = app.Publish.Opened(run, ledger.Opened{Account: "a"})
			} else {
				pos, err = app.Publish.Moved(run,
					ledger.Moved{Account: "a", Cents: 1, Order: "quiet"})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		go func() { done <- app.Run(run) }()
		if err := app.WaitFor(t.Context(), pos); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(results) != 599 {
			t.Errorf("%d effects ran", len(results))
		}
		for len(results) > 0 {
			if err := <-results; !errors.Is(err, brook.ErrInEffect) {
				t.Fatalf("WaitFor in an effect: %v", err)
			}
		}
		if note, err := app.Views.Notes.Get("a"); err != nil || len(note) != 599 {
			t.Errorf("%d notes, %v", len(note), err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Whoever the app waits for, and who closes it, gets an error.
func TestCloseFromWithin(t *testing.T) {
	for name, c := range map[string]struct {
		run   func(app *ledger.App, ctx context.Context) error
		where string
		what  string
	}{
		"effect":            {(*ledger.App).Run, "effect", ""},
		"effect of CatchUp": {(*ledger.App).CatchUp, "effect", "Run or CatchUp"},
		"handler":           {(*ledger.App).Run, "handler", "Run or CatchUp"},
		"hook":              {(*ledger.App).Run, "hook", "Run or CatchUp"},
		"hook of Rebuild": {func(app *ledger.App, ctx context.Context) error {
			return app.Rebuild(ctx)
		}, "rebuild", "Rebuild"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var app *ledger.App
				results := make(chan error, 100)
				closing := func(where string) {
					if where == c.where && len(results) == 0 {
						results <- app.Close()
					}
				}
				conf := config(memdriver.New(), newStore())
				conf.Hooks.Commit = func(brook.Commit) { closing("hook") }
				conf.Hooks.Rebuild = func(bool, error) { closing("rebuild") }
				app = newLedger(t, conf, &ledger.Audit{
					Do: func(context.Context, brook.Event[ledger.Moved]) error { closing("handler"); return nil },
					Effect: func(brook.Event[ledger.Moved]) brook.Effect {
						return func(context.Context) error { closing("effect"); return nil }
					}})
				for _, publish := range []func() (brook.Position, error){
					func() (brook.Position, error) {
						return app.Publish.Opened(t.Context(), ledger.Opened{Account: "a"})
					},
					func() (brook.Position, error) {
						return app.Publish.Moved(t.Context(), ledger.Moved{Account: "a"})
					},
				} {
					if _, err := publish(); err != nil {
						t.Fatal(err)
					}
				}
				done := make(chan error, 1)
				go func() { done <- c.run(app, t.Context()) }()
				if err := <-results; c.what == "" {
					if err != nil { // Run does not wait for its effects
						t.Errorf("Close in an effect: %v", err)
					}
				} else if !errors.Is(err, brook.ErrRunning) ||
					!strings.Contains(err.Error(), c.what) ||
					!strings.Contains(err.Error(), "handler, effect or hook") {
					t.Errorf("Close from within: %v", err)
				}
				if err := <-done; err != nil && !errors.Is(err, brook.ErrClosed) &&
					!errors.Is(err, context.Canceled) && !errors.Is(err, brook.ErrNotFound) {
					t.Errorf("it ended with %v", err)
				}
				if err := app.Close(); err != nil {
					t.Errorf("Close again: %v", err)
				}
			})
		})
	}
}

func TestCloseInAHandlerOfProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(memdriver.New(), newStore())
		c.ShutdownTimeout = time.Millisecond
		var app *ledger.App
		var closed error
		app = newLedger(t, c,
			&ledger.Audit{Do: func(context.Context, brook.Event[ledger.Moved]) error {
				closed = app.Close()
				return nil
			}})
		if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
			t.Fatal(err)
		}
		if err := app.Process.Moved(t.Context(), ledger.Moved{Account: "a"}); !errors.Is(err,
			brook.ErrClosed) || errors.Is(err, context.Canceled) {
			t.Errorf("Process that is not done within Config.ShutdownTimeout of Close: %v", err)
		}
		if !errors.Is(closed, brook.ErrRunning) || !strings.Contains(closed.Error(), "Process") {
			t.Errorf("Close from within: %v", closed)
		}
		if err := app.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	})
}

// Tries in a batch that was too large for the store, and is put back, count neither for the letter
// nor for what may be tried.
func TestAttemptsAfterTooLargeABatch(t *testing.T) {
	// Batches with the event are refused until they are small; under load they end early anyway.
	tries, before, refused := 0, 0, 0
	s := newSpy(newStore())
	s.onCommit(func(_ context.Context, b *brook.Batch, do func() error) error {
		has := tries > before
		before = tries
		if has && len(b.Writes) > 6 {
			refused++
			return brook.ErrTooLarge
		}
		return do()
	})
	h := open(t, config(memdriver.New(), s), &ledger.Audit{})
	h.opened("a", "b")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	bad, err := h.move("b", 1, "never")
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if _, err := h.move("a", 1, ""); err != nil {
			t.Fatal(err)
		}
	}
	h = open(t, config(h.driver, s),
		&ledger.Audit{Do: func(_ context.Context, e brook.Event[ledger.Moved]) error {
			if e.Data.Order != "never" {
				return nil
			}
			tries++
			return fmt.Errorf("%w: not yet", brook.ErrRetry)
		}})
	h.fails(bad, nil)
	h.balanceAfter("a", 60)
	if l := h.letters(); len(l) != 1 || l[0].Attempts != 3 {
		t.Errorf("letters: %+v, want one after 3 attempts", l)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if refused == 0 || tries != 3+refused {
		t.Errorf("%d tries with %d batches refused", tries, refused)
	}
}

// balanceAfter waits for an account's n-th move, and wants each to have brought one.
func (h *harness) balanceAfter(account string, n int) {
	h.t.Helper()
	h.wait(h.move(account, 0, "quiet"))
	h.balance(account, int64(n), n+1)
}

// A driver that keeps no marks will do: what is committed is not folded again where the store
// stays.
func TestDriverWithoutMarks(t *testing.T) {
	d := struct{ brook.Driver }{memdriver.New()}
	s := newStore()
	for n := range 3 {
		app := newLedger(t, config(d, s), &ledger.Audit{})
		if _, err := app.Publish.Opened(t.Context(),
			ledger.Opened{Account: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if accounts, err := app.Views.Accounts.Len(); err != nil || accounts != n+1 {
			t.Errorf("%d accounts, %v", accounts, err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
