package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Rule 15: effects hold up neither a re-division, nor the end of Run, nor other lanes. One that
// waits for an event of its own lane does not stop it for good, however many others wait behind it;
// Close in one returns.
func TestEffectsHoldUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(2))
		first, second := apartKeys(d)
		var h *harness
		awaited := make(chan error, 1)
		stuck := false
		h = open(t, config(d, newStore()),
			&ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
				if e.Data.Cents == 1 {
					return func(ctx context.Context) error { // it waits for what comes behind hundreds of others
						for {
							if a, err := h.Views.Accounts.Get(first); err == nil && a.Balance >= 1000 {
								awaited <- nil
								return nil
							}
							select {
							case <-time.After(time.Second):
							case <-ctx.Done():
								awaited <- ctx.Err()
								return nil
							}
						}
					}
				}
				if e.Data.Cents == 7 {
					return func(ctx context.Context) error { // it heeds nothing
						stuck = true
						time.Sleep(time.Hour)
						return nil
					}
				}
				return func(context.Context) error { return nil }
			}})
		h.opened(first, second)
		if _, err := h.move(first, 1, "quiet"); err != nil {
			t.Fatal(err)
		}
		for range 600 {
			if _, err := h.move(first, 0, "quiet"); err != nil {
				t.Fatal(err)
			}
		}
		last, err := h.move(first, 1000, "quiet")
		started := time.Now()
		h.wait(h.move(second, 5, "quiet"))
		if took := time.Since(started); took > time.Second {
			t.Errorf("another lane waited %s", took)
		}
		h.wait(last, err)
		if err := <-awaited; err != nil {
			t.Errorf("the effect that waits: %v", err)
		}

		h.wait(h.move(first, 7, "quiet"))
		synctest.Wait()
		started = time.Now()
		if err := h.stop(); err != nil || !stuck {
			t.Error(err, stuck)
		}
		if took := time.Since(started); took > 3*time.Second {
			t.Errorf("Run ended after %s, while an effect does not heed its context", took)
		}
		time.Sleep(2 * time.Hour)
	})
}

// A re-division does not wait for effects: they go on beside the lanes that come.
func TestDivisionDoesNotWaitForEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memdriver.New(memdriver.Partitions(2))
		s := newShared()
		release := make(chan struct{})
		c := config(conduct(d), s)
		c.Group = true
		var done atomic.Int32
		app := newLedger(t, c,
			&ledger.Audit{Effect: func(e brook.Event[ledger.Moved]) brook.Effect {
				return func(ctx context.Context) error { <-release; done.Add(1); return nil }
			}})
		run, end := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- app.Run(run) }()
		place := <-c.Driver.(*conducted).members
		both := []brook.Position{{Topic: "ledger"}, {Topic: "ledger", Partition: 1}}
		place.Assign(both)
		first, second := apartKeys(d)
		publish := func(account string, cents int64) {
			t.Helper()
			_, err := app.Publish.Opened(run, ledger.Opened{Account: account})
			pos, err2 := app.Publish.Moved(run,
				ledger.Moved{Account: account, Cents: cents, Order: "quiet"})
			if err := errors.Join(err, err2, app.WaitFor(run, pos)); err != nil {
				t.Fatal(err)
			}
		}
		publish(first, 1)
		started := time.Now()
		place.Release(run)
		place.Assign(both[1:])
		publish(second, 1)
		if took := time.Since(started); took > time.Second {
			t.Errorf("the division took %s", took)
		}
		close(release)
		synctest.Wait()
		if n := done.Load(); n != 2 {
			t.Errorf("%d effects are done, want 2", n)
		}
		end()
		if err := <-result; err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
}
