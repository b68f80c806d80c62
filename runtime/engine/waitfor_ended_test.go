package engine_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// breaking is an audit that fails while broken is set, which ends Run.
func breaking(t *testing.T, log *slog.Logger) (app *ledger.App, broken *error) {
	t.Helper()
	broken = new(error)
	conf := config(memdriver.New(), newStore())
	conf.OnFailure = brook.Stop
	if log != nil {
		conf.Log = log
	}
	app = newLedger(t, conf, &ledger.Audit{
		Do: func(context.Context, brook.Event[ledger.Moved]) error { return *broken },
	})
	t.Cleanup(func() { app.Close() })
	if err := app.Process.Opened(t.Context(), ledger.Opened{Account: "a"}); err != nil {
		t.Fatal(err)
	}
	return app, broken
}

func moved1(t *testing.T, app *ledger.App, account string) brook.Position {
	t.Helper()
	pos, err := app.Publish.Moved(t.Context(), ledger.Moved{Account: account, Cents: 1})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

// A Run that ends with an error ends the waits for what it did not fold, whether they began before
// it, beside it or after it, and the log says what happened.
func TestWaitForARunThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		errBroken := errors.New("the shop is closed")
		app, broken := breaking(t, slog.New(slog.NewTextHandler(&log, nil)))
		good := moved1(t, app, "a")
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		*broken = errBroken
		bad := moved1(t, app, "a")
		before, beside := make(chan error, 1), make(chan error, 1)
		go func() { before <- app.WaitFor(t.Context(), bad) }()
		synctest.Wait()
		ended := make(chan error, 1)
		go func() { ended <- app.Run(t.Context()) }()
		go func() { beside <- app.WaitFor(t.Context(), bad) }()
		if err := <-ended; !errors.Is(err, errBroken) {
			t.Fatalf("Run: %v", err)
		}
		synctest.Wait()
		for name, done := range map[string]chan error{"before": before, "beside": beside} {
			if len(done) == 0 {
				t.Fatalf("who began to wait %s Run waits on", name)
			}
			if err := <-done; !errors.Is(err, errBroken) {
				t.Errorf("who began to wait %s Run: %v", name, err)
			}
		}
		if err := app.WaitFor(t.Context(), bad); !errors.Is(err, errBroken) {
			t.Errorf("who began to wait after Run: %v", err)
		}
		if err := app.WaitFor(t.Context(), good); err != nil {
			t.Errorf("who waits for what the views show: %v", err)
		}
		for _, want := range []string{"level=ERROR", "Run has ended", "called again", "shop is closed"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, &log)
			}
		}
	})
}

// When Run is called again, who waits from then on waits for it; and a Run that its context ends is
// no reason to give up.
func TestWaitForTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app, broken := breaking(t, nil)
		*broken = errors.New("broken")
		bad := moved1(t, app, "a")
		if err := app.Run(t.Context()); err == nil {
			t.Fatal("Run goes on")
		}
		*broken = nil
		ctx, cancel := context.WithCancel(t.Context())
		next := bad
		next.Offset += 2
		ended := make(chan error, 1)
		go func() { ended <- app.Run(ctx) }()
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- app.WaitFor(t.Context(), next) }()
		synctest.Wait()
		if err := app.WaitFor(t.Context(), bad); err != nil {
			t.Errorf("while the next Run goes on: %v", err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(done) > 0 {
			t.Fatalf("the wait ended with Run, which returned nil: %v", <-done)
		}
		moved1(t, app, "a")
		if last := moved1(t, app, "a"); last.Offset < next.Offset {
			t.Fatalf("published to %s only", last)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
